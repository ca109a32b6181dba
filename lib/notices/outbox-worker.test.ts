import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { simpleParser } from "mailparser";
import { expect, test } from "vitest";
import { config } from "../config";
import { transaction } from "../db/client";
import { createPerson, FROM } from "../db/testing/people";
import { recordAuditEvent } from "./audit-event";
import { sendDueMail } from "./outbox-worker";

const folder = () => path.join(config().DATA_DIR, "mail");

test("RC-11 a used code is told in a mail that names its set, its number and how many are left", async () => {
  const { userId } = await createPerson();
  await transaction((tx) =>
    recordAuditEvent(tx, {
      type: "recovery_code_used",
      userId,
      setLetter: "B",
      codeNumber: 3,
      codesLeft: 7,
      from: FROM,
    }),
  );
  expect(await sendDueMail()).toBe(1);
  const [file = ""] = readdirSync(folder());
  const mail = await simpleParser(readFileSync(path.join(folder(), file)));
  expect(mail.subject).toBe("Recovery code 3 of set B was used");
  expect(mail.text).toContain("7 of its 10 codes are left");
});

import { expect, test } from "vitest";
import { NotAdministrator } from "../auth/hold-administrator";
import { db } from "../db/client";
import { createAdministrator } from "../db/testing/administrators";
import { findEvents } from "../db/testing/events";
import { createMany, createPerson, createPersonWithApp, FROM } from "../db/testing/people";
import { logInAs, WITH_APP } from "../db/testing/signed-in";
import { parseEnrollmentView } from "./enrollment-view";
import { exportEnrollment } from "./export-enrollment";

const EVERYBODY = parseEnrollmentView(() => undefined);

test("the file has a line for each person of the view, and it is on record who took it", async () => {
  const { session, userId } = await createAdministrator();
  const { userId: strange } = await createPerson();
  const prisma = await db();
  await prisma.user.update({
    where: { id: strange },
    data: { name: `=HYPERLINK("http://evil.example","x")\r\nAda, "the first"` },
  });
  const file = await exportEnrollment({ session, view: EVERYBODY, from: FROM });
  const text = await new Response(file).text();
  expect(text.startsWith("Name,Email,Role,Methods,Codes left,")).toBe(true);
  expect(text).toContain(`"'=HYPERLINK(""http://evil.example"",""x"")\r\nAda, ""the first"""`);
  expect(text).toContain(",administrator,authenticator-app,0,no,");
  expect(await findEvents(userId)).toContain("enrollment_exported");
});

test("the file goes on beyond the first thousand people, and has nobody twice", async () => {
  const { session } = await createAdministrator();
  const name = await createMany(1_005);
  const view = parseEnrollmentView((key) => (key === "search" ? name : undefined));
  const file = await exportEnrollment({ session, view, from: FROM });
  const lines = (await new Response(file).text()).split("\r\n").filter((line) => line !== "");
  expect(lines).toHaveLength(1 + 1_005);
  expect(new Set(lines).size).toBe(1 + 1_005);
});

test("a file that nobody goes on reading is not read on from the database", async () => {
  const { session } = await createAdministrator();
  const file = await exportEnrollment({ session, view: EVERYBODY, from: FROM });
  const reader = file.getReader();
  await reader.read();
  await reader.cancel();
  await expect(reader.closed).resolves.toBeUndefined();
});

test("LC-08 nobody but an administrator gets the file", async () => {
  const person = await createPersonWithApp();
  const { session } = await logInAs(person, WITH_APP);
  await expect(exportEnrollment({ session, view: EVERYBODY, from: FROM })).rejects.toThrow(
    NotAdministrator,
  );
});

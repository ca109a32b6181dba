import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { db, transaction } from "../db/client";
import { lockUser } from "../db/lock-user";
import { createPerson, FROM } from "../db/testing/people";
import { logInAs } from "../db/testing/signed-in";
import { holdSession } from "./session-rows";
import { mailVerificationAgain } from "./verification-mail";

test("SE-06 a link is mailed once more while a second tab changes something: neither waits for the other for ever", async () => {
  const person = await createPerson();
  const { userId } = person;
  await (await db()).user.update({ where: { id: userId }, data: { verifiedEmail: null } });
  const { session } = await logInAs(person, ["pwd"]);
  const asked: Promise<unknown>[] = [];
  await transaction(async (tx) => {
    await lockUser(tx, userId);
    asked.push(mailVerificationAgain(session, FROM));
    await sleep(500); // until that one waits for what this one holds
    await holdSession(tx, session.id, "live");
  });
  expect(await Promise.all(asked)).toEqual([{ asked: true }]);
});

import { beforeEach, expect, test } from "vitest";
import { db } from "../db/client";
import { storeMailbox } from "../db/testing/mailboxes";
import { createChallenge, createPersonWithApp, FROM } from "../db/testing/people";
import { logInAs, WITH_APP } from "../db/testing/signed-in";
import { generateRecoveryCode } from "./generate-recovery-code";
import { beginStepUp, type LoginChallenge } from "./login-challenge";
import { formatRecoveryCode } from "./recovery-code";
import { verifyAuthenticatorCode } from "./verify-authenticator-code";
import { verifyRecoveryCode } from "./verify-recovery-code";

const WELL_FORMED = formatRecoveryCode(generateRecoveryCode({ letter: "A", number: 1 }));

let person: Awaited<ReturnType<typeof createPersonWithApp>>;
beforeEach(async () => {
  person = await createPersonWithApp();
});

test("TH-12 after a correct password, the first failed second factor of a login is mailed to every verified address", async () => {
  const second = await storeMailbox(person);
  const challenge = await createChallenge(person);
  await answerWithApp(challenge, "not six digits");
  expect(await mailed(), "a typo is no attempt").toEqual([]);
  await answerWithApp(challenge, wrongCode);
  const expected = [person.email, second.email].map((to) => `method_failed ${to}`).sort();
  expect(await mailed()).toEqual(expected);
  await answerWithApp(challenge, wrongCode);
  await answerWithCode(challenge, WELL_FORMED);
  expect(await mailed(), "once for each login").toEqual(expected);
  await answerWithApp(await createChallenge(person), wrongCode);
  expect(await mailed()).toHaveLength(4);
});

test("TH-12 a recovery code that fails is mailed alike, and names its method", async () => {
  await answerWithCode(await createChallenge(person), WELL_FORMED);
  expect(await mailed()).toEqual([`method_failed ${person.email}`]);
  const prisma = await db();
  const mail = await prisma.mail.findFirstOrThrow({ orderBy: { id: "desc" } });
  expect(
    await prisma.auditEvent.findUniqueOrThrow({ where: { id: mail.eventId ?? "" } }),
  ).toMatchObject({ type: "method_failed", method: "recovery-codes", ...FROM });
});

test("TH-12 SE-07 in a session that is to be stepped up, the mail says that somebody is logged in", async () => {
  const { session } = await logInAs(person, WITH_APP);
  const { userId, email } = person;
  const challenge = await beginStepUp({
    sessionId: session.id,
    userId,
    email,
    returnTo: "/account",
  });
  await answerWithApp(challenge, wrongCode);
  expect(await mailed()).toEqual([`step_up_failed ${person.email}`]);
});

const wrongCode = "000000"; // once in a million it is right

const answerWithApp = (challenge: LoginChallenge, input: string) =>
  verifyAuthenticatorCode({ challenge, input, from: FROM, onSatisfied: async () => undefined });

const answerWithCode = (challenge: LoginChallenge, input: string) =>
  verifyRecoveryCode({ challenge, input, from: FROM, onSatisfied: async () => undefined });

/** Template and address of each mail to the person. */
async function mailed(): Promise<string[]> {
  const prisma = await db();
  const addresses = await prisma.address.findMany({ where: { userId: person.userId } });
  const mails = await prisma.mail.findMany({
    where: { addressId: { in: addresses.map(({ id }) => id) } },
  });
  const emails = new Map(addresses.map(({ id, email }) => [id, email]));
  return mails.map(({ template, addressId }) => `${template} ${emails.get(addressId)}`).sort();
}

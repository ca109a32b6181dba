import { beforeEach, expect, test, vi } from "vitest";
import { db } from "../db/client";
import { createPersonWithKey } from "../db/testing/key-people";
import { createChallenge, FROM } from "../db/testing/people";
import { logInAs, readSession, WITH_APP, WITH_CODE } from "../db/testing/signed-in";
import { FLAGS, SoftwareKey } from "../db/testing/software-key";
import { askAnybody } from "../mfa/verify-passkey";
import { askChallengedPerson } from "../mfa/verify-security-key";
import { randomToken } from "../random-token";
import { KEY_LOGIN, logInWithPasskey, logInWithSecurityKey } from "./log-in-with-method";
import { findSession, SessionOver } from "./session-rows";
import { askForStepUpKey, stepUpWithSecurityKey } from "./step-up";

const { present, verified, backupEligible } = FLAGS;
type Session = Awaited<ReturnType<typeof readSession>>;

let person: Awaited<ReturnType<typeof createPersonWithKey>>;
beforeEach(async () => {
  person = await createPersonWithKey();
  return () => vi.useRealTimers();
});

test("WA-13 AM-01 SE-04 a password and a key make a session that says both, and the browser's old one ends", async () => {
  const { token: previousToken } = await logInAs(person, ["pwd"]);
  const challenge = await createChallenge(person);
  const input = person.key.sign(await askChallengedPerson(challenge, KEY_LOGIN));
  const result = await logInWithSecurityKey({ challenge, input, previousToken, from: FROM });
  const session = await findSession(result.verified ? result.value.token : "");
  expect(session).toMatchObject({ aal: 2, amr: ["pwd", "hwk", "mfa"], restrictedUntil: null });
  expect(await findSession(previousToken)).toBeUndefined();
  expect(await events("login")).toMatchObject([{ method: "security-key" }]);
});

test("WA-13 WA-14 AM-01 a passkey alone makes a session of level 2, never of 3, that names no password", async () => {
  for (const [flags, amr] of [
    [present | verified, "hwk"],
    [present | verified | backupEligible, "swk"],
  ] as const) {
    person = await createPersonWithKey(new SoftwareKey(flags, 0));
    const { token: previousToken } = await logInAs(person, ["pwd"]);
    const { userId, session } = await enterWithPasskey(previousToken);
    expect(userId).toBe(person.userId);
    expect(await findSession(session.token)).toMatchObject({ aal: 2, amr: [amr, "mfa"] });
    expect(await findSession(previousToken)).toBeUndefined();
    expect(await events("login")).toMatchObject([{ method: "security-key" }]);
  }
});

test("SE-12 a login with a key on probation is restricted until that is over", async () => {
  person = await createPersonWithKey(new SoftwareKey(present | verified, 0));
  const probationUntil = new Date(Date.now() + 3_600_000);
  const prisma = await db();
  await prisma.securityKey.update({ where: { id: person.keyId }, data: { probationUntil } });
  const { session } = await enterWithPasskey();
  expect(await findSession(session.token)).toMatchObject({ restrictedUntil: probationUntil });
  vi.useFakeTimers({ toFake: ["Date"], now: probationUntil });
  const { session: later } = await enterWithPasskey();
  expect(await findSession(later.token)).toMatchObject({ restrictedUntil: null });
});

test("SE-04 SE-07 SE-12 a step-up with a key gives a new token and time, and lifts the restriction of a recovery code", async () => {
  const { token, session } = await logInAs(person, WITH_CODE);
  const renewed = await stepUp(session);
  expect(await findSession(token)).toBeUndefined();
  expect(renewed).toMatchObject({
    id: session.id,
    amr: ["pwd", "hwk", "mfa"],
    restrictedUntil: null,
  });
  expect(renewed.authTime.getTime()).toBeGreaterThanOrEqual(session.authTime.getTime());
  expect(await events("step_up")).toMatchObject([
    { method: "security-key", sessionId: session.id },
  ]);
});

test("SE-12 a key on probation lifts no restriction", async () => {
  const probationUntil = new Date(Date.now() + 3_600_000);
  const prisma = await db();
  await prisma.securityKey.update({ where: { id: person.keyId }, data: { probationUntil } });
  const { session } = await logInAs(person, WITH_CODE);
  expect(await stepUp(session)).toMatchObject({ restrictedUntil: probationUntil });
});

test("SE-08 AM-01 where no password was given, a step-up needs the person verified again, and names no password after", async () => {
  const { session } = await logInAs(person, ["hwk", "mfa"]);
  expect(await askForStepUpKey(request(session))).toMatchObject({ userVerification: "required" });
  expect(await answer(session, person.key)).toMatchObject({ verified: false, reason: "wrong" });
  const flags = present | verified;
  const result = await answer(session, person.key, { flags });
  expect(await readSession(result.verified ? result.value.token : "")).toMatchObject({
    amr: ["hwk", "mfa"],
  });
});

test("SE-12 WA-01 the answer of one session steps up no other", async () => {
  const [here, elsewhere] = [await logInAs(person, WITH_APP), await logInAs(person, WITH_APP)];
  const input = person.key.sign(await askForStepUpKey(request(here.session)));
  expect(await stepUpWithSecurityKey({ ...request(elsewhere.session), input })).toMatchObject({
    verified: false,
    reason: "expired",
  });
});

test("SE-07 ten wrong answers end the session they were given in", async () => {
  const { token, session } = await logInAs(person, WITH_APP);
  for (let time = 0; time < 10; time += 1)
    await answer(session, person.key, { origin: "https://evil.example.org" });
  expect(await findSession(token)).toBeUndefined();
  await expect(stepUp(session)).rejects.toThrow(SessionOver);
});

const request = (session: Session) => ({ session, returnTo: "/account", from: FROM });

async function answer(session: Session, key: SoftwareKey, lie = {}) {
  const input = key.sign(await askForStepUpKey(request(session)), lie);
  return stepUpWithSecurityKey({ ...request(session), input });
}

async function stepUp(session: Session): Promise<Session> {
  const result = await answer(session, person.key);
  if (!result.verified) throw new Error(result.reason);
  return readSession(result.value.token);
}

async function enterWithPasskey(previousToken?: string) {
  const browserToken = randomToken();
  const input = person.key.sign(await askAnybody(browserToken));
  const result = await logInWithPasskey({ input, browserToken, previousToken, from: FROM });
  if (!result.verified) throw new Error(result.reason);
  return result.value;
}

async function events(type: string) {
  const prisma = await db();
  return prisma.auditEvent.findMany({ where: { userId: person.userId, type } });
}

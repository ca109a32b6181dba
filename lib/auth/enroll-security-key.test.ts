import { beforeEach, expect, test } from "vitest";
import { db } from "../db/client";
import { findEvents } from "../db/testing/events";
import { createPersonWithKey, DISPLAY, storeKey } from "../db/testing/key-people";
import { allow, createPerson, FROM, type Person, storeApp } from "../db/testing/people";
import { logInAs, WITH_APP, WITH_CODE } from "../db/testing/signed-in";
import { FLAGS, SoftwareKey } from "../db/testing/software-key";
import { WEAK_SESSIONS } from "../db/testing/weak-sessions";
import { hasMethod } from "../mfa/has-method";
import { generateRecoveryCodeSet, listRecoveryCodeSets } from "../mfa/recovery-code-sets";
import { beginSecurityKey } from "../mfa/security-key-enrollment";
import { listSecurityKeys } from "../mfa/security-keys";
import { enrollOwnSecurityKey } from "./enroll-security-key";
import { findSession, SessionOver, SessionTooWeak } from "./session-rows";

type Session = Awaited<ReturnType<typeof logInAs>>["session"];

let person: Person;
beforeEach(async () => {
  person = await createPerson();
});

test("SE-12 WA-13 AM-01 a key as the first method opens a session of level 2 that says so, and ends all others", async () => {
  const { present, backupEligible } = FLAGS;
  for (const [flags, amr] of [
    [present, "hwk"],
    [present | backupEligible, "swk"],
  ] as const) {
    person = await createPerson();
    const here = await logInAs(person, ["pwd"]);
    const elsewhere = await logInAs(person, ["pwd"]);
    const result = await enroll(here.session, { key: new SoftwareKey(flags) });
    const token = result.enrolled ? (result.value.token?.token ?? "") : "";
    expect(await findSession(token)).toMatchObject({ aal: 2, amr: ["pwd", amr, "mfa"] });
    for (const old of [here, elsewhere]) expect(await findSession(old.token)).toBeUndefined();
  }
});

test("SE-12 WA-15 a further key changes no session", async () => {
  await storeApp(person.userId);
  const { token, session } = await logInAs(person, WITH_APP);
  const before = await findSession(token);
  for (let time = 0; time < 2; time += 1) {
    const result = await enroll(session);
    expect(result).toEqual({ enrolled: true, value: { replaced: false, token: undefined } });
  }
  expect(await findSession(token)).toEqual(before);
  expect(await listSecurityKeys(person.userId)).toHaveLength(2);
});

test("SE-06 SE-07 a session that is stale, or ended meanwhile, enrolls nothing", async () => {
  const stale = await WEAK_SESSIONS.stale(person);
  await expect(enroll(stale)).rejects.toThrow(SessionTooWeak);
  const { session } = await logInAs(person, ["pwd"]);
  await (await db()).session.deleteMany({ where: { userId: person.userId } });
  await expect(enroll(session)).rejects.toThrow(SessionOver);
  expect(await hasMethod(await db(), person.userId)).toBe(false);
});

test("SE-12 a key enrolled after a login by recovery code is on probation for 72 hours", async () => {
  await storeApp(person.userId);
  await enroll((await logInAs(person, WITH_APP)).session);
  const restricted = await logInAs(person, WITH_CODE);
  const before = await findSession(restricted.token);
  await enroll(restricted.session);
  expect(await findSession(restricted.token)).toEqual(before);
  const [free, bound] = await (await db()).securityKey.findMany({
    where: { userId: person.userId },
    orderBy: { addedAt: "asc" },
  });
  expect(free?.probationUntil).toBeNull();
  const hours = ((bound?.probationUntil?.getTime() ?? 0) - Date.now()) / 3_600_000;
  expect(hours).toBeGreaterThan(71.9);
  expect(hours).toBeLessThanOrEqual(72);
});

test("LC-04 WA-15 the new key of a lost one ends that one, the codes and the other sessions, and is told as what it is", async () => {
  const lost = await storeKey(person, new SoftwareKey());
  await generateCodes();
  const elsewhere = await logInAs(person, ["pwd", "hwk", "mfa"]);
  const { token, session } = await logInAs(person, WITH_CODE);
  const result = await enroll(session, { replaces: lost });
  expect(result).toEqual({ enrolled: true, value: { replaced: true, token: undefined } });
  expect(await listSecurityKeys(person.userId)).toMatchObject([{ name: "New key" }]);
  const [set] = await listRecoveryCodeSets(person.userId);
  expect(set?.endedAt).not.toBeNull();
  expect(await findSession(elsewhere.token)).toBeUndefined();
  expect(await findSession(token)).toMatchObject({ amr: WITH_CODE });
  const events = await findEvents(person.userId);
  expect(events).toContain("security_key_replaced");
  expect(events.filter((event) => event === "security_key_added")).toHaveLength(1);
});

test("LC-04 a refused answer leaves the lost key, the codes and the sessions as they were", async () => {
  const lost = await storeKey(person, new SoftwareKey());
  await generateCodes();
  const { session } = await logInAs(person, WITH_CODE);
  const key = new SoftwareKey();
  const { userId, id: sessionId } = session;
  const options = await beginSecurityKey({ userId, sessionId }, DISPLAY);
  const input = key.create(options, { origin: "https://evil.example.org" });
  const request = { session, name: () => "New key", replaces: lost, from: FROM };
  expect(await enrollOwnSecurityKey({ ...request, input })).toMatchObject({ enrolled: false });
  expect(await listSecurityKeys(userId)).toMatchObject([{ id: lost }]);
  const [set] = await listRecoveryCodeSets(userId);
  expect(set?.endedAt).toBeNull();
});

test("T09 nobody's new key removes the key of somebody else", async () => {
  const other = await createPersonWithKey();
  await storeApp(person.userId);
  const { session } = await logInAs(person, WITH_APP);
  expect(await enroll(session, { replaces: other.keyId })).toMatchObject({
    value: { replaced: false },
  });
  expect(await listSecurityKeys(other.userId)).toHaveLength(1);
});

async function enroll(
  session: Session,
  { key = new SoftwareKey(), replaces }: { key?: SoftwareKey; replaces?: string } = {},
) {
  const { userId, id: sessionId } = session;
  const input = key.create(await beginSecurityKey({ userId, sessionId }, DISPLAY));
  return enrollOwnSecurityKey({ session, input, name: () => "New key", replaces, from: FROM });
}

async function generateCodes(): Promise<void> {
  await generateRecoveryCodeSet({
    userId: person.userId,
    knownSetId: null,
    previous: "stop-now",
    steppedUpBy: WITH_APP,
    from: FROM,
    authorize: allow,
  });
}

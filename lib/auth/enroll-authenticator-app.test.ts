import { randomUUID } from "node:crypto";
import { Secret } from "otpauth";
import { beforeEach, expect, test, vi } from "vitest";
import { db, transaction } from "../db/client";
import { appOwner, createPerson, FROM, type Person, storeApp } from "../db/testing/people";
import { beginAuthenticatorApp, findProbation } from "../mfa/authenticator-app";
import { codeAt } from "../mfa/authenticator-code";
import { hasMethod } from "../mfa/has-method";
import { parseEmailAddress } from "./email-address";
import { enrollAuthenticatorApp } from "./enroll-authenticator-app";
import { findSession, openSession, SessionOver, touchSession } from "./session-rows";

const DISPLAY = { issuer: "Sparekey", account: "ada@example.org" };

let person: Person;
beforeEach(async () => {
  person = await createPerson();
});

test("SE-12 verifying the first method gives a new token of level 2 with a new time of login", async () => {
  const here = await open(["pwd"]);
  const before = new Date();
  const result = await enroll(here);
  expect(result).toMatchObject({ verified: true, value: { replaced: false } });
  const token = result.verified ? (result.value.token?.token ?? "") : "";
  expect(await findSession(token)).toMatchObject({ aal: 2, amr: ["pwd", "otp", "mfa"] });
  expect((await findSession(token))?.authTime.getTime()).toBeGreaterThanOrEqual(before.getTime());
  expect(token).not.toBe(here);
});

test("SE-04 SE-12 all sessions from before the first method end, this browser's and others'", async () => {
  const [here, elsewhere] = [await open(["pwd"]), await open(["pwd"])];
  await enroll(here);
  for (const old of [here, elsewhere]) expect(await findSession(old)).toBeUndefined();
});

test("SE-12 a wrong code changes no session", async () => {
  const token = await open(["pwd"]);
  const before = await findSession(token);
  const result = await enroll(token, "000000");
  expect(result).toMatchObject({ verified: false, reason: "wrong" });
  expect(await findSession(token)).toEqual(before);
});

test("SE-12 replacing an app does not make more of a login than it was", async () => {
  await storeApp(person.userId);
  const old = await open(["pwd", "recovery", "mfa"]);
  const result = await enroll(old);
  const token = result.verified ? (result.value.token?.token ?? "") : "";
  expect(await findSession(token)).toMatchObject({ aal: 2, amr: ["pwd", "recovery", "mfa"] });
  expect(await findSession(old)).toBeUndefined();
});

test("SE-01 SE-12 replacing an app renews neither the time of the login nor the end of the session", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  await enroll(await open(["pwd"]));
  const old = await open(["pwd", "recovery", "mfa"]);
  const before = await findSession(old);
  vi.setSystemTime(Date.now() + 9 * 60_000);
  const result = await enroll(old);
  const after = await findSession(result.verified ? (result.value.token?.token ?? "") : "");
  expect(after).toMatchObject({ authTime: before?.authTime, expiresAt: before?.expiresAt });
  vi.useRealTimers();
});

test("SE-12 an app enrolled in a restricted session is on probation for 72 hours, and the new session stays restricted", async () => {
  await storeApp(person.userId);
  const old = await open(["pwd", "recovery", "mfa"]);
  const result = await enroll(old);
  const after = await findSession(result.verified ? (result.value.token?.token ?? "") : "");
  expect(after?.restrictedUntil).toEqual(after?.expiresAt);
  const probation = await findProbation(await db(), person.userId);
  const hours = ((probation?.getTime() ?? 0) - Date.now()) / 3_600_000;
  expect(hours).toBeGreaterThan(71.9);
  expect(hours).toBeLessThanOrEqual(72);
});

test("SE-12 an app enrolled in an unrestricted session is on no probation", async () => {
  await storeApp(person.userId);
  await enroll(await open(["pwd", "otp", "mfa"]));
  expect(await findProbation(await db(), person.userId)).toBeNull();
});

test("T09 a pending seed is shown to the session that began it and to no other", async () => {
  const { userId } = person;
  const [owners, thiefs] = [randomUUID(), randomUUID()];
  const first = await beginAuthenticatorApp({ userId, sessionId: owners }, DISPLAY);
  const stolen = await beginAuthenticatorApp({ userId, sessionId: thiefs }, DISPLAY);
  expect(stolen.setupKey).not.toBe(first.setupKey);
  expect(await beginAuthenticatorApp({ userId, sessionId: owners }, DISPLAY)).toEqual(first);
});

test("SE-06 a session that ended meanwhile enrolls nothing", async () => {
  const token = await open(["pwd"]);
  const enrolling = enroll(token, undefined, async () => {
    await (await db()).session.deleteMany({ where: { userId: person.userId } });
  });
  await expect(enrolling).rejects.toBeInstanceOf(SessionOver);
  expect(await (await db()).session.count({ where: { userId: person.userId } })).toBe(0);
  expect(await hasMethod(await db(), person.userId)).toBe(false);
});

test("SE-12 using a session changes neither its level nor its methods nor its time", async () => {
  const token = await open(["pwd"]);
  const before = await findSession(token);
  await touchSession(before?.id ?? "");
  await beginAuthenticatorApp(appOwner(person.userId), DISPLAY);
  expect(await findSession(token)).toEqual(before);
});

async function open(amr: string[]): Promise<string> {
  const { token } = await transaction((tx) =>
    openSession(tx, { userId: person.userId, amr, previousToken: undefined, from: FROM }),
  );
  return token;
}

/** Enrolls a new app in the session of this token, with its right code or another one. */
async function enroll(
  token: string,
  wrongCode?: string,
  meanwhile: () => Promise<void> = async () => undefined,
) {
  const row = await findSession(token);
  const email = parseEmailAddress(person.email);
  if (!row || !email) throw new Error("There is no session.");
  const owner = { userId: person.userId, sessionId: row.id };
  const { setupKey } = await beginAuthenticatorApp(owner, DISPLAY);
  const seed = new Uint8Array(Secret.fromBase32(setupKey).bytes);
  const input = wrongCode ?? codeAt(seed, Math.floor(Date.now() / 30_000));
  const session = { ...row, ...row.user, email };
  await meanwhile();
  return enrollAuthenticatorApp({
    session,
    previous: "replaced",
    input,
    display: DISPLAY,
    from: FROM,
  });
}

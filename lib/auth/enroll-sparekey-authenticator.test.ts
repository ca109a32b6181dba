import { beforeEach, expect, test } from "vitest";
import { db } from "../db/client";
import { findEvents } from "../db/testing/events";
import { createPerson, FROM, type Person, setFailures, storeApp } from "../db/testing/people";
import { logInAs, WITH_APP, WITH_CODE } from "../db/testing/signed-in";
import { makePhone, storePhone } from "../db/testing/testing-phone";
import { WEAK_SESSIONS } from "../db/testing/weak-sessions";
import { hasMethod } from "../mfa/has-method";
import { beginPairing, claimPairing, decidePairing } from "../mfa/pairing";
import { verifySignedRequest } from "../mfa/signed-request";
import { listSparekeyAuthenticators } from "../mfa/sparekey-authenticators";
import type { CurrentSession } from "./current-session";
import { enrollSparekeyAuthenticator } from "./enroll-sparekey-authenticator";
import { findSession, SessionOver, SessionTooWeak } from "./session-rows";

const PHONE = { address: "198.51.100.7", userAgent: "a phone" };

let person: Person;
beforeEach(async () => {
  person = await createPerson();
});

/** A phone that scanned this session's picture and confirmed; connecting it is left. */
async function bringPhone({ id: sessionId, userId }: CurrentSession, replacesId?: string) {
  const phone = await makePhone();
  const { secret } = await beginPairing({ userId, sessionId }, { replacesId });
  const claimed = await claimPairing({ secret, encodedKey: phone.encodedKey, from: PHONE });
  if (!claimed.claimed) throw new Error(claimed.reason);
  const { id } = claimed;
  const decision = "confirmed";
  const lines = [userId, decision];
  const body = await phone.sign({ authenticatorId: id, purpose: "confirm-pairing", lines });
  await decidePairing(body, { authenticatorId: id, decision });
  return { id, phone };
}

const connect = (session: CurrentSession, pairingId: string) =>
  enrollSparekeyAuthenticator({
    session,
    pairingId,
    device: async () => "Chrome on Android",
    from: FROM,
  });

const listPhones = () => listSparekeyAuthenticators(person.userId);

test("SE-12 AM-01 the first method gives a session of level 2 by password and notification, and ends all others", async () => {
  const { session, token } = await logInAs(person, ["pwd"]);
  const { token: elsewhere } = await logInAs(person, ["pwd"]);
  const { id } = await bringPhone(session);
  const result = await connect(session, id);
  expect(result).toMatchObject({ connected: true, replaced: false });
  const given = result.connected ? (result.token?.token ?? "") : "";
  expect(await findSession(given)).toMatchObject({ aal: 2, amr: ["pwd", "mca", "mfa"] });
  for (const old of [token, elsewhere]) expect(await findSession(old)).toBeUndefined();
});

test("SE-12 a further method leaves the sessions alone", async () => {
  await storeApp(person.userId);
  const { session, token } = await logInAs(person, WITH_APP);
  const { id } = await bringPhone(session);
  expect(await connect(session, id)).toEqual({
    connected: true,
    replaced: false,
    token: undefined,
  });
  expect(await findSession(token)).toMatchObject({ id: session.id, amr: WITH_APP });
});

test("PU-05 LC-02 what is connected is the public key and nothing else, and every address is told", async () => {
  const { session } = await logInAs(person, ["pwd"]);
  const { id, phone } = await bringPhone(session);
  await connect(session, id);
  const prisma = await db();
  expect(await prisma.sparekeyAuthenticator.findUnique({ where: { id } })).toMatchObject({
    userId: person.userId,
    name: "Chrome on Android",
    publicKey: phone.publicKey,
    addedAddress: PHONE.address,
    addedUserAgent: PHONE.userAgent,
    probationUntil: null,
    removedAt: null,
  });
  const body = await phone.sign({ authenticatorId: id, purpose: "requests" });
  expect(await verifySignedRequest({ purpose: "requests", body })).toMatchObject({
    verified: true,
  });
  expect(await findEvents(person.userId)).toEqual(["sparekey_authenticator_added"]);
  const event = await prisma.auditEvent.findFirstOrThrow({ where: { userId: person.userId } });
  expect(event).toMatchObject({ method: "notification", methodName: "Chrome on Android" });
  expect(await prisma.mail.count({ where: { eventId: event.id } })).toBe(1);
});

test("two phones of one kind have two names", async () => {
  await storeApp(person.userId);
  const { session } = await logInAs(person, WITH_APP);
  for (let time = 0; time < 3; time++) await connect(session, (await bringPhone(session)).id);
  const names = (await listPhones()).map(({ name }) => name).sort();
  expect(names).toEqual(["Chrome on Android", "Chrome on Android 2", "Chrome on Android 3"]);
});

test("LC-10 connecting twice at once connects once", async () => {
  await storeApp(person.userId);
  const { session } = await logInAs(person, WITH_APP);
  const { id } = await bringPhone(session);
  const results = await Promise.all(Array.from({ length: 8 }, () => connect(session, id)));
  expect(results.filter(({ connected }) => connected)).toHaveLength(1);
  expect(await listPhones()).toHaveLength(1);
});

test("LC-10 LC-08 another session of the person, and another person, connect nothing", async () => {
  await storeApp(person.userId);
  const { session } = await logInAs(person, WITH_APP);
  const { session: other } = await logInAs(person, WITH_APP);
  const { session: strangers } = await logInAs(await createPerson(), ["pwd"]);
  const { id } = await bringPhone(session);
  for (const wrong of [other, strangers]) {
    expect(await connect(wrong, id)).toEqual({ connected: false, reason: "gone" });
    expect(await hasMethod(await db(), strangers.userId)).toBe(false);
  }
  expect(await listPhones()).toEqual([]);
});

test("SE-07 a session whose proof is old, or that ended, connects nothing", async () => {
  await storeApp(person.userId);
  const stale = await WEAK_SESSIONS.stale(person);
  const { id } = await bringPhone(stale);
  await expect(connect(stale, id)).rejects.toBeInstanceOf(SessionTooWeak);
  const { session } = await logInAs(person, WITH_APP);
  const { id: late } = await bringPhone(session);
  await (await db()).session.deleteMany({ where: { userId: person.userId } });
  await expect(connect(session, late)).rejects.toBeInstanceOf(SessionOver);
  expect(await listPhones()).toEqual([]);
});

test("SE-12 a phone connected in a restricted session is on probation for 72 hours", async () => {
  await storeApp(person.userId);
  const { session } = await logInAs(person, WITH_CODE);
  const { id } = await bringPhone(session);
  await connect(session, id);
  const prisma = await db();
  const { probationUntil } = await prisma.sparekeyAuthenticator.findUniqueOrThrow({
    where: { id },
  });
  expect(((probationUntil?.getTime() ?? 0) - Date.now()) / 3_600_000).toBeCloseTo(72, 1);
});

test("LC-05 in the place of a lost phone: that one, its codes and the other sessions end with it, and not before", async () => {
  const lost = await storePhone(person.userId, "Old phone");
  const prisma = await db();
  await prisma.recoveryCodeSet.create({
    data: { id: lost.id, userId: person.userId, letter: "A", generatedAt: new Date() },
  });
  const { session, token } = await logInAs(person, WITH_CODE);
  const { token: elsewhere } = await logInAs(person, WITH_APP);
  const { id } = await bringPhone(session, lost.id);
  expect(await listPhones()).toHaveLength(1);
  expect(await connect(session, id)).toEqual({ connected: true, replaced: true, token: undefined });
  expect(await listPhones()).toMatchObject([{ id }]);
  expect(await findEvents(person.userId)).toEqual([
    "recovery_codes_ended A",
    "sparekey_authenticator_replaced",
  ]);
  expect(await findSession(token)).toBeDefined();
  expect(await findSession(elsewhere)).toBeUndefined();
});

test("LC-08 the phone of another person is not replaced", async () => {
  await storeApp(person.userId);
  const stranger = await createPerson();
  const theirs = await storePhone(stranger.userId);
  const { session } = await logInAs(person, WITH_APP);
  const { id } = await bringPhone(session, theirs.id);
  expect(await connect(session, id)).toMatchObject({ connected: true, replaced: false });
  expect(await listSparekeyAuthenticators(stranger.userId)).toHaveLength(1);
  expect(await findEvents(person.userId)).toEqual(["sparekey_authenticator_added"]);
});

test("TH-14 a new phone, bound in a session that another method proved, clears the failures of notifications", async () => {
  await storeApp(person.userId);
  const notification = { userId: person.userId, method: "notification" };
  await setFailures(notification, 100);
  const { session } = await logInAs(person, WITH_APP);
  await connect(session, (await bringPhone(session)).id);
  const prisma = await db();
  const throttle = await prisma.throttle.findFirst({ where: { subject: person.userId } });
  expect(throttle?.failures).toBe(0);
});

test("OT-10 a phone that is the first method does not inherit the failures of one that was removed", async () => {
  await setFailures({ userId: person.userId, method: "notification" }, 100);
  const { session } = await logInAs(person, ["pwd"]);
  const { id } = await bringPhone(session);
  const countOf = async () =>
    (await (await db()).throttle.findFirst({ where: { subject: person.userId } }))?.failures;
  expect(await countOf(), "a phone on its way clears nothing").toBe(100);
  expect(await connect(session, id)).toMatchObject({ connected: true });
  expect(await countOf()).toBe(0);
});

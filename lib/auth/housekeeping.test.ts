import { randomUUID } from "node:crypto";
import { beforeEach, expect, test, vi } from "vitest";
import { db, transaction } from "../db/client";
import { findEvents } from "../db/testing/events";
import {
  createChallenge,
  createPerson,
  FROM,
  type Person,
  setFailures,
} from "../db/testing/people";
import { logInAs } from "../db/testing/signed-in";
import { recordAuditEvent } from "../notices/audit-event";
import { clearAway } from "./housekeeping";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;
const START = new Date("2026-11-24T12:00:00Z");

let person: Person;
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: START });
  const prisma = await db();
  await prisma.user.deleteMany();
  await prisma.address.deleteMany();
  await prisma.mail.deleteMany();
  person = await createPerson();
  return () => vi.useRealTimers();
});

test("TH-13 login challenges are kept for a day after their end, and what was typed in them for ten minutes", async () => {
  const prisma = await db();
  const { id } = await createChallenge(person);
  const sealedForm = new Uint8Array([1, 2, 3]);
  await prisma.loginChallenge.update({ where: { id }, data: { sealedForm, formKeyId: "test" } });
  const find = () => prisma.loginChallenge.findUnique({ where: { id } });
  await clearAt(10 * MINUTE);
  expect((await find())?.sealedForm).not.toBeNull();
  await clearAt(10 * MINUTE + SECOND);
  expect(await find()).toMatchObject({ sealedForm: null, formKeyId: null });
  await clearAt(DAY + 10 * MINUTE);
  expect(await find()).not.toBeNull();
  await clearAt(DAY + 10 * MINUTE + SECOND);
  expect(await find()).toBeNull();
});

test("SE-01 a session goes when its day is over, and not when it is merely idle", async () => {
  const prisma = await db();
  await logInAs(person, ["pwd"]);
  await clearAt(DAY);
  expect(await prisma.session.count()).toBe(1);
  await clearAt(DAY + SECOND);
  expect(await prisma.session.count()).toBe(0);
});

test("TH-04 counts of failures stay but for a password's after a month, and cleared ones", async () => {
  const prisma = await db();
  await prisma.throttle.deleteMany();
  const row = (method: string, failures: number) => ({
    subject: person.userId,
    method,
    failures,
    lane: `${failures}`,
    nextAttemptAt: START,
    lastAttemptAt: START,
  });
  await prisma.throttle.createMany({
    data: [row("password", 7), row("recovery-codes", 7), row("recovery-codes", 0)],
  });
  await clearAt(30 * DAY);
  expect(await prisma.throttle.count()).toBe(3);
  await clearAt(30 * DAY + SECOND);
  expect(await prisma.throttle.findMany()).toMatchObject([
    { method: "recovery-codes", failures: 7 },
  ]);
});

test("TH-04 the counts of a deleted account go, and nobody else's", async () => {
  const prisma = await db();
  await prisma.throttle.deleteMany();
  const deleted = await createPerson();
  for (const method of ["recovery-codes", "temporary-code"]) {
    await setFailures({ userId: deleted.userId, method }, 7);
    await setFailures({ userId: person.userId, method }, 7);
  }
  const password = { method: "password", failures: 7, nextAttemptAt: START, lastAttemptAt: START };
  await prisma.throttle.create({ data: { subject: "a keyed hash", ...password } });
  await prisma.user.delete({ where: { id: deleted.userId } });
  await clearAt(0);
  const left = await prisma.throttle.findMany({ orderBy: { method: "asc" } });
  expect(left.map(({ subject, method }) => [subject, method])).toEqual([
    ["a keyed hash", "password"],
    [person.userId, "recovery-codes"],
    [person.userId, "temporary-code"],
  ]);
});

test("LC-02 mail that left is forgotten after a month, mail that waits never", async () => {
  const prisma = await db();
  const mail = { addressId: randomUUID(), template: "x", createdAt: START, nextAttemptAt: START };
  await prisma.mail.createMany({
    data: [
      { ...mail, template: "sent", sentAt: START },
      { ...mail, template: "given up", failedAt: START },
      { ...mail, template: "waits" },
    ],
  });
  await clearAt(30 * DAY);
  expect(await prisma.mail.count()).toBe(3);
  await clearAt(30 * DAY + SECOND);
  expect(await prisma.mail.findMany()).toMatchObject([{ template: "waits" }]);
});

test("OT-02 spent and old links, limits that are over and apps that were never verified are removed", async () => {
  const prisma = await db();
  const link = (life: { usedAt?: Date; expiresAt: Date }) => ({
    id: randomUUID(),
    purpose: "verify-address",
    userId: person.userId,
    addressId: randomUUID(),
    tokenHash: randomUUID(),
    keyId: "test",
    createdAt: START,
    ...life,
  });
  const later = new Date(START.getTime() + 30 * DAY);
  await prisma.mailLink.createMany({
    data: [
      link({ usedAt: START, expiresAt: later }),
      link({ expiresAt: START }),
      link({ expiresAt: later }),
    ],
  });
  await prisma.rateLimiterFlexible.createMany({
    data: [
      { key: "over", points: 1, expire: START },
      { key: "runs", points: 1, expire: later },
    ],
  });
  const app = { userId: person.userId, keyId: "test", createdAt: START };
  await prisma.authenticatorApp.createMany({
    data: [
      { ...app, id: randomUUID(), pendingUntil: START },
      { ...app, id: randomUUID(), pendingUntil: later },
      { ...app, id: randomUUID(), verifiedAt: START },
    ],
  });
  await clearAt(7 * DAY);
  expect(await prisma.mailLink.count()).toBe(3);
  await clearAt(7 * DAY + SECOND);
  expect(await prisma.mailLink.findMany()).toMatchObject([{ usedAt: null, expiresAt: later }]);
  expect(await prisma.rateLimiterFlexible.findMany()).toMatchObject([{ key: "runs" }]);
  expect(await prisma.authenticatorApp.count()).toBe(2);
});

test("LC-10 WA-01 pairings and challenges of keys are removed a day after their end", async () => {
  const prisma = await db();
  const { userId } = person;
  const times = { createdAt: START, expiresAt: new Date(START.getTime() + 10 * MINUTE) };
  await prisma.pairing.createMany({
    data: [
      { id: randomUUID(), secretHash: "a", userId, ...times },
      { id: randomUUID(), secretHash: "b", ...times },
    ],
  });
  await prisma.webauthnChallenge.createMany({
    data: [
      { challengeHash: "a", purpose: "login", userId, ...times },
      { challengeHash: "b", purpose: "passwordless", ...times },
    ],
  });
  await clearAt(10 * MINUTE);
  expect(await prisma.webauthnChallenge.count()).toBe(2);
  await clearAt(10 * MINUTE + SECOND);
  // What anybody can ask for is not kept longer than it is of use.
  expect(await prisma.webauthnChallenge.findMany()).toMatchObject([{ purpose: "login" }]);
  await clearAt(DAY + 10 * MINUTE);
  expect([await prisma.pairing.count(), await prisma.webauthnChallenge.count()]).toEqual([2, 1]);
  await clearAt(DAY + 10 * MINUTE + SECOND);
  expect([await prisma.pairing.count(), await prisma.webauthnChallenge.count()]).toEqual([0, 0]);
});

test("PU-04 a notification is forgotten after a month", async () => {
  const prisma = await db();
  const request = {
    userId: person.userId,
    loginChallengeId: randomUUID(),
    sealedNumber: new Uint8Array([1]),
    keyId: "test",
    createdAt: START,
    expiresAt: new Date(START.getTime() + 2 * MINUTE),
    address: FROM.address,
    userAgent: FROM.userAgent,
  };
  await prisma.approvalRequest.createMany({ data: [request, { ...request, settledAt: START }] });
  await clearAt(30 * DAY);
  expect(await prisma.approvalRequest.count()).toBe(2);
  await clearAt(30 * DAY + SECOND);
  expect(await prisma.approvalRequest.count()).toBe(0);
});

test("LC-04 phones and keys that were removed, and a key for push services, stay for ever", async () => {
  const prisma = await db();
  const { userId } = person;
  const removed = { userId, name: "Old", addedAt: START, removedAt: START };
  await prisma.sparekeyAuthenticator.create({
    data: {
      ...removed,
      id: randomUUID(),
      publicKey: new Uint8Array([1]),
      addedAddress: FROM.address,
      addedUserAgent: FROM.userAgent,
    },
  });
  await prisma.securityKey.create({
    data: {
      ...removed,
      credentialId: randomUUID(),
      publicKey: new Uint8Array([1]),
      counter: 0,
      transports: [],
      aaguid: "none",
      backupEligible: false,
      backedUp: false,
    },
  });
  await prisma.serverKey.create({
    data: {
      name: "vapid",
      publicKey: "x",
      sealedKey: new Uint8Array([1]),
      keyId: "test",
      createdAt: START,
    },
  });
  await clearAt(5 * 365 * DAY);
  expect([
    await prisma.sparekeyAuthenticator.count(),
    await prisma.securityKey.count(),
    await prisma.serverKey.count(),
  ]).toEqual([1, 1, 1]);
});

test("PW-12 an account whose address nobody verified in a week is released; administrators and verified ones stay", async () => {
  const prisma = await db();
  const unverified = await createPerson();
  const administrator = await createPerson();
  for (const { userId } of [unverified, administrator]) {
    await prisma.user.update({ where: { id: userId }, data: { verifiedEmail: null } });
  }
  const data = { role: "ADMINISTRATOR" } as const;
  await prisma.user.update({ where: { id: administrator.userId }, data });
  await clearAt(7 * DAY);
  expect(await prisma.user.count()).toBe(3);
  vi.setSystemTime(START.getTime() + 7 * DAY + SECOND);
  await Promise.all([clearAway(), clearAway(), clearAway()]); // several servers
  const left = await prisma.user.findMany();
  expect(left.map(({ id }) => id).sort()).toEqual([person.userId, administrator.userId].sort());
  expect(await findEvents(unverified.userId)).toEqual(["account_released"]);
  expect(await prisma.address.count({ where: { userId: unverified.userId } })).toBe(0);
});

test("LC-02 the mailbox of a deleted account stays until its last mail has left", async () => {
  const prisma = await db();
  const { userId } = person;
  await transaction((tx) => recordAuditEvent(tx, { type: "account_deleted", userId, from: FROM }));
  await prisma.user.delete({ where: { id: userId } });
  await clearAway();
  expect(await prisma.address.count({ where: { userId } })).toBe(1);
  await prisma.mail.updateMany({ data: { sentAt: new Date() } });
  await clearAway();
  expect(await prisma.address.count({ where: { userId } })).toBe(0);
});

async function clearAt(milliseconds: number): Promise<void> {
  vi.setSystemTime(START.getTime() + milliseconds);
  await clearAway();
}

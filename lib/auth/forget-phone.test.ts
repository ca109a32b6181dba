import { beforeEach, expect, test } from "vitest";
import { db, transaction } from "../db/client";
import { findEvents } from "../db/testing/events";
import { createChallenge, createPerson, FROM, type Person, storeApp } from "../db/testing/people";
import { setPolicy } from "../db/testing/policies";
import { storePhone } from "../db/testing/testing-phone";
import {
  listSparekeyAuthenticators,
  suspendSparekeyAuthenticator,
} from "../mfa/sparekey-authenticators";
import { forgetPhone } from "./forget-phone";

let person: Person;
let phone: { id: string; userId: string };
beforeEach(async () => {
  await setPolicy();
  person = await createPerson();
  const { id } = await storePhone(person.userId, "Old phone");
  phone = { id, userId: person.userId };
});

test("LC-02 a phone that forgets an account is removed from it, and every address is told", async () => {
  await storeApp(person.userId);
  expect(await forgetPhone(phone, FROM)).toEqual({ removed: true });
  expect(await listSparekeyAuthenticators(person.userId)).toEqual([]);
  expect(await findEvents(person.userId)).toEqual(["sparekey_authenticator_removed"]);
  const prisma = await db();
  const event = await prisma.auditEvent.findFirstOrThrow({ where: { userId: person.userId } });
  expect(event.methodName).toBe("Old phone");
  expect(await prisma.mail.count({ where: { eventId: event.id } })).toBe(1);
});

test("LC-05 TH-13 the last other method that was reported lost works again, and logins under way are over", async () => {
  const prisma = await db();
  await storeApp(person.userId);
  const suspended = { suspendedAt: new Date() };
  await prisma.authenticatorApp.updateMany({ where: { userId: person.userId }, data: suspended });
  const { id } = await createChallenge(person);
  expect(await forgetPhone(phone, FROM)).toEqual({ removed: true });
  const app = await prisma.authenticatorApp.findFirstOrThrow({ where: { userId: person.userId } });
  expect(app.suspendedAt).toBeNull();
  const challenge = await prisma.loginChallenge.findUniqueOrThrow({ where: { id } });
  expect(challenge.endedAt).toBeInstanceOf(Date);
});

test("design 1.10 the last method is not removed by whoever holds it: MFA stays on", async () => {
  expect(await forgetPhone(phone, FROM)).toEqual({ removed: false, reason: "last-method" });
  expect(await listSparekeyAuthenticators(person.userId)).toHaveLength(1);
  expect(await findEvents(person.userId)).toEqual([]);
});

test("LC-09 the last method that counts is not removed where the policy demands one", async () => {
  await storeApp(person.userId);
  const requiredFrom = new Date();
  await setPolicy({
    requirement: "everyone",
    graceDays: 0,
    methods: ["notification"],
    requiredFrom,
  });
  expect(await forgetPhone(phone, FROM)).toEqual({ removed: false, reason: "needed" });
  expect(await listSparekeyAuthenticators(person.userId)).toHaveLength(1);
  await storePhone(person.userId, "New phone");
  expect(await forgetPhone(phone, FROM)).toEqual({ removed: true });
});

test("LC-05 a phone that was reported lost does not remove itself", async () => {
  await storeApp(person.userId);
  await transaction((tx) => suspendSparekeyAuthenticator(tx, phone));
  expect(await forgetPhone(phone, FROM)).toEqual({ removed: false, reason: "suspended" });
  expect(await listSparekeyAuthenticators(person.userId)).toHaveLength(1);
  expect(await findEvents(person.userId)).toEqual([]);
});

test("of two phones that forget at once, one stays", async () => {
  const { id } = await storePhone(person.userId);
  const results = await Promise.all([phone, { ...phone, id }].map((one) => forgetPhone(one, FROM)));
  expect(results.filter(({ removed }) => removed)).toHaveLength(1);
  expect(await listSparekeyAuthenticators(person.userId)).toHaveLength(1);
});

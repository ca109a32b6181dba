import { beforeEach, expect, test } from "vitest";
import { db } from "../db/client";
import { findEvents } from "../db/testing/events";
import { createPerson, FROM, type Person, storeApp } from "../db/testing/people";
import { storePhone } from "../db/testing/testing-phone";
import { listSparekeyAuthenticators } from "../mfa/sparekey-authenticators";
import { forgetPhone } from "./forget-phone";

let person: Person;
let phone: { id: string; userId: string; name: string; suspendedAt: null };
beforeEach(async () => {
  person = await createPerson();
  const { id } = await storePhone(person.userId, "Old phone");
  phone = { id, userId: person.userId, name: "Old phone", suspendedAt: null };
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

test("design 1.10 the last method is not removed by whoever holds it: MFA stays on", async () => {
  expect(await forgetPhone(phone, FROM)).toEqual({ removed: false, reason: "last-method" });
  expect(await listSparekeyAuthenticators(person.userId)).toHaveLength(1);
  expect(await findEvents(person.userId)).toEqual([]);
});

test("of two phones that forget at once, one stays", async () => {
  const { id } = await storePhone(person.userId);
  const results = await Promise.all([phone, { ...phone, id }].map((one) => forgetPhone(one, FROM)));
  expect(results.filter(({ removed }) => removed)).toHaveLength(1);
  expect(await listSparekeyAuthenticators(person.userId)).toHaveLength(1);
});

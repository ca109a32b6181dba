import { beforeEach, describe, expect, test } from "vitest";
import { db } from "../db/client";
import {
  createPerson,
  FROM,
  type Person,
  setFailures,
  storeApp,
  storePhone,
  storeSecurityKey,
} from "../db/testing/people";
import { hasMethod } from "./has-method";
import { reportLost } from "./loss-report";
import {
  enrolledMethods,
  findEnrolledMethods,
  firstMethod,
  hasMfa,
  otherWayIn,
  usableMethods,
  without,
} from "./methods";

let owner: Person;
beforeEach(async () => {
  owner = await createPerson();
});

describe("the methods of a person", () => {
  test("TH-14 are listed strongest first, only those they have", async () => {
    expect(enrolledMethods(await find())).toEqual([]);
    await storeApp(owner.userId);
    await storePhone(owner.userId);
    expect(enrolledMethods(await find())).toEqual(["notification", "authenticator-app"]);
    await storeSecurityKey(owner.userId);
    expect(enrolledMethods(await find())).toEqual([
      "security-key",
      "notification",
      "authenticator-app",
    ]);
  });

  test.each([
    ["an app", storeApp],
    ["a phone", storePhone],
    ["a security key", storeSecurityKey],
  ])("63B each alone turns multi-factor authentication on: %s", async (_, store) => {
    expect(await hasMethod(await db(), owner.userId)).toBe(false);
    expect(hasMfa(await find())).toBe(false);
    await store(owner.userId);
    expect(await hasMethod(await db(), owner.userId)).toBe(true);
    expect(hasMfa(await find())).toBe(true);
  });

  test("D2 a disabled one is enrolled and not usable", async () => {
    await storePhone(owner.userId);
    await setFailures({ userId: owner.userId, method: "notification" }, 100);
    const methods = await find();
    expect(enrolledMethods(methods)).toEqual(["notification"]);
    expect(usableMethods(methods)).toEqual([]);
    expect(await hasMethod(await db(), owner.userId)).toBe(true);
  });

  test("removed phones and keys are none of theirs, and neither are another person's", async () => {
    const stranger = await createPerson();
    await storePhone(stranger.userId);
    const id = await storeSecurityKey(owner.userId);
    await (await db()).securityKey.update({ where: { id }, data: { removedAt: new Date() } });
    expect(enrolledMethods(await find())).toEqual([]);
    expect(await hasMethod(await db(), owner.userId)).toBe(false);
  });
});

describe("what a login begins with", () => {
  test("is the strongest that works, and what the person chose as long as it does", async () => {
    await storeApp(owner.userId);
    await storePhone(owner.userId);
    expect(firstMethod(await find())).toBe("notification");
    await prefer("authenticator-app");
    expect(firstMethod(await find())).toBe("authenticator-app");
    await setFailures({ userId: owner.userId, method: "authenticator-app" }, 100);
    expect(firstMethod(await find())).toBe("notification");
  });

  test("is nothing when only recovery codes work: nobody is led into spending one", async () => {
    await prefer("recovery-codes");
    expect(firstMethod(await find())).toBeUndefined();
  });
});

describe("a phone reported lost", () => {
  test("LC-05 is refused while another of them works, and the last that works is not suspended", async () => {
    const { phoneId: first } = await storePhone(owner.userId);
    const { phoneId: second } = await storePhone(owner.userId);
    expect(await report(first)).toEqual({ suspended: true });
    expect(usableMethods(await find())).toEqual(["notification"]);
    expect(await report(second)).toEqual({ suspended: false, reason: "last-usable" });
  });

  test("LC-05 63B §4.3 the password alone reports one, and never a second", async () => {
    const { phoneId } = await storePhone(owner.userId);
    await storeApp(owner.userId);
    await storeSecurityKey(owner.userId);
    expect(await report(phoneId)).toEqual({ suspended: true });
    const app = { method: "authenticator-app" } as const;
    const asked = { userId: owner.userId, lost: app, from: FROM, authorize: async () => undefined };
    expect(await reportLost({ ...asked, proof: "password" })).toEqual({
      suspended: false,
      reason: "one-already",
    });
    expect(await reportLost({ ...asked, proof: "session" })).toEqual({ suspended: true });
  });

  test("LC-05 another person's phone is not suspended", async () => {
    const stranger = await createPerson();
    const { phoneId } = await storePhone(stranger.userId);
    await storeApp(owner.userId);
    expect(await report(phoneId)).toEqual({ suspended: false, reason: "nothing-to-suspend" });
    const [phone] = (await findEnrolledMethods(stranger.userId)).sparekeyAuthenticators;
    expect(phone?.suspendedAt).toBeNull();
  });
});

test("what is left without one of several is told before it is removed", async () => {
  const { phoneId } = await storePhone(owner.userId);
  const keyId = await storeSecurityKey(owner.userId);
  const methods = await find();
  const phone = { method: "notification", id: phoneId } as const;
  const key = { method: "security-key", id: keyId } as const;
  expect(enrolledMethods(without(methods, phone))).toEqual(["security-key"]);
  expect(hasMfa(without(without(methods, phone), key))).toBe(false);
});

test("a lost phone leaves a security key that is kept beside it; a key alone may be what is lost", async () => {
  await storeSecurityKey(owner.userId);
  expect(otherWayIn(await find())).toBeUndefined();
  await storePhone(owner.userId);
  expect(otherWayIn(await find())).toBe("security-key");
  await setFailures({ userId: owner.userId, method: "security-key" }, 100);
  expect(otherWayIn(await find())).toBeUndefined();
});

test("LC-01 a lost phone leaves the other of two, unless that is reported lost; an app beside one phone is lost with it", async () => {
  await storePhone(owner.userId);
  expect(otherWayIn(await find()), "with an app").toBeUndefined();
  const { phoneId } = await storePhone(owner.userId);
  expect(otherWayIn(await find())).toBe("notification");
  const prisma = await db();
  const suspendedAt = new Date();
  await prisma.sparekeyAuthenticator.update({ where: { id: phoneId }, data: { suspendedAt } });
  expect(otherWayIn(await find())).toBeUndefined();
});

const find = () => findEnrolledMethods(owner.userId);

const prefer = async (preferredMethod: string) =>
  (await db()).user.update({ where: { id: owner.userId }, data: { preferredMethod } });

const report = (id: string) =>
  reportLost({
    userId: owner.userId,
    lost: { method: "notification", id },
    proof: "password",
    from: FROM,
    authorize: async () => undefined,
  });

import { beforeEach, describe, expect, test } from "vitest";
import { db } from "../db/client";
import {
  createPerson,
  createPersonWithApp,
  FROM,
  storePhone,
  storeSecurityKey,
} from "../db/testing/people";
import { logInAs, WITH_APP } from "../db/testing/signed-in";
import { hasMethod } from "../mfa/has-method";
import type { EnrolledMethod } from "../mfa/method-names";
import { findEnrolledMethods } from "../mfa/methods";
import { generateRecoveryCodeSet, listRecoveryCodeSets } from "../mfa/recovery-code-sets";
import type { CurrentSession } from "./current-session";
import { nameMethod } from "./name-method";
import { preferMethod } from "./prefer-method";
import { removeMethod } from "./remove-method";
import { SessionOver } from "./session-rows";

let owner: Awaited<ReturnType<typeof createPersonWithApp>>;
let session: CurrentSession;
beforeEach(async () => {
  owner = await createPersonWithApp();
  ({ session } = await logInAs(owner, WITH_APP));
});

const APP = { method: "authenticator-app" } as const;
const phone = (id: string) => ({ method: "notification", id }) as const;
const key = (id: string) => ({ method: "security-key", id }) as const;

describe("removing one of several methods", () => {
  test("RC-20 WA-15 the codes stay until the last one goes", async () => {
    await generateCodes();
    const { phoneId } = await storePhone(owner.userId);
    const keyId = await storeSecurityKey(owner.userId);
    expect(await remove(phone(phoneId))).toEqual({ removed: true, last: false });
    expect(await remove(APP)).toEqual({ removed: true, last: false });
    expect(await liveSets()).toBe(1);
    expect(await remove(key(keyId))).toEqual({ removed: true, last: true });
    expect(await liveSets()).toBe(0);
    expect(await hasMethod(await db(), owner.userId)).toBe(false);
  });

  test("LC-04 the row stays with its dates, and the event has the name", async () => {
    const { phoneId } = await storePhone(owner.userId, { name: "Old phone" });
    await remove(phone(phoneId));
    const prisma = await db();
    const row = await prisma.sparekeyAuthenticator.findUnique({ where: { id: phoneId } });
    expect(row).toMatchObject({ name: "Old phone", removedAt: expect.any(Date) });
    const [event] = await prisma.auditEvent.findMany({
      where: { userId: owner.userId, type: "sparekey_authenticator_removed" },
    });
    expect(event).toMatchObject({ method: "notification", methodName: "Old phone" });
  });

  test("LC-08 another person's phone and key are not removed, named or begun with", async () => {
    const stranger = await createPerson();
    const { phoneId } = await storePhone(stranger.userId);
    const keyId = await storeSecurityKey(stranger.userId);
    for (const method of [phone(phoneId), key(keyId)]) {
      expect(await remove(method)).toEqual({ removed: false, reason: "not-there" });
      expect(await name(method, "Mine")).toEqual({ named: false, reason: "gone" });
    }
    const theirs = await findEnrolledMethods(stranger.userId);
    expect(theirs.sparekeyAuthenticators[0]?.name).toBe("Chrome on Android");
    expect(theirs.securityKeys[0]?.name).toBe("Blue key");
    expect(await preferMethod({ session, method: "notification", from: FROM })).toBe(false);
  });

  test("LC-05 with the last other method gone, one reported lost works again", async () => {
    const { phoneId } = await storePhone(owner.userId);
    const prisma = await db();
    await prisma.sparekeyAuthenticator.update({
      where: { id: phoneId },
      data: { suspendedAt: new Date() },
    });
    await remove(APP);
    const [left] = (await findEnrolledMethods(owner.userId)).sparekeyAuthenticators;
    expect(left?.suspendedAt).toBeNull();
  });
});

describe("naming a phone or key", () => {
  test("WA-15 the name is what the person typed, without spaces at its ends", async () => {
    const keyId = await storeSecurityKey(owner.userId);
    expect(await name(key(keyId), "  My   key ")).toEqual({ named: true });
    expect((await findEnrolledMethods(owner.userId)).securityKeys[0]?.name).toBe("My key");
  });

  test("an empty and a long name are refused, and nothing changes", async () => {
    const keyId = await storeSecurityKey(owner.userId);
    for (const input of ["", "   ", "x".repeat(41)]) {
      expect(await name(key(keyId), input)).toEqual({ named: false, reason: "name" });
    }
    expect((await findEnrolledMethods(owner.userId)).securityKeys[0]?.name).toBe("Blue key");
  });

  test("SE-06 an ended session names nothing", async () => {
    const keyId = await storeSecurityKey(owner.userId);
    await (await db()).session.deleteMany({ where: { id: session.id } });
    await expect(name(key(keyId), "Mine")).rejects.toThrow(SessionOver);
  });
});

test("a person chooses among the methods they have what a login begins with", async () => {
  await storePhone(owner.userId);
  expect(await preferMethod({ session, method: "authenticator-app", from: FROM })).toBe(true);
  expect(await findEnrolledMethods(owner.userId)).toMatchObject({ preferred: "authenticator-app" });
  expect(await preferMethod({ session, method: "security-key", from: FROM })).toBe(false);
  expect(await findEnrolledMethods(owner.userId)).toMatchObject({ preferred: "authenticator-app" });
});

const remove = (method: EnrolledMethod) =>
  removeMethod({ session, method, endOthers: "keep-others", from: FROM });

const name = (method: Extract<EnrolledMethod, { id: string }>, input: string) =>
  nameMethod({ session, method, input, from: FROM });

const liveSets = async () =>
  (await listRecoveryCodeSets(owner.userId)).filter(({ endedAt }) => !endedAt).length;

const generateCodes = () =>
  generateRecoveryCodeSet({
    userId: owner.userId,
    knownSetId: null,
    steppedUpBy: ["pwd", "otp", "mfa"],
    from: FROM,
    authorize: async () => undefined,
  });

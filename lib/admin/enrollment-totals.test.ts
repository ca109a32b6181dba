import { expect, test } from "vitest";
import { removeMethod } from "../auth/remove-method";
import { db } from "../db/client";
import {
  allow,
  createPerson,
  createPersonWithApp,
  FROM,
  storeApp,
  storePhone,
  storeSecurityKey,
} from "../db/testing/people";
import { logInAs, WITH_APP } from "../db/testing/signed-in";
import {
  compactEnrollmentTally,
  countEnrollment,
  noteEnrollmentDay,
} from "../mfa/enrollment-totals";
import { confirmRecoveryCodeSet, generateRecoveryCodeSet } from "../mfa/recovery-code-sets";
import { giveBackAttempt, reserveAttempt } from "../mfa/throttle";

async function stateOf(userId: string) {
  const prisma = await db();
  return prisma.user.findUniqueOrThrow({
    where: { id: userId },
    select: {
      methods: true,
      methodCount: true,
      codesLeft: true,
      codesConfirmed: true,
      recoverability: true,
    },
  });
}

async function giveCodes(
  userId: string,
  isSaved: "saved" | "unsaved",
  knownSetId: string | null = null,
) {
  const result = await generateRecoveryCodeSet({
    userId,
    knownSetId,
    steppedUpBy: WITH_APP,
    from: FROM,
    authorize: allow,
  });
  if (!result.generated) throw new Error(result.reason);
  if (isSaved === "saved") {
    await confirmRecoveryCodeSet({ userId, setId: result.set.id, from: FROM, authorize: allow });
  }
  return result.set.id;
}

/** As ten logins with codes do, without their hashes. */
async function spend(setId: string, count: number) {
  const prisma = await db();
  await prisma.recoveryCode.updateMany({
    where: { setId, number: { lte: count } },
    data: { usedAt: new Date() },
  });
}

test("a person without a method has no MFA, and with one and no codes would be locked out", async () => {
  const { userId } = await createPerson();
  expect(await stateOf(userId)).toEqual({
    methods: [],
    methodCount: 0,
    codesLeft: 0,
    codesConfirmed: false,
    recoverability: "no-mfa",
  });
  await storeApp(userId);
  expect(await stateOf(userId)).toMatchObject({
    methods: ["authenticator-app"],
    methodCount: 1,
    recoverability: "locked-out",
  });
});

test("an app and a phone are lost together, a security key beside them is not", async () => {
  const { userId } = await createPersonWithApp();
  await storePhone(userId);
  expect(await stateOf(userId)).toMatchObject({ methodCount: 2, recoverability: "locked-out" });
  await storeSecurityKey(userId);
  expect(await stateOf(userId)).toMatchObject({
    methods: ["security-key", "notification", "authenticator-app"],
    methodCount: 3,
    recoverability: "safe",
  });
});

test("of two phones one is left, unless it is reported lost too", async () => {
  const { userId } = await createPerson();
  const prisma = await db();
  await storePhone(userId);
  expect(await stateOf(userId)).toMatchObject({ recoverability: "locked-out" });
  const { phoneId: id } = await storePhone(userId);
  expect(await stateOf(userId)).toMatchObject({ methodCount: 2, recoverability: "safe" });
  const suspend = (suspendedAt: Date | null) =>
    prisma.sparekeyAuthenticator.update({ where: { id }, data: { suspendedAt } });
  await suspend(new Date());
  expect(await stateOf(userId)).toMatchObject({ methodCount: 2, recoverability: "locked-out" });
  await suspend(null);
  expect(await stateOf(userId)).toMatchObject({ recoverability: "safe" });
  await prisma.sparekeyAuthenticator.update({ where: { id }, data: { removedAt: new Date() } });
  expect(await stateOf(userId)).toMatchObject({ methodCount: 1, recoverability: "locked-out" });
});

test("a single security key may be lost as well; two are safe", async () => {
  const { userId } = await createPerson();
  await storeSecurityKey(userId);
  expect(await stateOf(userId)).toMatchObject({ recoverability: "locked-out" });
  await storeSecurityKey(userId);
  expect(await stateOf(userId)).toMatchObject({ recoverability: "safe" });
});

test("codes that nobody marked as saved are thin; four saved ones are safe, three are thin, none lock out", async () => {
  const { userId } = await createPersonWithApp();
  const prisma = await db();
  const setId = await giveCodes(userId, "unsaved");
  expect(await stateOf(userId)).toMatchObject({ codesLeft: 10, recoverability: "thin" });
  await prisma.recoveryCodeSet.update({ where: { id: setId }, data: { confirmedAt: new Date() } });
  expect(await stateOf(userId)).toMatchObject({ codesConfirmed: true, recoverability: "safe" });
  await spend(setId, 6);
  expect(await stateOf(userId)).toMatchObject({ codesLeft: 4, recoverability: "safe" });
  await spend(setId, 7);
  expect(await stateOf(userId)).toMatchObject({ codesLeft: 3, recoverability: "thin" });
  await spend(setId, 10);
  expect(await stateOf(userId)).toMatchObject({ codesLeft: 0, recoverability: "locked-out" });
});

test("RC-08 codes that a hundred failures have disabled open nothing, and are not counted until new ones are made", async () => {
  const { userId } = await createPersonWithApp();
  const prisma = await db();
  const key = { subject: userId, method: "recovery-codes", lane: "" } as const;
  const setId = await giveCodes(userId, "saved");
  const times = { nextAttemptAt: new Date(0), lastAttemptAt: new Date(0) };
  await prisma.throttle.create({ data: { ...key, ...times, failures: 99, round: 0 } });
  expect(await stateOf(userId)).toMatchObject({ codesLeft: 10, recoverability: "safe" });
  const hundredth = await reserveAttempt(key);
  expect(await stateOf(userId)).toMatchObject({ codesLeft: 0, recoverability: "locked-out" });
  if (hundredth.reserved) await giveBackAttempt(hundredth.reservation);
  expect(await stateOf(userId)).toMatchObject({ codesLeft: 10, recoverability: "safe" });
  await prisma.throttle.updateMany({ where: key, data: { failures: 100 } });
  await giveCodes(userId, "saved", setId);
  expect(await stateOf(userId)).toMatchObject({ codesLeft: 10, recoverability: "safe" });
});

test("a method that is removed takes its codes out of the count", async () => {
  const person = await createPersonWithApp();
  await giveCodes(person.userId, "saved");
  const { session } = await logInAs(person, WITH_APP);
  await removeMethod({
    session,
    method: { method: "authenticator-app" },
    endOthers: "keep-others",
    from: FROM,
  });
  expect(await stateOf(person.userId)).toMatchObject({
    methods: [],
    methodCount: 0,
    codesLeft: 0,
    recoverability: "no-mfa",
  });
});

test("the totals are those of a count of everybody, before and after the changes are added together", async () => {
  const prisma = await db();
  const { userId } = await createPersonWithApp();
  await giveCodes(userId, "saved");
  await storeSecurityKey((await createPerson()).userId);
  const leaver = await createPerson();
  await prisma.user.delete({ where: { id: leaver.userId } });
  const rows = await prisma.user.findMany();
  const count = (state: string) => rows.filter((row) => row.recoverability === state).length;
  const expected = {
    people: rows.length,
    noMethod: rows.filter(({ methodCount }) => methodCount === 0).length,
    oneMethod: rows.filter(({ methodCount }) => methodCount === 1).length,
    several: rows.filter(({ methodCount }) => methodCount > 1).length,
    withCodes: rows.filter(({ codesLeft }) => codesLeft > 0).length,
    byRecoverability: {
      "no-mfa": count("no-mfa"),
      "locked-out": count("locked-out"),
      thin: count("thin"),
      safe: count("safe"),
    },
  };
  expect(expected.withCodes).toBeGreaterThan(0);
  expect(await countEnrollment()).toEqual(expected);
  expect(await compactEnrollmentTally()).toBeGreaterThan(0);
  expect(await countEnrollment()).toEqual(expected);
  expect(await compactEnrollmentTally()).toBe(0);
  await noteEnrollmentDay();
  await noteEnrollmentDay();
  const { noMethod, oneMethod, several, withCodes } = expected;
  expect(await prisma.enrollmentDay.findMany()).toMatchObject([
    { noMethod, oneMethod, several, withCodes },
  ]);
});

test("changes that are added together while others happen are neither lost nor counted twice", async () => {
  const before = (await countEnrollment()).people;
  await Promise.all(
    Array.from({ length: 12 }, async (_, index) => {
      if (index % 3 === 2) await compactEnrollmentTally();
      else await createPerson();
    }),
  );
  expect((await countEnrollment()).people).toBe(before + 8);
});

import { beforeEach, describe, expect, test, vi } from "vitest";
import { db, transaction } from "../db/client";
import {
  allow,
  createPerson,
  FROM,
  type Person,
  storeApp,
  storeSecurityKey,
} from "../db/testing/people";
import { giveRole, setPolicy } from "../db/testing/policies";
import { logInAs, WITH_APP } from "../db/testing/signed-in";
import { findEnrollmentDuty } from "../mfa/enrollment-duty";
import { addDays } from "../mfa/policy";
import { generateRecoveryCodeSet } from "../mfa/recovery-code-sets";
import { holdAdministrator, NotAdministrator } from "./hold-administrator";
import { mustEnroll } from "./must-enroll";

const NOW = new Date("2026-11-24T12:00:00Z");
const DEADLINE = addDays(NOW, 14);

let person: Person;
beforeEach(async () => {
  vi.useFakeTimers({ now: NOW });
  await setPolicy();
  person = await createPerson();
  return () => vi.useRealTimers();
});

describe("where everyone needs MFA", () => {
  beforeEach(async () => {
    vi.setSystemTime(addDays(NOW, -100));
    person = await createPerson(); // there long before the requirement
    vi.setSystemTime(NOW);
    await setPolicy({ requirement: "everyone", graceDays: 14, requiredFrom: DEADLINE });
  });

  test("LC-09 the day before the deadline is told and closes nothing; from the deadline on the session can only enroll", async () => {
    expect(await duty()).toMatchObject({ missing: ["method"], due: DEADLINE });
    vi.setSystemTime(DEADLINE.getTime() - 1);
    expect(await mustEnroll(person)).toBe(false);
    vi.setSystemTime(DEADLINE);
    expect(await mustEnroll(person)).toBe(true);
    await storeApp(person.userId);
    expect(await mustEnroll(person)).toBe(false);
    expect(await duty()).toBeUndefined();
  });

  test("LC-09 an account made after the requirement has the days of grace from its own beginning", async () => {
    vi.setSystemTime(addDays(NOW, 30));
    const newcomer = await createPerson();
    expect(await mustEnroll(newcomer)).toBe(false);
    vi.setSystemTime(addDays(NOW, 44).getTime() - 1);
    expect(await mustEnroll(newcomer)).toBe(false);
    vi.setSystemTime(addDays(NOW, 44));
    expect(await mustEnroll(newcomer)).toBe(true);
  });

  test("LC-09 no days of grace is from now on, for the newest account too", async () => {
    await setPolicy({ requirement: "everyone", graceDays: 0, requiredFrom: NOW });
    expect(await mustEnroll(person)).toBe(true);
    expect(await mustEnroll(await createPerson())).toBe(true);
  });

  test("LC-09 a method that does not count is none: its person can only enroll one that does", async () => {
    await setPolicy({ requirement: "everyone", methods: ["security-key"], requiredFrom: NOW });
    await storeApp(person.userId);
    expect(await duty()).toMatchObject({ missing: ["method"], counting: ["security-key"] });
    expect(await mustEnroll(person)).toBe(true);
    await storeSecurityKey(person.userId);
    expect(await mustEnroll(person)).toBe(false);
  });
});

describe("administrators", () => {
  test.each(["optional", "administrators", "everyone"] as const)(
    "LC-09 need MFA under `%s` from the first moment; members do under none but `everyone`",
    async (requirement) => {
      await setPolicy({ requirement, requiredFrom: DEADLINE });
      expect(await mustEnroll(person)).toBe(false);
      await giveRole(person.userId);
      expect(await mustEnroll(person)).toBe(true);
      await storeApp(person.userId);
      expect(await mustEnroll(person)).toBe(false);
    },
  );

  test("LC-09 SE-14 whose methods stop counting do nothing more in the administration until one counts", async () => {
    await giveRole(person.userId);
    await storeApp(person.userId);
    const { session } = await logInAs(person, WITH_APP);
    const act = () => transaction((tx) => holdAdministrator(tx, session, "unrestricted"));
    await expect(act()).resolves.toMatchObject({ userId: person.userId });
    await setPolicy({ methods: ["security-key"] });
    await expect(act()).rejects.toThrow(NotAdministrator);
    await storeSecurityKey(person.userId);
    await expect(act()).resolves.toMatchObject({ userId: person.userId });
  });
});

describe("where recovery codes are part of enrolling", () => {
  test("LC-01 whoever enrolled makes codes before anything else, and then nothing remains", async () => {
    await setPolicy({ codesRequired: true });
    expect(await duty()).toBeUndefined(); // MFA is up to members here
    await storeApp(person.userId);
    expect(await duty()).toMatchObject({ missing: ["codes"] });
    expect(await mustEnroll(person)).toBe(true);
    await generateCodes();
    expect(await mustEnroll(person)).toBe(false);
  });

  test("LC-01 before the deadline of a requirement they can wait, after it they cannot", async () => {
    await setPolicy({ requirement: "everyone", codesRequired: true, requiredFrom: DEADLINE });
    expect(await duty()).toMatchObject({ missing: ["method", "codes"] });
    await storeApp(person.userId);
    expect(await mustEnroll(person)).toBe(false);
    vi.setSystemTime(DEADLINE);
    expect(await duty()).toMatchObject({ missing: ["codes"] });
    expect(await mustEnroll(person)).toBe(true);
  });
});

test("LC-06 whoever had MFA reset can only enroll, also where it is up to them", async () => {
  const prisma = await db();
  await prisma.user.update({ where: { id: person.userId }, data: { mfaResetAt: NOW } });
  expect(await mustEnroll(person)).toBe(true);
  await storeApp(person.userId);
  expect(await mustEnroll(person)).toBe(false);
});

const duty = () => findEnrollmentDuty(person.userId);

async function generateCodes() {
  const result = await generateRecoveryCodeSet({
    userId: person.userId,
    knownSetId: null,
    steppedUpBy: WITH_APP,
    from: FROM,
    authorize: allow,
  });
  if (!result.generated) throw new Error(result.reason);
}

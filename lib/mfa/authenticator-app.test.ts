import { Secret } from "otpauth";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { db, transaction } from "../db/client";
import { dumpDatabase, spellingsOf } from "../db/testing/dump";
import {
  appOwner,
  createChallenge,
  createPerson,
  createPersonWithApp,
  FROM,
  type Person,
  setFailures,
} from "../db/testing/people";
import { seal, unseal } from "../seal";
import {
  beginAuthenticatorApp,
  findAuthenticatorApp,
  removeAuthenticatorApps,
  verifyAuthenticatorAppEnrollment,
} from "./authenticator-app";
import { codeAt } from "./authenticator-code";
import { hasMethod } from "./has-method";
import { enrolledMethods, findEnrolledMethods } from "./methods";
import { findDisabledMethods } from "./throttle";
import { verifyAuthenticatorCode } from "./verify-authenticator-code";

const DISPLAY = { issuer: "Sparekey", account: "ada@example.org" };
const MINUTE = 60_000;

let person: Person;
beforeEach(async () => {
  person = await createPerson();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("the seed at rest", () => {
  test("OT-03 the database has no trace of a seed, pending or enrolled", async () => {
    const { setupKey } = await begin();
    const pending = await dumpDatabase();
    await enroll(codeOf(setupKey));
    const enrolled = await dumpDatabase();
    const seed = Buffer.from(Secret.fromBase32(setupKey).bytes);
    for (const dump of [pending, enrolled]) {
      for (const spelling of [...spellingsOf(setupKey), seed.toString("hex")]) {
        expect(dump).not.toContain(spelling);
      }
    }
  });

  test("OT-03 a seed opens in its own row with its own key, and each sealing looks different", async () => {
    const { setupKey } = await begin();
    const { id, userId, sealedSeed, keyId } = await appOf(person);
    const stored = { sealed: sealedSeed ?? new Uint8Array(), keyId };
    const seed = unseal("authenticator app seeds", stored, [userId, id]);
    expect(seed).toEqual(Buffer.from(Secret.fromBase32(setupKey).bytes));
    const again = seal("authenticator app seeds", seed, [userId, id]);
    expect(Buffer.from(again.sealed)).not.toEqual(Buffer.from(stored.sealed));
    expect(() => unseal("authenticator app seeds", stored, [id, userId])).toThrow();
    expect(() => unseal("recovery code digests", stored, [userId, id])).toThrow();
  });

  test("OT-03 a thief's seed, copied over a victim's, does not let the thief in", async () => {
    const [thief, victim] = [await createPersonWithApp(), await createPersonWithApp()];
    const { sealedSeed, keyId } = await appOf(thief);
    const prisma = await db();
    await prisma.authenticatorApp.update({
      where: { id: victim.appId },
      data: { sealedSeed, keyId },
    });
    const challenge = await createChallenge(victim);
    const input = codeAt(thief.seed, currentStep());
    await expect(
      verifyAuthenticatorCode({ challenge, input, from: FROM, onSatisfied: async () => "in" }),
    ).rejects.toThrow();
  });
});

describe("a pending enrollment", () => {
  test("OT-08 begun and abandoned, it leaves the account as it was", async () => {
    const { setupKey } = await begin();
    expect(enrolledMethods(await findEnrolledMethods(person.userId))).toEqual([]);
    expect(await hasApp()).toBe(false);
    expect(await logIn(codeOf(setupKey))).toMatchObject({ verified: false, reason: "wrong" });
  });

  test("OT-08 beside an enrolled app, the old one works and the new one does not", async () => {
    const owner = await createPersonWithApp();
    person = owner;
    const { setupKey } = await begin();
    expect(await logIn(codeOf(setupKey))).toMatchObject({ verified: false, reason: "wrong" });
    expect(await logIn(codeAt(owner.seed, currentStep()))).toMatchObject({ verified: true });
  });

  test("OT-08 a double click shows the same picture, a wrong code too", async () => {
    const [first, second] = await Promise.all([begin(), begin()]);
    expect(second).toEqual(first);
    const wrong = await enroll(codeAt(Buffer.alloc(20), 1));
    expect(wrong).toEqual({ verified: false, reason: "wrong", pending: first });
    expect(await enroll("12 34")).toEqual({ verified: false, reason: "format", pending: first });
    expect(await hasApp()).toBe(false);
  });

  test("OT-11 after ten minutes the picture is worthless, and a new one has another seed", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const { setupKey } = await begin();
    vi.setSystemTime(Date.now() + 10 * MINUTE);
    expect(await enroll(codeOf(setupKey))).toEqual({ verified: false, reason: "expired" });
    expect((await begin()).setupKey).not.toBe(setupKey);
    expect(await enroll(codeOf(setupKey))).toMatchObject({ verified: false, reason: "wrong" });
  });

  test("OT-08 its first code enrolls it once, however often it is sent", async () => {
    const { setupKey } = await begin();
    const code = codeOf(setupKey);
    const results = await Promise.all(Array.from({ length: 5 }, () => enroll(code)));
    expect(results.filter(({ verified }) => verified)).toEqual([
      { verified: true, value: "first" },
    ]);
    expect(await findAuthenticatorApp(person.userId)).toMatchObject({ addedAt: expect.any(Date) });
  });

  test("OT-04 the code that enrolled the app does not log in as well", async () => {
    const { setupKey } = await begin();
    const code = codeOf(setupKey);
    await enroll(code);
    expect(await logIn(code)).toEqual({ verified: false, reason: "already-used" });
  });
});

describe("replacing an app", () => {
  test("OT-08 the old app ends when the new one's first code verifies, and its seed is gone", async () => {
    const owner = await createPersonWithApp();
    person = owner;
    const { setupKey } = await begin();
    expect(await enroll(codeOf(setupKey))).toEqual({ verified: true, value: "next" });
    const prisma = await db();
    const old = await prisma.authenticatorApp.findUniqueOrThrow({ where: { id: owner.appId } });
    expect(old).toMatchObject({ sealedSeed: null, removedAt: expect.any(Date) });
    expect(await logIn(codeAt(owner.seed, currentStep()))).toMatchObject({ reason: "wrong" });
  });

  test("OT-08 a crash at the end leaves the old app as it was", async () => {
    const owner = await createPersonWithApp();
    person = owner;
    const { setupKey } = await begin();
    const crash = async () => {
      throw new Error("The power went out.");
    };
    await expect(enroll(codeOf(setupKey), ["pwd", "otp"], crash)).rejects.toThrow("power");
    expect(await logIn(codeAt(owner.seed, currentStep()))).toMatchObject({ verified: true });
  });

  test("OT-10 beginning and abandoning a new app leaves the count of failures alone", async () => {
    person = await createPersonWithApp();
    await setFailures({ userId: person.userId, method: "authenticator-app" }, 100);
    await begin();
    await enroll("000000");
    expect(await isAppDisabled()).toBe(true);
  });

  test("OT-10 a new app revives the method if another method vouched for it, and not by itself", async () => {
    person = await createPersonWithApp();
    for (const [amr, disabled] of [
      [["pwd", "otp", "mfa"], true],
      [["pwd", "recovery", "mfa"], false],
    ] as const) {
      await setFailures({ userId: person.userId, method: "authenticator-app" }, 100);
      const { setupKey } = await begin();
      expect(await enroll(codeOf(setupKey), amr)).toMatchObject({ verified: true });
      expect(await isAppDisabled(), amr.join()).toBe(disabled);
    }
  });

  test("OT-10 the first method does not inherit the failures of an app that was removed", async () => {
    person = await createPersonWithApp();
    await setFailures({ userId: person.userId, method: "authenticator-app" }, 100);
    await transaction((tx) => removeAuthenticatorApps(tx, person.userId));
    const { setupKey } = await begin();
    await enroll("000000");
    expect(await isAppDisabled(), "beginning clears nothing").toBe(true);
    expect(await enroll(codeOf(setupKey))).toMatchObject({ verified: true, value: "first" });
    expect(await isAppDisabled()).toBe(false);
  });
});

const begin = () => beginAuthenticatorApp(appOwner(person.userId), DISPLAY);

const enroll = (
  input: string,
  amr: readonly string[] = ["pwd"],
  onVerified = async (_tx: unknown, { first }: { first: boolean }) => (first ? "first" : "next"),
) =>
  verifyAuthenticatorAppEnrollment({
    ...appOwner(person.userId),
    input,
    display: DISPLAY,
    from: FROM,
    authorize: async () => ({ amr, restrictedUntil: null }),
    onVerified,
  });

async function logIn(input: string) {
  const challenge = await createChallenge(person);
  return verifyAuthenticatorCode({ challenge, input, from: FROM, onSatisfied: async () => "in" });
}

const currentStep = () => Math.floor(Date.now() / 30_000);
const codeOf = (setupKey: string) =>
  codeAt(new Uint8Array(Secret.fromBase32(setupKey).bytes), currentStep());
const hasApp = () => transaction((tx) => hasMethod(tx, person.userId));

async function appOf({ userId }: Person) {
  const prisma = await db();
  return prisma.authenticatorApp.findFirstOrThrow({ where: { userId } });
}

async function isAppDisabled(): Promise<boolean> {
  return (await findDisabledMethods(person.userId)).includes("authenticator-app");
}

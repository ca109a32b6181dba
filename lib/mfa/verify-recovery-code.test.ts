import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { db } from "../db/client";
import { hashes } from "../db/testing/counted-hash-queue";
import {
  allow,
  createChallenge,
  createPersonWithApp,
  FROM,
  type Person,
  setFailures,
} from "../db/testing/people";
import { takeHashPlace } from "../hash-queue";
import { findAuthenticatorApp } from "./authenticator-app";
import { generateRecoveryCode } from "./generate-recovery-code";
import { reportLost } from "./loss-report";
import { formatRecoveryCode } from "./recovery-code";
import {
  confirmRecoveryCodeSet,
  findLiveSet,
  generateRecoveryCodeSet,
  type PreviousSet,
} from "./recovery-code-sets";
import { verifyRecoveryCode } from "./verify-recovery-code";

vi.mock("../hash-queue", async (original) =>
  (await import("../db/testing/counted-hash-queue")).countHashes(await original()),
);

const WRONG = { verified: false, reason: "wrong" };

let owner: Person;
let setId: string;
let codes: string[];
beforeEach(async () => {
  owner = await createPersonWithApp();
  ({ setId, codes } = await generateCodes(owner, null));
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a code works once", () => {
  test("RC-05 the second use of a code is refused like a wrong one, and recorded as reuse", async () => {
    const [code = ""] = codes;
    expect(await answer(code)).toMatchObject({ verified: true });
    expect(await answer(code)).toEqual(WRONG);
    expect(await answer(wrongCode(1))).toEqual(WRONG);
    expect(await countEvents("recovery_code_used")).toBe(1);
    expect(await countEvents("recovery_code_reused")).toBe(1);
    expect(await findLiveSet(owner.userId)).toMatchObject({ left: 9, nextUnused: 2 });
  });

  test("RC-05 RC-06 a spent code is no guess: twenty of them start no wait", async () => {
    const [code = "", other = ""] = codes;
    await answer(code);
    for (let again = 0; again < 20; again++) expect(await answer(code)).toEqual(WRONG);
    expect(await failures()).toBe(0);
    expect(await answer(other)).toMatchObject({ verified: true });
  });

  test("RC-05 all ten codes of a set let their owner in once each, in any order", async () => {
    const [order = []] = fc.sample(fc.shuffledSubarray(codes, { minLength: codes.length }), 1);
    for (const [used, code] of order.entries()) {
      expect(await answer(code), `use ${used + 1}`).toMatchObject({ verified: true });
      expect(await findLiveSet(owner.userId)).toMatchObject({ left: 9 - used });
    }
    for (const code of order) expect(await answer(code)).toEqual(WRONG);
    expect(await findLiveSet(owner.userId)).toMatchObject({ left: 0, nextUnused: undefined });
  });

  test("RC-06 a crash in the last step of the login leaves the code unspent and the challenge open", async () => {
    const [code = ""] = codes;
    const challenge = await createChallenge(owner);
    const crash = async () => {
      throw new Error("The power went out.");
    };
    await expect(
      verifyRecoveryCode({ challenge, input: code, from: FROM, onSatisfied: crash }),
    ).rejects.toThrow("The power went out.");
    expect(await findLiveSet(owner.userId)).toMatchObject({ left: 10 });
    expect(await answer(code, challenge)).toMatchObject({ verified: true });
  });

  test("RC-15 a code works five years later", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 5 * 365.25 * 24 * 3_600_000 });
    expect(await answer(codes[7] ?? "")).toMatchObject({ verified: true });
  });

  test("RC-18 a code works as it stands on the sheet and as people type it", async () => {
    const [first = "", second = "", third = ""] = codes;
    expect(await answer(`1. ${first}`)).toMatchObject({ verified: true });
    expect(await answer(second.toLowerCase().replaceAll("-", " "))).toMatchObject({
      verified: true,
    });
    expect(await answer(`3) ${third.replaceAll("-", "\u2013")}\n`)).toMatchObject({
      verified: true,
    });
  });
});

describe("one login", () => {
  test("RC-13 two codes at once on one challenge: one session, and the other code is not spent", async () => {
    const challenge = await createChallenge(owner);
    const results = await Promise.all(codes.slice(0, 2).map((code) => answer(code, challenge)));
    expect(results.filter(({ verified }) => verified)).toHaveLength(1);
    expect(results.filter(({ verified }) => !verified)).toEqual([
      { verified: false, reason: "challenge-over" },
    ]);
    expect(await findLiveSet(owner.userId)).toMatchObject({ left: 9 });
    expect(await failures()).toBe(0);
  });

  test("RC-13 whatever is entered, and in whatever order, a login spends at most one code", async () => {
    const entry = fc.oneof(
      fc.record({ kind: fc.constant("own" as const), number: fc.integer({ min: 1, max: 10 }) }),
      fc.record({ kind: fc.constant("wrong" as const), number: fc.integer({ min: 1, max: 12 }) }),
      fc.record({ kind: fc.constant("typo" as const), number: fc.constant(0) }),
    );
    const moment = fc.array(entry, { minLength: 1, maxLength: 3 }); // entries at the same moment
    await fc.assert(
      fc.asyncProperty(fc.array(moment, { minLength: 1, maxLength: 4 }), async (moments) => {
        await setFailures({ userId: owner.userId, method: "recovery-codes" }, 0);
        const challenge = await createChallenge(owner);
        const before = await countSpent();
        const sessions: string[] = [];
        for (const entries of moments) {
          await Promise.all(
            entries.map(({ kind, number }) =>
              verifyRecoveryCode({
                challenge,
                input:
                  { own: codes[number - 1], wrong: wrongCode(number), typo: "A1B2" }[kind] ?? "",
                from: FROM,
                onSatisfied: async () => sessions.push("one"),
              }),
            ),
          );
        }
        expect(sessions.length).toBeLessThanOrEqual(1);
        expect((await countSpent()) - before).toBe(sessions.length);
      }),
      { numRuns: 12 },
    );
  });
});

describe("what an attempt costs", () => {
  test("RC-17 right, wrong, spent, another person's, no such set, no such number: one hash each", async () => {
    const stranger = await createPersonWithApp();
    const theirs = await generateCodes(stranger, null);
    const branches = {
      right: codes[0],
      spent: codes[0],
      wrong: wrongCode(2),
      "another person's": theirs.codes[2],
      "no such set": formatRecoveryCode(generateRecoveryCode({ letter: "Q", number: 3 })),
      "no such number": wrongCode(17),
    };
    for (const [branch, input = ""] of Object.entries(branches)) {
      await setFailures({ userId: owner.userId, method: "recovery-codes" }, 0);
      expect(await countHashesOf(input), branch).toEqual({
        hashes: 1,
        result: branch === "right" ? { verified: true, value: "in" } : WRONG,
      });
    }
  });

  test("RC-17 a typo and a code of a replaced set cost no hash and no attempt", async () => {
    const [old = ""] = codes;
    await generateCodes(owner, setId);
    const typo = `${old.slice(0, -1)}${old.endsWith("0") ? "1" : "0"}`;
    const free = { [typo]: "typo", [old]: "replaced", "": "typo", [old.padEnd(99)]: "typo" };
    for (const [input, reason] of Object.entries(free)) {
      const result = await countHashesOf(input);
      expect(result, reason).toMatchObject({ hashes: 0, result: { verified: false, reason } });
    }
    expect(await failures()).toBe(0);
  });

  test("RC-17 during a wait even the right code costs no hash", async () => {
    for (let guess = 0; guess < 5; guess++) expect(await answer(wrongCode(1))).toEqual(WRONG);
    const result = await countHashesOf(codes[0] ?? "");
    expect(result).toMatchObject({ hashes: 0, result: { verified: false, reason: "waiting" } });
    expect(await findLiveSet(owner.userId)).toMatchObject({ left: 10 });
  });

  test("RC-18 a megabyte costs no hash, no attempt and no time", async () => {
    const challenge = await createChallenge(owner);
    const result = await countHashesOf("A".repeat(1_048_576), challenge);
    const typo = { reason: "too-long" };
    expect(result).toEqual({ hashes: 0, result: { verified: false, reason: "typo", typo } });
  });

  test("PW-09 when the hash queue is full, the answer is busy and nothing is counted", async () => {
    const places = takeAllPlaces();
    const challenge = await createChallenge(owner);
    expect(await answer(codes[0] ?? "", challenge)).toEqual({ verified: false, reason: "busy" });
    const generation = await generateRecoveryCodeSet({
      userId: owner.userId,
      knownSetId: setId,
      steppedUpBy: ["otp"],
      from: FROM,
      authorize: allow,
    });
    expect(generation).toEqual({ generated: false, reason: "busy" });
    expect(await failures()).toBe(0);
    for (const place of places) place.release();
    expect(await answer(codes[0] ?? "", challenge)).toMatchObject({ verified: true });
  });
});

test("RC-08 the hundredth failure in a row disables the codes: then the right one is refused too", async () => {
  await setFailures({ userId: owner.userId, method: "recovery-codes" }, 99);
  expect(await answer(wrongCode(1))).toEqual(WRONG);
  expect(await countEvents("method_disabled")).toBe(1);
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 7 * 24 * 3_600_000 });
  const result = await countHashesOf(codes[0] ?? "");
  expect(result).toMatchObject({ hashes: 0, result: { verified: false, reason: "disabled" } });
  expect(await failures()).toBe(100);
});

test("RC-08 a right code before the hundredth failure begins the count anew", async () => {
  await setFailures({ userId: owner.userId, method: "recovery-codes" }, 99);
  expect(await answer(codes[0] ?? "")).toMatchObject({ verified: true });
  expect(await failures()).toBe(0);
});

describe("the last codes", () => {
  test("RC-19 a set that is used up is no warning while a newer one works, and is one without", async () => {
    await generateCodes(owner, setId, "keep-until-confirmed");
    for (const code of codes) expect(await answer(code)).toMatchObject({ verified: true });
    expect(await countEvents("recovery_codes_low")).toBe(0);
    expect(await countEvents("recovery_codes_gone")).toBe(0);

    owner = await createPersonWithApp();
    ({ codes } = await generateCodes(owner, null));
    for (const code of codes) await answer(code);
    expect(await countEvents("recovery_codes_low")).toBe(1);
    expect(await countEvents("recovery_codes_gone")).toBe(1);
  });

  test("LC-05 the last code lifts the report that would keep its owner out, and one before does not", async () => {
    const { userId } = owner;
    const lost = { method: "authenticator-app" } as const;
    const report = { userId, lost, proof: "password", from: FROM, authorize: allow } as const;
    await confirmRecoveryCodeSet({ userId, setId, from: FROM, authorize: allow });
    expect(await reportLost(report)).toEqual({ suspended: true });
    const isSuspended = async () => (await findAuthenticatorApp(userId))?.suspendedAt !== null;
    for (const code of codes.slice(1)) await answer(code);
    expect(await isSuspended()).toBe(true);
    expect(await answer(codes[0] ?? "")).toMatchObject({ verified: true });
    expect(await isSuspended()).toBe(false);
    expect(await countEvents("authenticator_app_suspension_lifted")).toBe(1);
  });

  test("LC-05 a report stays while a newer set works", async () => {
    const { userId } = owner;
    await confirmRecoveryCodeSet({ userId, setId, from: FROM, authorize: allow });
    await generateCodes(owner, setId, "keep-until-confirmed");
    const lost = { method: "authenticator-app" } as const;
    await reportLost({ userId, lost, proof: "password", from: FROM, authorize: allow });
    for (const code of codes) await answer(code);
    expect((await findAuthenticatorApp(userId))?.suspendedAt).toBeInstanceOf(Date);
  });
});

async function generateCodes(
  { userId }: Person,
  knownSetId: string | null,
  previous: PreviousSet = "stop-now",
) {
  const result = await generateRecoveryCodeSet({
    userId,
    knownSetId,
    previous,
    steppedUpBy: ["otp"],
    from: FROM,
    authorize: allow,
  });
  if (!result.generated) throw new Error(result.reason);
  return { setId: result.set.id, codes: result.codes };
}

async function answer(input: string, challenge?: Awaited<ReturnType<typeof createChallenge>>) {
  return verifyRecoveryCode({
    challenge: challenge ?? (await createChallenge(owner)),
    input,
    from: FROM,
    onSatisfied: async () => "in",
  });
}

async function countHashesOf(input: string, challenge?: Parameters<typeof answer>[1]) {
  hashes.count = 0;
  const result = await answer(input, challenge);
  return { hashes: hashes.count, result };
}

/** A well-formed code of set A with this number that nobody was given. */
function wrongCode(number: number): string {
  return formatRecoveryCode(generateRecoveryCode({ letter: "A", number }));
}

function takeAllPlaces() {
  const places = [];
  for (let place = takeHashPlace("codes"); place; place = takeHashPlace("codes"))
    places.push(place);
  return places;
}

async function failures(): Promise<number> {
  const prisma = await db();
  const where = { subject: owner.userId, method: "recovery-codes" };
  return (await prisma.throttle.findFirst({ where }))?.failures ?? 0;
}

async function countEvents(type: string): Promise<number> {
  const prisma = await db();
  return prisma.auditEvent.count({ where: { userId: owner.userId, type } });
}

async function countSpent(): Promise<number> {
  const prisma = await db();
  return prisma.recoveryCode.count({ where: { userId: owner.userId, usedAt: { not: null } } });
}

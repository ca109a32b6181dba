import { beforeEach, describe, expect, test } from "vitest";
import { db } from "../db/client";
import {
  allow,
  createChallenge,
  createPerson,
  createPersonWithApp,
  FROM,
  type Person,
  setFailures,
} from "../db/testing/people";
import { parseRecoveryCode, SET_LETTERS } from "./recovery-code";
import {
  confirmRecoveryCodeSet,
  findLiveSet,
  generateRecoveryCodeSet,
  listRecoveryCodeSets,
} from "./recovery-code-sets";
import { findDisabledMethods } from "./throttle";
import { verifyRecoveryCode } from "./verify-recovery-code";

let owner: Person;
beforeEach(async () => {
  owner = await createPersonWithApp();
});

describe("generating", () => {
  test("RC-14 ten generations at once leave one set of ten rows", async () => {
    const results = await Promise.all(Array.from({ length: 10 }, () => generate(null)));
    expect(results.filter(({ generated }) => generated)).toHaveLength(1);
    const refused = results.filter(({ generated }) => !generated);
    expect(refused).toEqual(refused.map(() => ({ generated: false, reason: "already-generated" })));
    expect(await countSetsAndCodes()).toEqual({ sets: 1, codes: 10 });
  });

  test("RC-14 ten replacements at once leave one new set, and the codes shown are those that work", async () => {
    const first = await generated(null);
    const results = await Promise.all(Array.from({ length: 10 }, () => generate(first.set.id)));
    const [winner, ...others] = results.filter((result) => result.generated);
    expect(others).toEqual([]);
    expect(await countSetsAndCodes()).toEqual({ sets: 2, codes: 20 });
    expect(await findLiveSet(owner.userId)).toMatchObject({ id: winner?.set.id, left: 10 });
    expect(await logIn(winner?.codes[4])).toMatchObject({ verified: true });
  });

  test("RC-14 a reload, a second tab or a double click with a stale page makes no set", async () => {
    const first = await generated(null);
    const second = await generated(first.set.id);
    for (const stale of [null, first.set.id, "00000000-0000-4000-8000-000000000000"]) {
      expect(await generate(stale)).toEqual({ generated: false, reason: "already-generated" });
    }
    expect(await findLiveSet(owner.userId)).toMatchObject({ id: second.set.id, left: 10 });
    expect(await countSetsAndCodes()).toEqual({ sets: 2, codes: 20 });
  });

  test("RC-14 the ten codes are numbered one to ten and name the set's letter", async () => {
    const { codes, set } = await generated(null);
    const places = codes.map((code) => parseRecoveryCode(code).code);
    expect(places.map((place) => place?.number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(new Set(places.map((place) => place?.letter))).toEqual(new Set([set.letter]));
  });

  test("RC-14 codes alone do not turn multi-factor authentication on", async () => {
    owner = await createPerson();
    expect(await generate(null)).toEqual({ generated: false, reason: "no-other-method" });
    expect(await countSetsAndCodes()).toEqual({ sets: 0, codes: 0 });
  });

  test("RC-14 sets are lettered A to Z without I, L, O, U, and begin again", async () => {
    expect(SET_LETTERS).toBe("ABCDEFGHJKMNPQRSTVWXYZ");
    let newest: string | null = null;
    let letters = "";
    let shown: string[] = [];
    for (let made = 0; made < 24; made++) {
      const { set, codes } = await generated(newest);
      [newest, letters, shown] = [set.id, letters + set.letter, codes];
    }
    expect(letters).toBe("ABCDEFGHJKMNPQRSTVWXYZAB");
    // Two sets bear the letter B: a code means the newest of them.
    expect(await logIn(shown[0])).toMatchObject({ verified: true });
  });
});

describe("replacing", () => {
  test("RC-14 the old codes end in the moment in which the new ones are stored", async () => {
    const old = await generated(null);
    await logIn(old.codes[0]);
    const replacing = await generated(old.set.id);
    for (const code of old.codes) {
      expect(await logIn(code)).toMatchObject({ verified: false, reason: "replaced", letter: "A" });
    }
    expect(await logIn(replacing.codes[0])).toMatchObject({ verified: true });
  });

  test("RC-14 an ended set keeps letter, dates and counts, and nothing to crack", async () => {
    const old = await generated(null);
    await logIn(old.codes[2]);
    await confirmRecoveryCodeSet({ userId: owner.userId, setId: old.set.id, from: FROM });
    const replacing = await generated(old.set.id);
    const prisma = await db();
    const ended = await prisma.recoveryCodeSet.findUniqueOrThrow({
      where: { id: old.set.id },
      include: { codes: { orderBy: { number: "asc" } } },
    });
    expect(ended).toMatchObject({ letter: "A", generatedAt: old.set.generatedAt });
    expect(ended.confirmedAt).toBeInstanceOf(Date);
    expect(ended.endedAt).toBeInstanceOf(Date);
    expect(ended.codes.map(({ usedAt }) => usedAt !== null).indexOf(true)).toBe(2);
    expect(ended.codes).toHaveLength(10);
    for (const { salt, sealedDigest } of ended.codes) {
      expect({ salt, sealedDigest }).toEqual({ salt: null, sealedDigest: null });
    }
    const successor = await prisma.recoveryCodeSet.findUniqueOrThrow({
      where: { id: replacing.set.id },
    });
    expect(successor.replacesId).toBe(old.set.id);
  });

  test("SE-06 RC-14 a session that ended meanwhile generates nothing, and the old set stays", async () => {
    const first = await generated(null);
    const ended = new Error("The session ended.");
    const refused = generateRecoveryCodeSet({
      userId: owner.userId,
      knownSetId: first.set.id,
      steppedUpBy: ["otp"],
      from: FROM,
      authorize: () => Promise.reject(ended),
    });
    await expect(refused).rejects.toBe(ended);
    expect(await listRecoveryCodeSets(owner.userId)).toHaveLength(1);
    expect(await logIn(first.codes[0])).toMatchObject({ verified: true });
  });

  test("RC-14 a crash at the last statement leaves the old set live, with all it had", async () => {
    const old = await generated(null);
    const prisma = await db();
    await prisma.$executeRaw`ALTER TABLE "AuditEvent" ADD CONSTRAINT "no_room"
      CHECK ("type" <> 'recovery_codes_replaced') NOT VALID`;
    try {
      await expect(generate(old.set.id)).rejects.toThrow();
    } finally {
      await prisma.$executeRaw`ALTER TABLE "AuditEvent" DROP CONSTRAINT "no_room"`;
    }
    expect(await countSetsAndCodes()).toEqual({ sets: 1, codes: 10 });
    expect(await findLiveSet(owner.userId)).toMatchObject({ id: old.set.id, left: 10 });
    expect(await logIn(old.codes[9])).toMatchObject({ verified: true });
    expect(await generate(old.set.id)).toMatchObject({ generated: true });
  });

  test("RC-08 a new set revives disabled codes in a session of another method, not of a code", async () => {
    const key = { userId: owner.userId, method: "recovery-codes" };
    await setFailures(key, 100);
    const first = await generated(null, ["pwd", "recovery", "mfa"]);
    expect(await logIn(first.codes[0])).toMatchObject({ verified: false, reason: "disabled" });
    const second = await generated(first.set.id, ["pwd", "otp", "mfa"]);
    expect(await logIn(second.codes[0])).toMatchObject({ verified: true });
    expect(await findDisabledMethods(owner.userId)).toEqual([]);
  });
});

describe("what the owner sees", () => {
  test("RC-16 RC-19 counts and dates of each number, and never a code", async () => {
    const { codes, set } = await generated(null);
    await logIn(codes[0]);
    await logIn(codes[3]);
    const live = await findLiveSet(owner.userId);
    expect(live).toMatchObject({ letter: "A", left: 8, nextUnused: 2, endedAt: null });
    const used = live?.codes.filter(({ usedAt }) => usedAt).map(({ number }) => number);
    expect(used).toEqual([1, 4]);
    const confirmed = await confirmRecoveryCodeSet({
      userId: owner.userId,
      setId: set.id,
      from: FROM,
    });
    const readable = JSON.stringify([live, await listRecoveryCodeSets(owner.userId), confirmed]);
    for (const code of codes) {
      expect(readable).not.toContain(code);
      expect(readable).not.toContain(code.replaceAll("-", ""));
    }
    expect(readable).not.toMatch(/salt|digest|keyId/i);
  });

  test("RC-16 saving is confirmed by the owner alone, for the live set, and a second time changes nothing", async () => {
    const first = await generated(null);
    const confirm = (userId: string, setId: string) =>
      confirmRecoveryCodeSet({ userId, setId, from: FROM });
    const stranger = await createPerson();
    expect(await confirm(stranger.userId, first.set.id)).toBe(false);
    expect(await confirm(owner.userId, first.set.id)).toBe(true);
    const { confirmedAt } = (await findLiveSet(owner.userId)) ?? {};
    expect(await confirm(owner.userId, first.set.id)).toBe(true);
    expect((await findLiveSet(owner.userId))?.confirmedAt).toEqual(confirmedAt);
    const second = await generated(first.set.id);
    const third = await generated(second.set.id);
    expect(await confirm(owner.userId, second.set.id)).toBe(false);
    expect(await confirm(owner.userId, third.set.id)).toBe(true);
  });
});

async function generate(knownSetId: string | null, steppedUpBy = ["pwd", "otp", "mfa"]) {
  return generateRecoveryCodeSet({
    userId: owner.userId,
    knownSetId,
    steppedUpBy,
    from: FROM,
    authorize: allow,
  });
}

async function generated(knownSetId: string | null, steppedUpBy?: string[]) {
  const result = await generate(knownSetId, steppedUpBy);
  if (!result.generated) throw new Error(result.reason);
  return result;
}

async function logIn(input = "") {
  const challenge = await createChallenge(owner);
  const onSatisfied = async () => "in";
  return verifyRecoveryCode({ challenge, input, from: FROM, onSatisfied });
}

async function countSetsAndCodes() {
  const prisma = await db();
  const where = { userId: owner.userId };
  return {
    sets: await prisma.recoveryCodeSet.count({ where }),
    codes: await prisma.recoveryCode.count({ where }),
  };
}

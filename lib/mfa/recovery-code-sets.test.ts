import { randomInt } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach, describe, expect, test } from "vitest";
import { db, type Tx } from "../db/client";
import { copyTemplate } from "../db/testing/copy-template";
import { findEvents } from "../db/testing/events";
import {
  allow,
  createChallenge,
  createPerson,
  createPersonWithApp,
  FROM,
  type Person,
  setFailures,
} from "../db/testing/people";
import { runChild } from "../db/testing/run-child";
import { discardRecoveryCodeSet } from "./end-recovery-code-sets";
import { parseRecoveryCode, SET_LETTERS } from "./recovery-code";
import {
  confirmRecoveryCodeSet,
  findLiveSet,
  findLiveSets,
  generateRecoveryCodeSet,
  listRecoveryCodeSets,
  PREVIOUS_SETS,
  type PreviousSet,
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
    const results = await Promise.all(
      Array.from({ length: 10 }, () => generate(first.set.id, { previous: "stop-now" })),
    );
    const [winner, ...others] = results.filter((result) => result.generated);
    expect(others).toEqual([]);
    expect(await countSetsAndCodes()).toEqual({ sets: 2, codes: 20 });
    expect(await liveLetters()).toEqual(["B"]);
    expect(await logIn(winner?.codes[4])).toMatchObject({ verified: true });
  });

  test("RC-14 a reload, a second tab or a double click with a stale page makes no set", async () => {
    const first = await generated(null);
    const second = await generated(first.set.id);
    for (const stale of [null, first.set.id, "00000000-0000-4000-8000-000000000000"]) {
      expect(await generate(stale)).toEqual({ generated: false, reason: "already-generated" });
    }
    expect(await findLiveSets(owner.userId)).toMatchObject({
      inUse: { id: first.set.id, left: 10 },
      replacement: { id: second.set.id, left: 10 },
    });
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

  test("RC-09 a session of the password alone gets no codes for an account with another method", async () => {
    const first = await generated(null);
    for (const previous of PREVIOUS_SETS) {
      expect(await generate(first.set.id, { previous, steppedUpBy: ["pwd"] })).toEqual({
        generated: false,
        reason: "password-only",
      });
    }
    expect(await countSetsAndCodes()).toEqual({ sets: 1, codes: 10 });
  });

  test("RC-14 sets are lettered A to Z without I, L, O, U, and begin again", async () => {
    expect(SET_LETTERS).toBe("ABCDEFGHJKMNPQRSTVWXYZ");
    let newest: string | null = null;
    let letters = "";
    let shown: string[] = [];
    for (let made = 0; made < 24; made++) {
      const { set, codes } = await generated(newest, { previous: "stop-now" });
      [newest, letters, shown] = [set.id, letters + set.letter, codes];
    }
    expect(letters).toBe("ABCDEFGHJKMNPQRSTVWXYZAB");
    // Two sets bear the letter B: a code means the newest of them.
    expect(await logIn(shown[0])).toMatchObject({ verified: true });
  });
});

describe("replacing at once", () => {
  test("RC-14 the old codes end in the moment in which the new ones are stored", async () => {
    const old = await generated(null);
    await logIn(old.codes[0]);
    const replacing = await generated(old.set.id, { previous: "stop-now" });
    expect(replacing.set.keeps).toBeUndefined();
    for (const code of old.codes) {
      expect(await logIn(code)).toMatchObject({
        verified: false,
        reason: "replaced",
        letter: "A",
        endedBy: "replaced",
      });
    }
    expect(await logIn(replacing.codes[0])).toMatchObject({ verified: true });
    expect(await findLiveSets(owner.userId)).toMatchObject({
      inUse: { letter: "B", left: 9 },
      replacement: undefined,
    });
  });

  test("RC-14 an ended set keeps letter, dates and counts, and nothing to crack", async () => {
    const old = await generated(null);
    await logIn(old.codes[2]);
    await confirm(old.set.id);
    const replacing = await generated(old.set.id, { previous: "stop-now" });
    const prisma = await db();
    const ended = await prisma.recoveryCodeSet.findUniqueOrThrow({
      where: { id: old.set.id },
      include: { codes: { orderBy: { number: "asc" } } },
    });
    expect(ended).toMatchObject({ letter: "A", generatedAt: old.set.generatedAt });
    expect(ended.confirmedAt).toBeInstanceOf(Date);
    expect(ended.endedAt).toBeInstanceOf(Date);
    expect(ended.endedBy).toBe("replaced");
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

  test("RC-14 both live sets end", async () => {
    const [a, b] = await twoLiveSets();
    const c = await generated(b.set.id, { previous: "stop-now" });
    expect(await liveLetters()).toEqual(["C"]);
    await expectDead([...a.codes, ...b.codes]);
    expect(await logIn(c.codes[0])).toMatchObject({ verified: true });
  });
});

describe("replacing with the old set kept", () => {
  test("RC-14 both sets work, until the new one is confirmed: then every old code fails", async () => {
    const [a, b] = await twoLiveSets();
    expect(b.set.keeps).toBe("A");
    expect(await findLiveSets(owner.userId)).toMatchObject({
      inUse: { letter: "A", left: 10 },
      replacement: { letter: "B", left: 10, confirmedAt: null },
    });
    expect(await logIn(a.codes[0])).toMatchObject({ verified: true });
    expect(await confirm(b.set.id)).toBe(true);
    expect(await findLiveSets(owner.userId)).toMatchObject({
      inUse: { letter: "B", left: 10 },
      replacement: undefined,
    });
    await expectDead(a.codes);
    for (const code of b.codes) expect(await logIn(code)).toMatchObject({ verified: true });
  });

  test("RC-14 using a code of the old set ends nothing; the first use of a new one ends the old set", async () => {
    const [a, b] = await twoLiveSets();
    for (const code of a.codes.slice(0, 4)) {
      expect(await logIn(code)).toMatchObject({ verified: true });
    }
    expect(await liveLetters()).toEqual(["A", "B"]);
    expect(await logIn(b.codes[7])).toMatchObject({ verified: true });
    expect(await liveLetters()).toEqual(["B"]);
    await expectDead(a.codes);
    expect(await digestsOf(a.set.id)).toBe(0);
  });

  test("RC-14 a code of the new set that is refused leaves the old set alone", async () => {
    const [, b] = await twoLiveSets();
    await setFailures({ userId: owner.userId, method: "recovery-codes" }, 100);
    expect(await logIn(b.codes[0])).toMatchObject({ verified: false, reason: "disabled" });
    expect(await liveLetters()).toEqual(["A", "B"]);
  });

  test("RC-14 one more new set takes the place of the unconfirmed one, and the old set goes on", async () => {
    const [a, b] = await twoLiveSets();
    const c = await generated(b.set.id);
    expect(c.set.keeps).toBe("A");
    expect(await liveLetters()).toEqual(["A", "C"]);
    expect(await logIn(b.codes[0])).toMatchObject({
      reason: "replaced",
      letter: "B",
      endedBy: "discarded",
    });
    expect(await logIn(a.codes[0])).toMatchObject({ verified: true });
    expect(await confirm(b.set.id)).toBe(false);
    expect(await confirm(c.set.id)).toBe(true);
    expect(await liveLetters()).toEqual(["C"]);
    await expectDead(a.codes.slice(1));
  });

  test("RC-14 an old set that was never confirmed may still be, and the new one waits", async () => {
    const [a, b] = await twoLiveSets();
    expect(await confirm(a.set.id)).toBe(true);
    expect(await findLiveSets(owner.userId)).toMatchObject({
      inUse: { letter: "A" },
      replacement: { id: b.set.id },
    });
  });

  test("RC-14 a letter never names two live sets, however many new ones are made", async () => {
    let newest = (await generated(null)).set.id;
    const letters: string[] = [];
    for (let made = 0; made < 43; made++) {
      const { set } = await generated(newest);
      newest = set.id;
      letters.push(set.letter);
      expect(await liveLetters()).toEqual(["A", set.letter].toSorted());
    }
    const others = SET_LETTERS.slice(1);
    expect(letters.join("")).toBe(`${others}${others}B`);
  });

  test("RC-14 of ten at once one passes: the old set, one new set of ten, and nothing else", async () => {
    const [a, b] = await twoLiveSets();
    const results = await Promise.all(Array.from({ length: 10 }, () => generate(b.set.id)));
    const [winner, ...others] = results.filter((result) => result.generated);
    expect(others).toEqual([]);
    expect(await liveLetters()).toEqual(["A", "C"]);
    expect(await countSetsAndCodes()).toEqual({ sets: 3, codes: 30 });
    expect(await digestsOf(a.set.id)).toBe(10);
    expect(await digestsOf(winner?.set.id ?? "")).toBe(10);
    expect(await logIn(winner?.codes[0])).toMatchObject({ verified: true });
  });

  test("RC-14 confirming, discarding and generating at once leave sets that agree", async () => {
    for (let round = 0; round < 6; round++) {
      owner = await createPersonWithApp();
      const [a, b] = await twoLiveSets();
      const [confirmed, discarded, { generated: made }] = await Promise.all([
        confirm(b.set.id),
        discard(b.set.id),
        generate(b.set.id),
      ]);
      // Only one of the two can have found the new set unconfirmed and live.
      expect([confirmed, discarded]).not.toEqual([true, true]);
      expect(made).toBe(true);
      const live = await liveLetters();
      expect(live).toEqual(confirmed ? ["B", "C"] : ["A", "C"]);
      expect(await digestsOf(a.set.id)).toBe(confirmed ? 0 : 10);
      expect(await digestsOf(b.set.id)).toBe(confirmed ? 10 : 0);
    }
  });

  test("RC-14 the first use of a new code and its discarding at once: one of them happens", async () => {
    for (let round = 0; round < 6; round++) {
      owner = await createPersonWithApp();
      const [, b] = await twoLiveSets();
      const [login, discarded] = await Promise.all([logIn(b.codes[0]), discard(b.set.id)]);
      expect(login.verified).toBe(!discarded);
      expect(await liveLetters()).toEqual(discarded ? ["A"] : ["B"]);
    }
  });
});

describe("refusals and crashes", () => {
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
    for (const previous of PREVIOUS_SETS) {
      await withoutEvents(["recovery_codes_replaced", "recovery_codes_generated"], () =>
        expect(generate(old.set.id, { previous })).rejects.toThrow(),
      );
    }
    expect(await countSetsAndCodes()).toEqual({ sets: 1, codes: 10 });
    expect(await findLiveSet(owner.userId)).toMatchObject({ id: old.set.id, left: 10 });
    expect(await logIn(old.codes[9])).toMatchObject({ verified: true });
    expect(await generate(old.set.id)).toMatchObject({ generated: true });
  });

  test("RC-14 a crash at the last statement of a confirmation leaves both sets as they were", async () => {
    const [a, b] = await twoLiveSets();
    await withoutEvents(["recovery_codes_replaced"], () =>
      expect(confirm(b.set.id)).rejects.toThrow(),
    );
    expect(await findLiveSets(owner.userId)).toMatchObject({
      inUse: { id: a.set.id, left: 10 },
      replacement: { id: b.set.id, left: 10, confirmedAt: null },
    });
    await withoutEvents(["recovery_codes_replaced"], () =>
      expect(logIn(b.codes[0])).rejects.toThrow(),
    );
    expect(await liveLetters()).toEqual(["A", "B"]);
    expect(await logIn(a.codes[0])).toMatchObject({ verified: true });
    expect(await logIn(b.codes[0])).toMatchObject({ verified: true });
  });

  test("RC-14 a server killed at any moment leaves the old set, the new one, or both, each whole", async () => {
    const dataDir = mkdtempSync(path.join(tmpdir(), "sparekey-crash-"));
    const { databaseUrl, remove } = await copyTemplate(dataDir);
    try {
      for (const steps of [2, 5, 9]) {
        const child = runChild(["replaceSets"], dataDir, databaseUrl);
        await child.line(new RegExp(`^step ${steps}$`));
        await sleep(randomInt(40));
        child.process.kill("SIGKILL");
        await child.ended;
        const reader = runChild(["listSets"], dataDir, databaseUrl);
        await reader.ended;
        const sets: SetRow[] = JSON.parse(reader.lines.join(""));
        const live = sets.filter(({ ended }) => !ended);
        expect(live.length, reader.lines.join("")).toBeGreaterThanOrEqual(1);
        expect(live.length, reader.lines.join("")).toBeLessThanOrEqual(2);
        for (const { ended, codes, digests } of sets) {
          expect({ codes, digests }).toEqual({ codes: 10, digests: ended ? 0 : 10 });
        }
        expect(sets.filter(({ newest }) => newest)).toEqual(sets.slice(-1));
      }
    } finally {
      await remove();
      rmSync(dataDir, { recursive: true, force: true });
    }
  }, 120_000);

  test("RC-14 no set is made for a person who lost their last other method meanwhile", async () => {
    const removeApps = async (tx: Tx) => {
      await tx.authenticatorApp.updateMany({
        where: { userId: owner.userId },
        data: { removedAt: new Date(), sealedSeed: null },
      });
    };
    expect(await generate(null, { authorize: removeApps })).toEqual({
      generated: false,
      reason: "no-other-method",
    });
    expect(await countSetsAndCodes()).toEqual({ sets: 0, codes: 0 });
  });

  test("RC-08 a new set revives disabled codes in a session of another method, not of a code", async () => {
    const key = { userId: owner.userId, method: "recovery-codes" };
    await setFailures(key, 100);
    const first = await generated(null, { steppedUpBy: ["pwd", "recovery", "mfa"] });
    expect(await logIn(first.codes[0])).toMatchObject({ verified: false, reason: "disabled" });
    const second = await generated(first.set.id, { steppedUpBy: ["pwd", "otp", "mfa"] });
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
    const confirmed = await confirm(set.id);
    const readable = JSON.stringify([live, await listRecoveryCodeSets(owner.userId), confirmed]);
    for (const code of codes) {
      expect(readable).not.toContain(code);
      expect(readable).not.toContain(code.replaceAll("-", ""));
    }
    expect(readable).not.toMatch(/salt|digest|keyId/i);
  });

  test("RC-16 saving is confirmed by the owner alone, for the live set, and a second time changes nothing", async () => {
    const first = await generated(null);
    const stranger = await createPerson();
    expect(await confirm(first.set.id, stranger.userId)).toBe(false);
    expect(await confirm(first.set.id)).toBe(true);
    const { confirmedAt } = (await findLiveSet(owner.userId)) ?? {};
    expect(await confirm(first.set.id)).toBe(true);
    expect((await findLiveSet(owner.userId))?.confirmedAt).toEqual(confirmedAt);
    const second = await generated(first.set.id, { previous: "stop-now" });
    const third = await generated(second.set.id, { previous: "stop-now" });
    expect(await confirm(second.set.id)).toBe(false);
    expect(await confirm(third.set.id)).toBe(true);
  });
});

describe("what is on record", () => {
  test("RC-11 each change of a set is one event, with the letter of the set and the codes left", async () => {
    const [a, b] = await twoLiveSets();
    const c = await generated(b.set.id);
    await logIn(c.codes[0]);
    await confirm(c.set.id);
    const d = await generated(c.set.id, { previous: "stop-now" });
    await confirm(d.set.id);
    expect(a.set.letter).toBe("A");
    expect(await findEvents(owner.userId)).toEqual([
      "recovery_codes_generated A 10",
      "recovery_codes_generated B 10",
      "recovery_codes_discarded B",
      "recovery_codes_generated C 10",
      "recovery_code_used C 9",
      "recovery_codes_replaced C 9",
      "recovery_codes_confirmed C 9",
      "recovery_codes_replaced D 10",
      "recovery_codes_confirmed D 10",
    ]);
  });

  test("RC-11 the owner's addresses are told of every set that is made or ends", async () => {
    const [, b] = await twoLiveSets();
    await confirm(b.set.id);
    const prisma = await db();
    const mails = await prisma.mail.findMany({
      where: { addressId: { in: await addressesOf(owner.userId) } },
      orderBy: { createdAt: "asc" },
    });
    expect(mails.map(({ template }) => template)).toEqual([
      "recovery_codes_generated",
      "recovery_codes_generated",
      "recovery_codes_confirmed",
      "recovery_codes_replaced",
    ]);
  });
});

type SetRow = { ended: boolean; newest: boolean; codes: number; digests: number };

type Options = {
  previous?: PreviousSet;
  steppedUpBy?: string[];
  authorize?: (tx: Tx) => Promise<void>;
};

async function generate(knownSetId: string | null, options: Options = {}) {
  return generateRecoveryCodeSet({
    userId: owner.userId,
    knownSetId,
    steppedUpBy: ["pwd", "otp", "mfa"],
    from: FROM,
    authorize: allow,
    ...options,
  });
}

async function generated(knownSetId: string | null, options?: Options) {
  const result = await generate(knownSetId, options);
  if (!result.generated) throw new Error(result.reason);
  return result;
}

/** Set A, which goes on, and set B, which is to replace it. */
async function twoLiveSets() {
  const a = await generated(null);
  return [a, await generated(a.set.id)] as const;
}

function confirm(setId: string, userId = owner.userId) {
  return confirmRecoveryCodeSet({ userId, setId, from: FROM, authorize: allow });
}

function discard(setId: string) {
  return discardRecoveryCodeSet({ userId: owner.userId, setId, from: FROM, authorize: allow });
}

async function liveLetters() {
  const sets = await listRecoveryCodeSets(owner.userId);
  const live = sets.filter(({ endedAt }) => !endedAt);
  return live.map(({ letter }) => letter).toSorted();
}

/** None of these codes opens anything, nor costs an attempt. */
async function expectDead(codes: string[]) {
  for (const code of codes) {
    expect(await logIn(code)).toMatchObject({ verified: false, reason: "replaced" });
  }
}

async function digestsOf(setId: string) {
  const prisma = await db();
  return prisma.recoveryCode.count({ where: { setId, sealedDigest: { not: null } } });
}

/** Lets every statement that records one of these events fail, as the last of its transaction. */
async function withoutEvents(types: string[], work: () => Promise<void>) {
  const prisma = await db();
  const list = types.map((type) => `'${type}'`).join(", ");
  await prisma.$executeRawUnsafe(
    `ALTER TABLE "AuditEvent" ADD CONSTRAINT "no_room" CHECK ("type" NOT IN (${list})) NOT VALID`,
  );
  try {
    await work();
  } finally {
    await prisma.$executeRaw`ALTER TABLE "AuditEvent" DROP CONSTRAINT "no_room"`;
  }
}

async function addressesOf(userId: string) {
  const prisma = await db();
  const addresses = await prisma.address.findMany({ where: { userId }, select: { id: true } });
  return addresses.map(({ id }) => id);
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

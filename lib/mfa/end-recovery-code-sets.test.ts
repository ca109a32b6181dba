import { beforeEach, describe, expect, test } from "vitest";
import { db, transaction } from "../db/client";
import { lockUser } from "../db/lock-user";
import { findEvents } from "../db/testing/events";
import {
  allow,
  createChallenge,
  createPersonWithApp,
  FROM,
  type Person,
} from "../db/testing/people";
import {
  discardRecoveryCodeSet,
  endRecoveryCodeSets,
  revokeRecoveryCodes,
  type SetEnd,
} from "./end-recovery-code-sets";
import { findEnrolledMethods } from "./methods";
import {
  confirmRecoveryCodeSet,
  findLiveSets,
  generateRecoveryCodeSet,
  listRecoveryCodeSets,
} from "./recovery-code-sets";
import { verifyRecoveryCode } from "./verify-recovery-code";

const SESSION_ENDED = new Error("The session ended.");

let owner: Person;
beforeEach(async () => {
  owner = await createPersonWithApp();
});

describe("discarding a new set", () => {
  test("RC-14 the set that was to be replaced goes on, and the new codes end", async () => {
    const [a, b] = await twoLiveSets();
    expect(await discard(b.set.id)).toBe(true);
    const { recoveryCodes, replacement } = await findEnrolledMethods(owner.userId);
    expect(recoveryCodes).toMatchObject({ letter: "A", left: 10, disabled: false });
    expect(replacement).toBeUndefined();
    expect(await logIn(b.codes[0])).toMatchObject({
      reason: "replaced",
      letter: "B",
      endedBy: "discarded",
    });
    expect(await logIn(a.codes[0])).toMatchObject({ verified: true });
    expect(await countDigests()).toBe(10);
    expect((await findEvents(owner.userId)).slice(2)).toEqual([
      "recovery_codes_discarded B",
      "recovery_code_used A 9",
    ]);
  });

  test("RC-14 a second click, the only set, a saved set and another person's are left alone", async () => {
    const a = await generated(null);
    expect(await discard(a.set.id)).toBe(false);
    const b = await generated(a.set.id);
    const stranger = await createPersonWithApp();
    expect(await discard(b.set.id, stranger.userId)).toBe(false);
    expect(await discard(a.set.id)).toBe(false);
    expect(await discard(b.set.id)).toBe(true);
    expect(await discard(b.set.id)).toBe(false);
    const c = await generated(b.set.id);
    await confirmRecoveryCodeSet({ ...request(), setId: c.set.id });
    expect(await discard(c.set.id)).toBe(false);
    expect(await findLiveSets(owner.userId)).toMatchObject({ inUse: { letter: "C", left: 10 } });
  });

  test("RC-14 it is kept while the set in use has no unused code: else none would work", async () => {
    const [a, b] = await twoLiveSets();
    for (const code of a.codes) expect(await logIn(code)).toMatchObject({ verified: true });
    expect(await discard(b.set.id)).toBe(false);
    expect(await logIn(b.codes[0])).toMatchObject({ verified: true });
  });

  test("RC-19 whoever has few codes left then is told, and nobody who has enough", async () => {
    const [a, b] = await twoLiveSets();
    const low = async () =>
      (await findEvents(owner.userId)).filter((event) => event.startsWith("recovery_codes_low"));
    await discard(b.set.id);
    expect(await low()).toEqual([]);
    const c = await generated(b.set.id);
    for (const code of a.codes.slice(0, 9)) await logIn(code);
    expect(await low()).toEqual([]);
    await discard(c.set.id);
    expect(await low()).toEqual(["recovery_codes_low A 1"]);
  });

  test("SE-06 RC-14 a session that ended meanwhile discards, confirms and revokes nothing", async () => {
    const [, b] = await twoLiveSets();
    const late = { ...request(), authorize: () => Promise.reject(SESSION_ENDED) };
    const setId = b.set.id;
    await expect(discardRecoveryCodeSet({ ...late, setId })).rejects.toBe(SESSION_ENDED);
    await expect(confirmRecoveryCodeSet({ ...late, setId })).rejects.toBe(SESSION_ENDED);
    await expect(revokeRecoveryCodes({ ...late, knownSetId: setId })).rejects.toBe(SESSION_ENDED);
    expect(await countDigests()).toBe(20);
    expect((await findLiveSets(owner.userId)).replacement?.confirmedAt).toBeNull();
  });
});

describe("revoking", () => {
  test("RC-20 all codes of both sets fail at once, and every address is told", async () => {
    const [a, b] = await twoLiveSets();
    expect(await revoke(b.set.id)).toEqual({ revoked: true, letters: ["A", "B"] });
    for (const code of [...a.codes, ...b.codes]) {
      expect(await logIn(code)).toMatchObject({ reason: "replaced", endedBy: "revoked" });
    }
    expect(await countDigests()).toBe(0);
    expect((await findEvents(owner.userId)).slice(2)).toEqual([
      "recovery_codes_revoked A",
      "recovery_codes_revoked B",
    ]);
    const prisma = await db();
    const addresses = await prisma.address.findMany({ where: { userId: owner.userId } });
    const told = await prisma.mail.findMany({
      where: {
        addressId: { in: addresses.map(({ id }) => id) },
        template: "recovery_codes_revoked",
      },
    });
    expect(told).toHaveLength(2);
  });

  test("RC-20 a set made since the page was opened is not revoked by it, and a second click finds none", async () => {
    const a = await generated(null);
    const b = await generated(a.set.id);
    expect(await revoke(a.set.id)).toEqual({ revoked: false, reason: "changed" });
    expect(await revoke(null)).toEqual({ revoked: false, reason: "changed" });
    expect(await countDigests()).toBe(20);
    expect(await revoke(b.set.id)).toMatchObject({ revoked: true });
    expect(await revoke(b.set.id)).toEqual({ revoked: false, reason: "none" });
  });

  test("RC-20 multi-factor authentication stays on, and a new set can be made", async () => {
    const a = await generated(null);
    await revoke(a.set.id);
    const { authenticatorApp, recoveryCodes } = await findEnrolledMethods(owner.userId);
    expect(authenticatorApp).toBeDefined();
    expect(recoveryCodes).toBeUndefined();
    const b = await generated(a.set.id);
    expect(b.set).toMatchObject({ letter: "B", keeps: undefined });
    expect(await logIn(a.codes[0])).toMatchObject({ letter: "A", endedBy: "revoked" });
    expect(await logIn(b.codes[0])).toMatchObject({ verified: true });
  });

  test("RC-20 revoking while a code is used: the code made a session before, or never", async () => {
    for (let round = 0; round < 6; round++) {
      owner = await createPersonWithApp();
      const a = await generated(null);
      const [login, { revoked }] = await Promise.all([logIn(a.codes[0]), revoke(a.set.id)]);
      expect(revoked).toBe(true);
      const [set] = await listRecoveryCodeSets(owner.userId);
      const used = set?.codes.filter(({ usedAt }) => usedAt).length;
      expect(used).toBe(login.verified ? 1 : 0);
      expect(await logIn(a.codes[1])).toMatchObject({ endedBy: "revoked" });
    }
  });
});

describe("ending with a method", () => {
  test.each<SetEnd>(["method-removed", "lost"])(
    "RC-14 after the end by %s no code works, also not once a method is back",
    async (endedBy) => {
      const [a, b] = await twoLiveSets();
      expect(await end(endedBy)).toEqual(["A", "B"]);
      expect(await end(endedBy)).toEqual([]);
      await turnOffAndOn();
      expect(await countDigests()).toBe(0);
      for (const code of [...a.codes, ...b.codes]) {
        expect(await logIn(code)).toMatchObject({ reason: "replaced", endedBy });
      }
      const c = await generated(b.set.id);
      expect(c.set).toMatchObject({ letter: "C", keeps: undefined });
      for (const code of [...a.codes, ...b.codes]) {
        expect(await logIn(code)).toMatchObject({ reason: "replaced", endedBy });
      }
      expect(await logIn(c.codes[0])).toMatchObject({ verified: true });
      expect((await findEvents(owner.userId)).slice(2, 4)).toEqual([
        "recovery_codes_ended A",
        "recovery_codes_ended B",
      ]);
    },
  );

  test("RC-14 what ends with a transaction that fails is live again", async () => {
    const a = await generated(null);
    const undone = new Error("undone");
    const ending = transaction(async (tx) => {
      await lockUser(tx, owner.userId);
      await endRecoveryCodeSets(tx, { userId: owner.userId, endedBy: "lost", from: FROM });
      throw undone;
    });
    await expect(ending).rejects.toBe(undone);
    expect(await logIn(a.codes[0])).toMatchObject({ verified: true });
  });

  test("RC-14 an end that another person's codes could share touches one person alone", async () => {
    const [other, others] = [owner, await generated(null)];
    owner = await createPersonWithApp();
    const a = await generated(null);
    await end("lost");
    await revoke(a.set.id);
    owner = other;
    for (const code of others.codes.slice(0, 2)) {
      expect(await logIn(code)).toMatchObject({ verified: true });
    }
  });
});

const request = () => ({ userId: owner.userId, from: FROM, authorize: allow });

async function generated(knownSetId: string | null) {
  const result = await generateRecoveryCodeSet({
    ...request(),
    knownSetId,
    steppedUpBy: ["pwd", "otp", "mfa"],
  });
  if (!result.generated) throw new Error(result.reason);
  return result;
}

async function twoLiveSets() {
  const a = await generated(null);
  return [a, await generated(a.set.id)] as const;
}

function discard(setId: string, userId = owner.userId) {
  return discardRecoveryCodeSet({ ...request(), userId, setId });
}

function revoke(knownSetId: string | null) {
  return revokeRecoveryCodes({ ...request(), knownSetId });
}

function end(endedBy: SetEnd) {
  return transaction(async (tx) => {
    await lockUser(tx, owner.userId);
    return endRecoveryCodeSets(tx, { userId: owner.userId, endedBy, from: FROM });
  });
}

/** Multi-factor authentication goes off with the app, and on again with another one. */
async function turnOffAndOn() {
  const prisma = await db();
  const apps = { where: { userId: owner.userId } };
  const { sealedSeed } = await prisma.authenticatorApp.findFirstOrThrow(apps);
  await prisma.authenticatorApp.updateMany({ ...apps, data: { removedAt: new Date() } });
  await prisma.authenticatorApp.updateMany({ ...apps, data: { removedAt: null, sealedSeed } });
}

async function logIn(input = "") {
  const challenge = await createChallenge(owner);
  return verifyRecoveryCode({ challenge, input, from: FROM, onSatisfied: async () => "in" });
}

async function countDigests() {
  const prisma = await db();
  return prisma.recoveryCode.count({
    where: { userId: owner.userId, OR: [{ sealedDigest: { not: null } }, { salt: { not: null } }] },
  });
}

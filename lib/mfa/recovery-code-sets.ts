import "server-only";
import { randomUUID } from "node:crypto";
import { db, type Tx, transaction } from "../db/client";
import { lockUser } from "../db/lock-user";
import { takeHashPlace } from "../hash-queue";
import { recordAuditEvent } from "../notices/audit-event";
import type { RequestSource } from "../request-source";
import {
  discardSet,
  endReplacedSet,
  endSets,
  findLivePair,
  pairLiveSets,
  parseSetEnd,
  type SetEnd,
} from "./end-recovery-code-sets";
import { generateRecoveryCode } from "./generate-recovery-code";
import { hasMethod } from "./has-method";
import { isProvedByOther } from "./method-names";
import { CODES_PER_SET, formatRecoveryCode, SET_LETTERS } from "./recovery-code";
import { digestRecoveryCodes } from "./recovery-code-digest";
import { clearFailures } from "./throttle";

/** What becomes of the set in use when a new one is made. */
export const PREVIOUS_SETS = ["keep-until-confirmed", "stop-now"] as const;

export type PreviousSet = (typeof PREVIOUS_SETS)[number];

/** What a form says about the set in use; without a word it is kept. */
export function parsePreviousSet(input: string): PreviousSet {
  return PREVIOUS_SETS.find((one) => one === input) ?? "keep-until-confirmed";
}

export type GenerationResult =
  | { generated: true; set: NewSet; codes: string[] }
  /** Another request made a set since the page was loaded; its codes were shown there. */
  | { generated: false; reason: "already-generated" }
  /** Codes alone do not turn multi-factor authentication on. */
  | { generated: false; reason: "no-other-method" }
  /** The session has the password alone: codes need a proof by another method (RC-09). */
  | { generated: false; reason: "password-only" }
  | { generated: false; reason: "busy" };

type NewSet = {
  id: string;
  letter: string;
  generatedAt: Date;
  /** The letter of the set that goes on working until this one is confirmed or used. */
  keeps: string | undefined;
  /** The letters of the sets that ended when it was made. */
  ended: string[];
};

/**
 * Generates a set of ten codes. The set in use goes on until the new one is confirmed or one of its
 * codes is used; or, with `stop-now`, every older code ends in the transaction that stores the new
 * digests. A new set that was never confirmed makes room for the next: no person has more than two
 * (RC-14). `knownSetId` is the newest set the page knew (`null` for none), so that a reload, a second
 * tab or a double click makes no second set. `steppedUpBy` are the methods of the session: the password
 * alone is not enough (63B §3.1.2.1), and one other than a code clears the failures of the codes (63B
 * §3.2.2).
 * The ten codes are returned here and can never be read again (RC-16).
 */
export async function generateRecoveryCodeSet({
  userId,
  knownSetId,
  previous = "keep-until-confirmed",
  steppedUpBy,
  from,
  authorize,
}: {
  userId: string;
  knownSetId: string | null;
  previous?: PreviousSet;
  steppedUpBy: readonly string[];
  from: RequestSource;
  /** Called first in the transaction; throws if the session may not do this any more. */
  authorize: (tx: Tx) => Promise<unknown>;
}): Promise<GenerationResult> {
  const prisma = await db();
  if (!(await hasMethod(prisma, userId))) return refuse("no-other-method");
  if (!steppedUpBy.some((method) => method !== "pwd")) return refuse("password-only");
  const { newestId, letter } = await planNextSet(prisma, userId);
  if (newestId !== knownSetId) return refuse("already-generated");

  const place = takeHashPlace("codes");
  if (!place) return refuse("busy");
  try {
    const set = { id: randomUUID(), letter, generatedAt: new Date() };
    const codes = Array.from({ length: CODES_PER_SET }, (_, index) => {
      const number = index + 1;
      return {
        code: generateRecoveryCode({ letter, number }),
        row: { userId, setId: set.id, number },
      };
    });
    const digests = await digestRecoveryCodes(place, codes);
    const { keeps, ended } = await transaction(async (tx) => {
      await lockUser(tx, userId);
      await authorize(tx);
      if (!(await hasMethod(tx, userId))) throw new GenerationRefused("no-other-method");
      await claimNewestSet(tx, { userId, knownSetId, setId: set.id });
      const { inUse, keeps, ended } = await makeRoom(tx, { userId, previous, from });
      await tx.recoveryCodeSet.create({ data: { ...set, userId, replacesId: inUse?.id } });
      await tx.recoveryCode.createMany({
        data: codes.map(({ row }, index) => ({ ...row, ...digestAt(digests, index) })),
      });
      if (isProvedByOther(steppedUpBy, "recovery-codes")) {
        await clearFailures(tx, { subject: userId, method: "recovery-codes" });
      }
      const type = inUse && !keeps ? "recovery_codes_replaced" : "recovery_codes_generated";
      const counted = { setLetter: letter, codesLeft: CODES_PER_SET };
      await recordAuditEvent(tx, { type, userId, ...counted, from });
      return { keeps, ended };
    });
    const shown = codes.map(({ code }) => formatRecoveryCode(code));
    return { generated: true, set: { ...set, keeps, ended }, codes: shown };
  } catch (error) {
    if (error instanceof GenerationRefused) return refuse(error.reason);
    throw error;
  } finally {
    place.release();
  }
}

/**
 * Records that the person saved the codes of a set, and ends the set that it replaces in the same
 * transaction. Says whether the set is live and confirmed; a second time changes nothing.
 */
export async function confirmRecoveryCodeSet({
  userId,
  setId,
  from,
  authorize,
}: {
  userId: string;
  setId: string;
  from: RequestSource;
  /** Called first in the transaction; throws if the session may not do this any more. */
  authorize: (tx: Tx) => Promise<unknown>;
}): Promise<boolean> {
  return transaction(async (tx) => {
    await lockUser(tx, userId);
    await authorize(tx);
    const { count } = await tx.recoveryCodeSet.updateMany({
      where: { id: setId, userId, confirmedAt: null, endedAt: null },
      data: { confirmedAt: new Date() },
    });
    const set = await tx.recoveryCodeSet.findFirst({
      where: { id: setId, userId, confirmedAt: { not: null }, endedAt: null },
      select: { letter: true },
    });
    if (count !== 1 || !set) return set !== null;
    const codesLeft = await tx.recoveryCode.count({ where: { setId, usedAt: null } });
    const counted = { setLetter: set.letter, codesLeft };
    await recordAuditEvent(tx, { type: "recovery_codes_confirmed", userId, ...counted, from });
    await endReplacedSet(tx, { userId, setId, from });
    return true;
  });
}

/** A set as its owner sees it: never a code. */
export type RecoveryCodeSetSummary = {
  id: string;
  letter: string;
  generatedAt: Date;
  confirmedAt: Date | null;
  endedAt: Date | null;
  /** The set that this one replaces, at once or when it is confirmed. */
  replacesId: string | null;
  /** How it ended; nothing while it is live. */
  endedBy: SetEnd | undefined;
  /** The ten numbers in order, with the time at which each was used. */
  codes: { number: number; usedAt: Date | null }[];
  left: number;
  /** The lowest unused number; none when all are used. */
  nextUnused: number | undefined;
};

/** All sets a person ever had, the newest first. */
export async function listRecoveryCodeSets(
  userId: string,
  tx?: Tx,
): Promise<RecoveryCodeSetSummary[]> {
  const prisma = tx ?? (await db());
  const sets = await prisma.recoveryCodeSet.findMany({
    where: { userId },
    orderBy: { generatedAt: "desc" },
    select: {
      id: true,
      letter: true,
      generatedAt: true,
      confirmedAt: true,
      replacesId: true,
      endedAt: true,
      endedBy: true,
      codes: { select: { number: true, usedAt: true }, orderBy: { number: "asc" } },
    },
  });
  return sets.map((set) => {
    const unused = set.endedAt ? [] : set.codes.filter(({ usedAt }) => !usedAt);
    const endedBy = set.endedAt ? parseSetEnd(set.endedBy) : undefined;
    return { ...set, endedBy, left: unused.length, nextUnused: unused[0]?.number };
  });
}

/** The sets whose codes work: the one in use, and a newer one that waits to be confirmed or used. */
export type LiveSets = {
  inUse: RecoveryCodeSetSummary | undefined;
  replacement: RecoveryCodeSetSummary | undefined;
};

/** The live sets of a person. */
export async function findLiveSets(userId: string, tx?: Tx): Promise<LiveSets> {
  const sets = await listRecoveryCodeSets(userId, tx);
  return pairLiveSets(sets.filter(({ endedAt }) => !endedAt));
}

/** The set in use, if there is one. */
export async function findLiveSet(userId: string): Promise<RecoveryCodeSetSummary | undefined> {
  return (await findLiveSets(userId)).inUse;
}

/** The letter that the next set will bear. */
export async function findNextSetLetter(userId: string): Promise<string> {
  return (await planNextSet(await db(), userId)).letter;
}

type Refusal = Extract<GenerationResult, { generated: false }>["reason"];

class GenerationRefused extends Error {
  constructor(readonly reason: Refusal) {
    super(reason);
  }
}

const refuse = (reason: Refusal): GenerationResult => ({ generated: false, reason });

/** The newest set, live or ended, and the letter of the next one. */
async function planNextSet(
  prisma: Tx,
  userId: string,
): Promise<{ newestId: string | null; letter: string }> {
  const { newestRecoveryCodeSetId: newestId } = await prisma.user.findUniqueOrThrow({
    where: { id: userId },
    select: { newestRecoveryCodeSetId: true },
  });
  const sets = await prisma.recoveryCodeSet.findMany({
    where: { userId, OR: [{ endedAt: null }, ...(newestId ? [{ id: newestId }] : [])] },
    select: { id: true, letter: true },
  });
  const newest = sets.find(({ id }) => id === newestId);
  return {
    newestId,
    letter: nextLetter(newest?.letter, new Set(sets.map(({ letter }) => letter))),
  };
}

/** The letter after the newest set's that no live set bears: a letter means one live set. */
function nextLetter(newest: string | undefined, taken: ReadonlySet<string>): string {
  const start = newest ? SET_LETTERS.indexOf(newest) + 1 : 0;
  const inOrder = SET_LETTERS.slice(start) + SET_LETTERS.slice(0, start);
  const letter = [...inOrder].find((one) => !taken.has(one));
  if (!letter) throw new Error("Every letter is that of a live set.");
  return letter;
}

/** Of several generations that began with the same newest set, one passes. */
async function claimNewestSet(
  tx: Tx,
  { userId, knownSetId, setId }: { userId: string; knownSetId: string | null; setId: string },
): Promise<void> {
  const { count } = await tx.user.updateMany({
    where: { id: userId, newestRecoveryCodeSetId: knownSetId },
    data: { newestRecoveryCodeSetId: setId },
  });
  if (count !== 1) throw new GenerationRefused("already-generated");
}

/** Leaves the set in use, or no set, beside the new one. */
async function makeRoom(
  tx: Tx,
  { userId, previous, from }: { userId: string; previous: PreviousSet; from: RequestSource },
): Promise<{ inUse: { id: string } | undefined; keeps: string | undefined; ended: string[] }> {
  const { inUse, replacement } = await findLivePair(tx, userId);
  if (previous === "stop-now") {
    const ended = await endSets(tx, { userId, endedBy: "replaced" });
    return { inUse, keeps: undefined, ended: ended.map(({ letter }) => letter) };
  }
  if (replacement) await discardSet(tx, { set: replacement, userId, from });
  return { inUse, keeps: inUse?.letter, ended: replacement ? [replacement.letter] : [] };
}

function digestAt<T>(digests: readonly T[], index: number): T {
  const digest = digests[index];
  if (!digest) throw new Error("A code has no digest.");
  return digest;
}

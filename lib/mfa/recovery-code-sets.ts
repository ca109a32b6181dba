import "server-only";
import { randomUUID } from "node:crypto";
import { db, type Tx, transaction } from "../db/client";
import { lockUser } from "../db/lock-user";
import { takeHashPlace } from "../hash-queue";
import { recordAuditEvent } from "../notices/audit-event";
import type { RequestSource } from "../request-source";
import { hasAuthenticatorApp } from "./authenticator-app";
import { generateRecoveryCode } from "./generate-recovery-code";
import { CODES_PER_SET, formatRecoveryCode, SET_LETTERS } from "./recovery-code";
import { digestRecoveryCodes } from "./recovery-code-digest";
import { clearFailures } from "./throttle";

export type GenerationResult =
  | { generated: true; set: { id: string; letter: string; generatedAt: Date }; codes: string[] }
  /** Another request made a set since the page was loaded; its codes were shown there. */
  | { generated: false; reason: "already-generated" }
  /** Codes alone do not turn multi-factor authentication on. */
  | { generated: false; reason: "no-other-method" }
  | { generated: false; reason: "busy" };

/**
 * Generates a set of ten codes, or replaces the live one: the old codes end in the transaction that
 * stores the new digests. `knownSetId` is the newest set the page knew (`null` for none), so that a
 * reload, a second tab or a double click makes no second set (RC-14). `steppedUpBy` are the methods of
 * the session; one other than a code clears the failures of the codes (63B §3.2.2).
 * The ten codes are returned here and can never be read again (RC-16).
 */
export async function generateRecoveryCodeSet({
  userId,
  knownSetId,
  steppedUpBy,
  from,
  authorize,
}: {
  userId: string;
  knownSetId: string | null;
  steppedUpBy: readonly string[];
  from: RequestSource;
  /** Called first in the transaction; throws if the session may not do this any more. */
  authorize: (tx: Tx) => Promise<void>;
}): Promise<GenerationResult> {
  if (!(await hasAuthenticatorApp(await db(), userId)))
    return { generated: false, reason: "no-other-method" };
  const newest = await findNewestSet(userId);
  if ((newest?.id ?? null) !== knownSetId) return { generated: false, reason: "already-generated" };

  const place = takeHashPlace("codes");
  if (!place) return { generated: false, reason: "busy" };
  try {
    const set = { id: randomUUID(), letter: nextLetter(newest?.letter), generatedAt: new Date() };
    const codes = Array.from({ length: CODES_PER_SET }, (_, index) => {
      const number = index + 1;
      return {
        code: generateRecoveryCode({ letter: set.letter, number }),
        row: { userId, setId: set.id, number },
      };
    });
    const digests = await digestRecoveryCodes(place, codes);
    await transaction(async (tx) => {
      await lockUser(tx, userId);
      await authorize(tx);
      await claimNewestSet(tx, { userId, knownSetId, setId: set.id });
      const ended = await endLiveSets(tx, userId);
      await tx.recoveryCodeSet.create({ data: { ...set, userId, replacesId: ended ?? null } });
      await tx.recoveryCode.createMany({
        data: codes.map(({ row }, index) => ({ ...row, ...digestAt(digests, index) })),
      });
      if (steppedUpBy.includes("otp")) {
        await clearFailures(tx, { subject: userId, method: "recovery-codes" });
      }
      const type = ended ? "recovery_codes_replaced" : "recovery_codes_generated";
      await recordAuditEvent(tx, { type, userId, setLetter: set.letter, from });
    });
    return { generated: true, set, codes: codes.map(({ code }) => formatRecoveryCode(code)) };
  } catch (error) {
    if (error instanceof SetAlreadyGenerated)
      return { generated: false, reason: "already-generated" };
    throw error;
  } finally {
    place.release();
  }
}

/** Records that the person saved the codes of a set. Says whether the set is live and confirmed; a second time changes nothing. */
export async function confirmRecoveryCodeSet({
  userId,
  setId,
  from,
}: {
  userId: string;
  setId: string;
  from: RequestSource;
}): Promise<boolean> {
  return transaction(async (tx) => {
    const { count } = await tx.recoveryCodeSet.updateMany({
      where: { id: setId, userId, confirmedAt: null, endedAt: null },
      data: { confirmedAt: new Date() },
    });
    if (count !== 1) {
      const confirmed = { id: setId, userId, confirmedAt: { not: null }, endedAt: null };
      return (await tx.recoveryCodeSet.count({ where: confirmed })) === 1;
    }
    const { letter } = await tx.recoveryCodeSet.findUniqueOrThrow({ where: { id: setId } });
    await recordAuditEvent(tx, {
      type: "recovery_codes_confirmed",
      userId,
      setLetter: letter,
      from,
    });
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
  /** The ten numbers in order, with the time at which each was used. */
  codes: { number: number; usedAt: Date | null }[];
  left: number;
  /** The lowest unused number; none when all are used. */
  nextUnused: number | undefined;
};

/** All sets a person ever had, the newest first. */
export async function listRecoveryCodeSets(userId: string): Promise<RecoveryCodeSetSummary[]> {
  const prisma = await db();
  const sets = await prisma.recoveryCodeSet.findMany({
    where: { userId },
    orderBy: { generatedAt: "desc" },
    select: {
      id: true,
      letter: true,
      generatedAt: true,
      confirmedAt: true,
      endedAt: true,
      codes: { select: { number: true, usedAt: true }, orderBy: { number: "asc" } },
    },
  });
  return sets.map((set) => {
    const unused = set.endedAt ? [] : set.codes.filter(({ usedAt }) => !usedAt);
    return { ...set, left: unused.length, nextUnused: unused[0]?.number };
  });
}

/** The newest set whose codes work, if there is one. */
export async function findLiveSet(userId: string): Promise<RecoveryCodeSetSummary | undefined> {
  const sets = await listRecoveryCodeSets(userId);
  return sets.find(({ endedAt }) => !endedAt);
}

class SetAlreadyGenerated extends Error {}

async function findNewestSet(userId: string): Promise<{ id: string; letter: string } | undefined> {
  const prisma = await db();
  const user = await prisma.user.findUniqueOrThrow({
    where: { id: userId },
    select: { newestRecoveryCodeSetId: true },
  });
  if (!user.newestRecoveryCodeSetId) return undefined;
  return prisma.recoveryCodeSet.findUniqueOrThrow({
    where: { id: user.newestRecoveryCodeSetId },
    select: { id: true, letter: true },
  });
}

/** The letter after the newest set's; the live set's own cannot come up again for 21 sets. */
function nextLetter(newest: string | undefined): string {
  const index = newest ? SET_LETTERS.indexOf(newest) + 1 : 0;
  return SET_LETTERS[index % SET_LETTERS.length] ?? "A";
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
  if (count !== 1) throw new SetAlreadyGenerated();
}

/** Ends the live set, if there is one; its letter, dates and counts stay, its digests go. */
async function endLiveSets(tx: Tx, userId: string): Promise<string | undefined> {
  const live = await tx.recoveryCodeSet.findFirst({
    where: { userId, endedAt: null },
    orderBy: { generatedAt: "desc" },
    select: { id: true },
  });
  await tx.recoveryCodeSet.updateMany({
    where: { userId, endedAt: null },
    data: { endedAt: new Date() },
  });
  await tx.recoveryCode.updateMany({
    where: { userId, sealedDigest: { not: null } },
    data: { salt: null, sealedDigest: null },
  });
  return live?.id;
}

function digestAt<T>(digests: readonly T[], index: number): T {
  const digest = digests[index];
  if (!digest) throw new Error("A code has no digest.");
  return digest;
}

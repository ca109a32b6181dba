import "server-only";
import { type Tx, transaction } from "../db/client";
import { lockUser } from "../db/lock-user";
import { type AuditEventType, recordAuditEvent } from "../notices/audit-event";
import type { RequestSource } from "../request-source";
import { currentPolicy } from "./policy";

/** How a set can end. */
const SET_ENDS = ["replaced", "discarded", "revoked", "lost", "method-removed", "reset"] as const;

export type SetEnd = (typeof SET_ENDS)[number];

/** How a set ended, as its row says; those that ended before it was written down were replaced. */
export function parseSetEnd(endedBy: string | null): SetEnd {
  return SET_ENDS.find((end) => end === endedBy) ?? "replaced";
}

/** Who asks, and whether they still may: `authorize` comes first in the transaction, and throws if not. */
type Asker = { userId: string; from: RequestSource; authorize: (tx: Tx) => Promise<unknown> };

/**
 * Drops a new set that was never marked as saved; the set it was to replace goes on as if nothing had
 * been, and its person is told if it has few codes left (RC-19). Says whether it did: `false` for another
 * person's set, for one that is saved or over, for the only one, which is revoked instead, and while the set
 * in use has no unused code: then another new one replaces it.
 */
export async function discardRecoveryCodeSet({
  userId,
  setId,
  from,
  authorize,
}: Asker & { setId: string }): Promise<boolean> {
  return transaction(async (tx) => {
    await lockUser(tx, userId);
    await authorize(tx);
    const { inUse, replacement } = await findLivePair(tx, userId);
    if (!inUse || replacement?.id !== setId) return false;
    const codesLeft = await tx.recoveryCode.count({ where: { setId: inUse.id, usedAt: null } });
    if (codesLeft === 0) return false;
    await discardSet(tx, { set: replacement, userId, from });
    if (codesLeft <= (await currentPolicy(tx)).lowCodes) {
      const counted = { setLetter: inUse.letter, codesLeft };
      await recordAuditEvent(tx, { type: "recovery_codes_low", userId, ...counted, from });
    }
    return true;
  });
}

export type RevocationResult =
  | { revoked: true; letters: string[] }
  /** There is no live set. */
  | { revoked: false; reason: "none" }
  /** A set was made since the page named the ones to be revoked. */
  | { revoked: false; reason: "changed" };

/**
 * Ends all codes of a person at once, without new ones, for somebody who fears that another saw them
 * (RC-20; ASVS 6.5.6). `knownSetId` is the newest set that the page named.
 */
export async function revokeRecoveryCodes({
  userId,
  knownSetId,
  from,
  authorize,
}: Asker & { knownSetId: string | null }): Promise<RevocationResult> {
  return transaction(async (tx) => {
    await lockUser(tx, userId);
    await authorize(tx);
    const newest = { id: userId, newestRecoveryCodeSetId: knownSetId };
    if ((await tx.user.count({ where: newest })) !== 1)
      return { revoked: false, reason: "changed" };
    const ended = await endSets(tx, { userId, endedBy: "revoked" });
    if (ended.length === 0) return { revoked: false, reason: "none" };
    const letters = ended.map(({ letter }) => letter);
    await recordEnds(tx, { type: "recovery_codes_revoked", userId, letters, from });
    return { revoked: true, letters };
  });
}

/**
 * Ends the set that this one replaces, when it is confirmed or one of its codes is used. Using or
 * confirming the older of two sets ends nothing. The caller holds the person (`lockUser`).
 */
export async function endReplacedSet(
  tx: Tx,
  { userId, setId, from }: { userId: string; setId: string; from: RequestSource },
): Promise<void> {
  const { letter, replacesId } = await tx.recoveryCodeSet.findFirstOrThrow({
    where: { id: setId, userId },
    select: { letter: true, replacesId: true },
  });
  if (!replacesId) return;
  const ended = await endSets(tx, { userId, ids: [replacesId], endedBy: "replaced" });
  if (ended.length === 0) return;
  const codesLeft = await tx.recoveryCode.count({ where: { setId, usedAt: null } });
  const type = "recovery_codes_replaced";
  await recordAuditEvent(tx, { type, userId, setLetter: letter, codesLeft, from });
}

/**
 * Ends all codes of a person in the transaction that removes their last other method, or replaces a
 * lost one. Returns the letters of the sets that ended. The caller holds the person (`lockUser`).
 */
export async function endRecoveryCodeSets(
  tx: Tx,
  { userId, endedBy, from }: { userId: string; endedBy: SetEnd; from: RequestSource },
): Promise<string[]> {
  const ended = await endSets(tx, { userId, endedBy });
  const letters = ended.map(({ letter }) => letter);
  await recordEnds(tx, { type: "recovery_codes_ended", userId, letters, from });
  return letters;
}

/** Ends a set that its person never marked as saved, in favour of an older one or of one more new one. */
export async function discardSet(
  tx: Tx,
  { set, userId, from }: { set: LiveSet; userId: string; from: RequestSource },
): Promise<void> {
  await endSets(tx, { userId, ids: [set.id], endedBy: "discarded" });
  const letters = [set.letter];
  await recordEnds(tx, { type: "recovery_codes_discarded", userId, letters, from });
}

type LiveSet = { id: string; letter: string };

/**
 * Ends live sets of a person, all of them or those named: their letters, dates and counts stay, salts
 * and digests go. Returns the ones that ended.
 */
export async function endSets(
  tx: Tx,
  { userId, ids, endedBy }: { userId: string; ids?: string[]; endedBy: SetEnd },
): Promise<LiveSet[]> {
  const live = await tx.recoveryCodeSet.findMany({
    where: { userId, endedAt: null, ...(ids && { id: { in: ids } }) },
    orderBy: { generatedAt: "asc" },
    select: { id: true, letter: true },
  });
  const where = live.map(({ id }) => id);
  const { count } = await tx.recoveryCodeSet.updateMany({
    where: { id: { in: where }, endedAt: null },
    data: { endedAt: new Date(), endedBy },
  });
  if (count !== live.length) throw new Error("A set ended twice: its person was not held.");
  await tx.recoveryCode.updateMany({
    where: { setId: { in: where } },
    data: { salt: null, sealedDigest: null },
  });
  return live;
}

/** The live sets of a person, two at most, as they stand inside a transaction. */
export async function findLivePair(tx: Tx, userId: string) {
  const live = await tx.recoveryCodeSet.findMany({
    where: { userId, endedAt: null },
    select: { id: true, letter: true, replacesId: true },
  });
  return pairLiveSets(live);
}

/**
 * Tells the set in use from the one that is to replace it. By the reference of the newer one, and not
 * by their dates: two servers' clocks differ.
 */
export function pairLiveSets<S extends { id: string; replacesId: string | null }>(
  live: readonly S[],
): { inUse: S | undefined; replacement: S | undefined } {
  const replacement = live.find(({ replacesId }) => live.some(({ id }) => id === replacesId));
  return { inUse: live.find((set) => set !== replacement), replacement };
}

/** One event a set, in the order of the letters given. */
async function recordEnds(
  tx: Tx,
  {
    type,
    userId,
    letters,
    from,
  }: { type: AuditEventType; userId: string; letters: string[]; from: RequestSource },
): Promise<void> {
  for (const setLetter of letters) {
    await recordAuditEvent(tx, { type, userId, setLetter, from });
  }
}

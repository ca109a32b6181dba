import "server-only";
import { db } from "../db/client";
import type { HashPlace } from "../hash-queue";
import { currentKeyId } from "../keys";
import { reseal } from "../seal";
import { matchesSealedDigest, type StoredDigest, sealDigests } from "./sealed-digest";
import type { TemporaryCode } from "./temporary-code";

/**
 * Cost 10: who has one half, the database and its key has 40 bits to try in the hours that the code lives
 * (docs/decisions/013-locked-out-people.md).
 */
const KIND = { purpose: "temporary code digests", cost: 10 } as const;

/** The row a digest belongs to; in another one it does not open. */
export type TemporaryCodeRow = { userId: string; id: string };

/** Salts, hashes and seals a code. */
export async function digestTemporaryCode(
  place: HashPlace,
  code: TemporaryCode,
  row: TemporaryCodeRow,
): Promise<StoredDigest> {
  const [digest] = await sealDigests(place, KIND, [{ symbols: code.symbols, row: associate(row) }]);
  if (!digest) throw new Error("There is no digest.");
  return digest;
}

/** Whether the code is the one behind the stored digest; one hash, with a row or without. */
export async function matchesTemporaryCode(
  place: HashPlace,
  code: TemporaryCode,
  stored: { digest: StoredDigest; row: TemporaryCodeRow } | undefined,
): Promise<boolean> {
  const sealed = stored && { digest: stored.digest, row: associate(stored.row) };
  return matchesSealedDigest(place, KIND, code.symbols, sealed);
}

/**
 * Seals the digests that older keys sealed with the newest one. Says how many it sealed, and how many did
 * not open, which stay as they are. They live for a day at most, so there are few.
 */
export async function rewrapTemporaryCodeDigests(): Promise<{ rewrapped: number; failed: number }> {
  const prisma = await db();
  const told = { rewrapped: 0, failed: 0 };
  const rows = await prisma.temporaryCode.findMany({
    where: { keyId: { not: currentKeyId() }, sealedDigest: { not: null } },
  });
  for (const { sealedDigest, keyId, ...row } of rows) {
    const sealed = sealedDigest ?? new Uint8Array();
    const again = reseal(KIND.purpose, { sealed, keyId }, associate(row));
    told[again ? "rewrapped" : "failed"] += 1;
    if (!again) continue;
    await prisma.temporaryCode.updateMany({
      where: { id: row.id, keyId, sealedDigest: { not: null } }, // one that ended has lost its digest
      data: { sealedDigest: again.sealed, keyId: again.keyId },
    });
  }
  return told;
}

const associate = ({ userId, id }: TemporaryCodeRow) => [userId, id];

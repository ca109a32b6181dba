import "server-only";
import { db } from "../db/client";
import type { HashPlace } from "../hash-queue";
import { currentKeyId } from "../keys";
import { reseal } from "../seal";
import type { RecoveryCode } from "./recovery-code";
import { matchesSealedDigest, type StoredDigest, sealDigests } from "./sealed-digest";

/** Cost 6: 65 random bits already put one code at millions of GPU-years (docs/decisions/003-strength-of-a-code.md). */
const KIND = { purpose: "recovery code digests", cost: 6 } as const;
const SETS_AT_ONCE = 100;

/** The row a digest belongs to; in another one it does not open (RC-04). */
export type CodeRow = { userId: string; setId: string; number: number };

/** Salts, hashes (one job for the whole set) and seals codes; the result is in the codes' order. */
export async function digestRecoveryCodes(
  place: HashPlace,
  codes: readonly { code: RecoveryCode; row: CodeRow }[],
): Promise<StoredDigest[]> {
  const entries = codes.map(({ code, row }) => ({ symbols: code.symbols, row: associate(row) }));
  return sealDigests(place, KIND, entries);
}

/** Whether the code is the one behind the stored digest; one hash, with a row or without (RC-17). */
export async function matchesDigest(
  place: HashPlace,
  code: RecoveryCode,
  stored: { digest: StoredDigest; row: CodeRow } | undefined,
): Promise<boolean> {
  const sealed = stored && { digest: stored.digest, row: associate(stored.row) };
  return matchesSealedDigest(place, KIND, code.symbols, sealed);
}

/**
 * Seals the digests that older keys sealed with the newest one, so that a key can be retired; no code is
 * needed for it (RC-04). Says how many it sealed, and how many did not open, which stay as they are. Servers
 * may be at work: a code is spent and a set ends as if nothing had been.
 */
export async function rewrapRecoveryCodeDigests(): Promise<{ rewrapped: number; failed: number }> {
  const prisma = await db();
  const older = { keyId: { not: currentKeyId() }, sealedDigest: { not: null } };
  const told = { rewrapped: 0, failed: 0 };
  for (let last: string | undefined; ; ) {
    const sets = await prisma.recoveryCodeSet.findMany({
      where: { ...(last && { id: { gt: last } }), codes: { some: older } },
      orderBy: { id: "asc" },
      take: SETS_AT_ONCE,
      select: { id: true, codes: { where: older } },
    });
    for (const row of sets.flatMap(({ codes }) => codes)) {
      told[(await rewrap(row)) ? "rewrapped" : "failed"] += 1;
    }
    last = sets.at(-1)?.id;
    if (!last) return told;
  }
}

type SealedRow = CodeRow & { sealedDigest: Uint8Array | null; keyId: string };

/** Says whether it opened. */
async function rewrap({ sealedDigest: sealed, keyId, ...row }: SealedRow): Promise<boolean> {
  const { setId, number } = row;
  if (!sealed) return false;
  const again = reseal(KIND.purpose, { sealed, keyId }, associate(row));
  if (!again) return false;
  const prisma = await db();
  await prisma.recoveryCode.updateMany({
    // A set that ended meanwhile has lost its digests, and gets none back.
    where: { setId, number, keyId, sealedDigest: { not: null } },
    data: { sealedDigest: again.sealed, keyId: again.keyId },
  });
  return true;
}

const associate = ({ userId, setId, number }: CodeRow) => [userId, setId, number];

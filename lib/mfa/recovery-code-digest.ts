import "server-only";
import { randomBytes, timingSafeEqual } from "node:crypto";
import { db } from "../db/client";
import type { HashPlace } from "../hash-queue";
import { currentKeyId } from "../keys";
import { reseal, seal, unseal } from "../seal";
import type { RecoveryCode } from "./recovery-code";

/** Cost 6: 65 random bits already put one code at millions of GPU-years (docs/decisions/003-strength-of-a-code.md). */
const BCRYPT_COST = 6;
const SALT_BYTES = 16;
const SETS_AT_ONCE = 100;

/** What is stored of a code; the digest is encrypted and tied to its row. */
export type StoredDigest = {
  salt: Uint8Array<ArrayBuffer>;
  cost: number;
  sealedDigest: Uint8Array<ArrayBuffer>;
  keyId: string;
};

/** The row a digest belongs to; in another one it does not open (RC-04). */
export type CodeRow = { userId: string; setId: string; number: number };

/** Salts, hashes (one job for the whole set) and seals codes; the result is in the codes' order. */
export async function digestRecoveryCodes(
  place: HashPlace,
  codes: readonly { code: RecoveryCode; row: CodeRow }[],
): Promise<StoredDigest[]> {
  const entries = codes.map(({ code, row }) => ({
    row,
    job: { secret: code.symbols, salt: newSalt() },
  }));
  const hashes = await place.hash({ cost: BCRYPT_COST, jobs: entries.map(({ job }) => job) });
  return entries.map(({ row, job }, index) => {
    const hash = hashes[index];
    if (!hash) throw new Error("The hash workers answered with too few hashes.");
    const { sealed, keyId } = seal("recovery code digests", Buffer.from(hash), associate(row));
    return { salt: job.salt, cost: BCRYPT_COST, sealedDigest: sealed, keyId };
  });
}

/**
 * Whether the code is the one behind the stored digest. Hashes exactly once, also when there is no
 * such row, so that all refusals cost the same (RC-17).
 */
export async function matchesDigest(
  place: HashPlace,
  code: RecoveryCode,
  stored: { digest: StoredDigest; row: CodeRow } | undefined,
): Promise<boolean> {
  const { salt, cost } = stored?.digest ?? { salt: newSalt(), cost: BCRYPT_COST };
  const [hash = ""] = await place.hash({ cost, jobs: [{ secret: code.symbols, salt }] });
  if (!stored) return false;
  const { sealedDigest: sealed, keyId } = stored.digest;
  const expected = unseal("recovery code digests", { sealed, keyId }, associate(stored.row));
  const actual = Buffer.from(hash);
  return expected.length === actual.length && timingSafeEqual(expected, actual);
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
  const again = reseal("recovery code digests", { sealed, keyId }, associate(row));
  if (!again) return false;
  const prisma = await db();
  await prisma.recoveryCode.updateMany({
    // A set that ended meanwhile has lost its digests, and gets none back.
    where: { setId, number, keyId, sealedDigest: { not: null } },
    data: { sealedDigest: again.sealed, keyId: again.keyId },
  });
  return true;
}

const newSalt = () => new Uint8Array(randomBytes(SALT_BYTES));
const associate = ({ userId, setId, number }: CodeRow) => [userId, setId, number];

import "server-only";
import { randomBytes, timingSafeEqual } from "node:crypto";
import type { HashPlace } from "../hash-queue";
import { seal, unseal } from "../seal";
import type { RecoveryCode } from "./recovery-code";

/** Cost 6: 65 random bits already put one code at millions of GPU-years (docs/decisions/003-strength-of-a-code.md). */
const BCRYPT_COST = 6;
const SALT_BYTES = 16;

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

const newSalt = () => new Uint8Array(randomBytes(SALT_BYTES));
const associate = ({ userId, setId, number }: CodeRow) => [userId, setId, number];

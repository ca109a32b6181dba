import "server-only";
import { randomBytes, timingSafeEqual } from "node:crypto";
import type { HashPlace } from "../hash-queue";
import type { KeyPurpose } from "../keys";
import { type AssociatedData, seal, unseal } from "../seal";

const SALT_BYTES = 16;

/** What is stored of a code; the digest is encrypted and tied to its row. */
export type StoredDigest = {
  salt: Uint8Array<ArrayBuffer>;
  cost: number;
  sealedDigest: Uint8Array<ArrayBuffer>;
  keyId: string;
};

/** How codes of one kind are stored: the key's purpose and bcrypt's cost. */
export type DigestKind = { purpose: KeyPurpose; cost: number };

/** Salts, hashes (one job for all) and seals codes; the result is in their order. */
export async function sealDigests(
  place: HashPlace,
  { purpose, cost }: DigestKind,
  codes: readonly { symbols: string; row: AssociatedData }[],
): Promise<StoredDigest[]> {
  const entries = codes.map(({ symbols, row }) => ({
    row,
    job: { secret: symbols, salt: newSalt() },
  }));
  const hashes = await place.hash({ cost, jobs: entries.map(({ job }) => job) });
  return entries.map(({ row, job }, index) => {
    const hash = hashes[index];
    if (!hash) throw new Error("The hash workers answered with too few hashes.");
    const { sealed, keyId } = seal(purpose, Buffer.from(hash), row);
    return { salt: job.salt, cost, sealedDigest: sealed, keyId };
  });
}

/**
 * Whether a code is the one behind the stored digest. Hashes exactly once, also when there is no such row,
 * so that all refusals cost the same (RC-17).
 */
export async function matchesSealedDigest(
  place: HashPlace,
  kind: DigestKind,
  symbols: string,
  stored: { digest: StoredDigest; row: AssociatedData } | undefined,
): Promise<boolean> {
  const { salt, cost } = stored?.digest ?? { salt: newSalt(), cost: kind.cost };
  const [hash = ""] = await place.hash({ cost, jobs: [{ secret: symbols, salt }] });
  if (!stored) return false;
  const { sealedDigest: sealed, keyId } = stored.digest;
  const expected = unseal(kind.purpose, { sealed, keyId }, stored.row);
  const actual = Buffer.from(hash);
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}

const newSalt = () => new Uint8Array(randomBytes(SALT_BYTES));

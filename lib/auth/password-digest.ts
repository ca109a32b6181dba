import "server-only";
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { config } from "../config";
import type { HashPlace } from "../hash-queue";
import { currentKeyId, deriveKey } from "../keys";
import { normalizePassword } from "./password-policy";

/** HMAC-SHA-384 with a key outside the database, then bcrypt: `scheme:keyId:bcrypt`. */
const SCHEME = "hmac-sha384+bcrypt";
const SALT_BYTES = 16;
const BCRYPT = /^\$2b\$(\d\d)\$([./A-Za-z0-9]{22})[./A-Za-z0-9]{31}$/;

/**
 * Digests a password for storage. The keyed pre-hash takes all of it, whatever its length, where
 * bcrypt would stop at 72 bytes (PW-03; OWASP Password Storage). Scheme, key and cost stand in the
 * result, so that each can be raised.
 */
export async function digestPassword(place: HashPlace, password: string): Promise<string> {
  const keyId = currentKeyId();
  const job = { secret: preHash(password, keyId), salt: new Uint8Array(randomBytes(SALT_BYTES)) };
  const [hash] = await place.hash({ cost: config().BCRYPT_COST, jobs: [job] });
  return [SCHEME, keyId, hash].join(":");
}

/**
 * Digests a password with the scheme, key, cost and salt of another account's digest, at the same price of
 * one hash: whoever knows an address and a password then learns with one more hash which of the accounts
 * with that address it belongs to (ASVS 6.3.8).
 */
export async function digestPasswordLike(
  place: HashPlace,
  password: string,
  existingDigest: string,
): Promise<string> {
  const { keyId, cost, salt } = parseDigest(existingDigest);
  const [hash] = await place.hash({ cost, jobs: [{ secret: preHash(password, keyId), salt }] });
  return [SCHEME, keyId, hash].join(":");
}

/** Whether one hash of a password can be compared with both digests: scheme, key, cost and salt agree. */
export function shareOneHash(digest: string, other: string): boolean {
  const [left, right] = [parseDigest(digest), parseDigest(other)];
  return (
    left.keyId === right.keyId &&
    left.cost === right.cost &&
    Buffer.from(left.salt).equals(right.salt)
  );
}

/**
 * Verifies a password against a stored digest with one hash; with `undefined` (nobody has this
 * address) it does the same work and says no (ASVS 6.3.8). `outdated` tells that a stronger digest is due.
 */
export async function verifyPassword(
  place: HashPlace,
  password: string,
  digest: string | undefined,
): Promise<{ verified: boolean; outdated: boolean }> {
  const { matches, outdated } = await findMatchingDigests(
    place,
    password,
    digest === undefined ? [] : [digest],
  );
  return { verified: matches.length > 0, outdated };
}

/**
 * Finds those of several digests that a password has, with one hash however many there are: the hash has
 * the first one's scheme, key, cost and salt, so a digest that differs in them cannot match. All are
 * compared, each in constant time. None at all cost the same hash. `matches` are places in the list;
 * `outdated` tells that a stronger digest is due.
 */
export async function findMatchingDigests(
  place: HashPlace,
  password: string,
  digests: readonly string[],
): Promise<{ matches: number[]; outdated: boolean }> {
  const [first = decoy(), ...others] = digests.map(parseDigest);
  const job = { secret: preHash(password, first.keyId), salt: first.salt };
  const [hash = ""] = await place.hash({ cost: first.cost, jobs: [job] });
  const matches = [first, ...others].flatMap((stored, index) => {
    // bcrypt's text holds cost and salt.
    const same = equal(`${first.keyId}:${hash}`, `${stored.keyId}:${stored.hash}`);
    return same ? [index] : [];
  });
  const outdated = first.cost < config().BCRYPT_COST || first.keyId !== currentKeyId();
  return { matches, outdated };
}

function preHash(password: string, keyId: string): string {
  return createHmac("sha384", deriveKey("password pre-hash", keyId))
    .update(normalizePassword(password))
    .digest("base64");
}

type Digest = { keyId: string; cost: number; salt: Uint8Array; hash: string };

function parseDigest(digest: string): Digest {
  const [scheme, keyId = "", hash = ""] = digest.split(":");
  const match = BCRYPT.exec(hash);
  if (scheme !== SCHEME || !match)
    throw new Error("A stored password digest has an unknown scheme.");
  return { keyId, hash, cost: Number(match[1]), salt: decodeBcryptBase64(match[2] ?? "") };
}

const decoy = (): Digest => ({
  keyId: currentKeyId(),
  cost: config().BCRYPT_COST,
  salt: new Uint8Array(randomBytes(SALT_BYTES)),
  hash: "",
});

/** bcrypt writes base64 with an alphabet of its own, in another order. */
function decodeBcryptBase64(text: string): Uint8Array {
  const own = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  const usual = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const translated = [...text].map((character) => usual[own.indexOf(character)]).join("");
  return new Uint8Array(Buffer.from(translated, "base64").subarray(0, SALT_BYTES));
}

function equal(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

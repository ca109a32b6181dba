import "server-only";
import { hkdfSync } from "node:crypto";
import { config } from "./config";

/** What a derived key is for; each purpose has a key of its own. */
export type KeyPurpose =
  | "recovery code digests"
  | "temporary code digests"
  | "mailed halves"
  | "authenticator app seeds"
  | "password pre-hash"
  | "throttle subjects"
  | "phone nonces"
  | "pairing secrets"
  | "approval numbers"
  | "push subscriptions"
  | "server keys"
  | "known browsers"
  | "mail links"
  | "kept forms"
  | "setup token"
  | "next-auth"
  | "audit chain"
  | "key fingerprint";

const KEY_BYTES = 32;

/** The id of the newest key in `SECRETS`: what is sealed now is sealed with it. */
export function currentKeyId(): string {
  return newest().id;
}

/** The ids of all keys in `SECRETS`, the newest first. */
export function knownKeyIds(): string[] {
  return config().SECRETS.map(({ id }) => id);
}

/**
 * 32 bytes for one purpose, derived with HKDF-SHA256 (RFC 5869) from the key named `keyId`.
 * Throws when `SECRETS` holds no such key: what it sealed cannot be read without it.
 */
export function deriveKey(purpose: KeyPurpose, keyId: string): Buffer {
  const secret = config().SECRETS.find(({ id }) => id === keyId);
  if (!secret) throw new Error(`SECRETS holds no key named "${keyId}".`);
  return Buffer.from(hkdfSync("sha256", secret.key, "", `sparekey ${purpose}`, KEY_BYTES));
}

/** 32 bytes for a purpose that must be the same before and after a rotation: from the oldest key. */
export function deriveLastingKey(purpose: KeyPurpose): Buffer {
  const oldest = config().SECRETS.at(-1) ?? newest();
  return deriveKey(purpose, oldest.id);
}

function newest() {
  const [key] = config().SECRETS;
  if (!key) throw new Error("SECRETS is empty.");
  return key;
}

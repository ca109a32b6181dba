import "server-only";
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { currentKeyId, deriveKey, type KeyPurpose } from "./keys";

const ALGORITHM = "aes-256-gcm";
const NONCE_BYTES = 12; // NIST SP 800-38D: 96 bits, random and unique for each sealing
const TAG_BYTES = 16;

/** Where a sealed value belongs. Moved to another row, it does not open. */
export type AssociatedData = readonly (string | number)[];

/**
 * Encrypts bytes with the newest key (AES-256-GCM, a random nonce each time) and ties them to
 * their row. Returns nonce, tag and ciphertext in one, and the id of the key (63B §3.1.1.2).
 */
export function seal(
  purpose: KeyPurpose,
  plain: Uint8Array,
  associatedData: AssociatedData,
): { sealed: Uint8Array<ArrayBuffer>; keyId: string } {
  const keyId = currentKeyId();
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, deriveKey(purpose, keyId), nonce, {
    authTagLength: TAG_BYTES,
  });
  cipher.setAAD(encode(associatedData));
  const body = Buffer.concat([cipher.update(plain), cipher.final()]);
  return { sealed: new Uint8Array(Buffer.concat([nonce, cipher.getAuthTag(), body])), keyId };
}

/** Decrypts what `seal` made. Throws if the key, the row or a single bit is another one. */
export function unseal(
  purpose: KeyPurpose,
  { sealed, keyId }: { sealed: Uint8Array; keyId: string },
  associatedData: AssociatedData,
): Buffer {
  const nonce = sealed.subarray(0, NONCE_BYTES);
  const tag = sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
  const decipher = createDecipheriv(ALGORITHM, deriveKey(purpose, keyId), nonce, {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(encode(associatedData));
  decipher.setAuthTag(tag);
  return Buffer.concat([
    decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES)),
    decipher.final(),
  ]);
}

/** Seals with the newest key what an older one sealed; `undefined` when it does not open. */
export function reseal(
  purpose: KeyPurpose,
  value: { sealed: Uint8Array; keyId: string },
  associatedData: AssociatedData,
): { sealed: Uint8Array<ArrayBuffer>; keyId: string } | undefined {
  try {
    return seal(purpose, unseal(purpose, value, associatedData), associatedData);
  } catch {
    return undefined;
  }
}

const encode = (associatedData: AssociatedData) => Buffer.from(JSON.stringify(associatedData));

import "server-only";
import { createHash, randomBytes } from "node:crypto";

const TOKEN_BYTES = 32; // ASVS 7.2.3 asks for 128 bits, this is 256

/** A token for a cookie, 43 characters; only its hash is stored. */
export function randomToken(): string {
  return randomBytes(TOKEN_BYTES).toString("base64url");
}

/** SHA-256 of a token, hex: 256 random bits need no slow hash. */
export function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

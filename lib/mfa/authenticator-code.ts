import "server-only";
import { timingSafeEqual } from "node:crypto";
import { HOTP, Secret, TOTP } from "otpauth";

/** 160 bits, as RFC 4226 §4 R6 recommends; 63B §3.1.4.1 asks for 112. */
const SEED_BYTES = 20;
const STEP_SECONDS = 30;
const DIGITS = 6;

/** A new seed from the system's random generator. */
export function generateSeed(): Buffer {
  return Buffer.from(new Secret({ size: SEED_BYTES }).bytes);
}

/** What an app needs to be set up: the key to type and the address behind the QR picture. */
export function describeSeed(
  seed: Uint8Array,
  { issuer, account }: { issuer: string; account: string },
): { setupKey: string; uri: string } {
  const secret = secretOf(seed);
  const totp = new TOTP({ issuer, label: account, secret, digits: DIGITS, period: STEP_SECONDS });
  return { setupKey: secret.base32, uri: totp.toString() };
}

/**
 * The time step a six-digit code belongs to, or `undefined`. The current step and the one before are
 * accepted, none ahead (RFC 6238 §5.2), by the server's clock. All accepted steps are compared in
 * constant time, whichever matches (OT-09).
 */
export function findStep(seed: Uint8Array, code: string, now: Date): number | undefined {
  const current = stepAt(now);
  const matching = [current - 1, current].filter((step) =>
    timingSafeEqual(
      Buffer.from(codeAt(seed, step)),
      Buffer.from(code.padEnd(DIGITS).slice(0, DIGITS)),
    ),
  );
  return matching.at(-1);
}

/** The six digits of a time step; leading zeros count (RFC 4226, RFC 6238). */
export function codeAt(seed: Uint8Array, step: number): string {
  return HOTP.generate({ secret: secretOf(seed), counter: step, digits: DIGITS });
}

/** What an app that holds this setup key (base32) shows at a time. */
export function authenticatorCodeAt(setupKey: string, now: Date): string {
  return codeAt(Secret.fromBase32(setupKey).bytes, stepAt(now));
}

/** The six digits in what a person typed, spaces apart; `undefined` if they are not six. */
export function parseAuthenticatorCode(input: string): string | undefined {
  const digits = input.length > 64 ? "" : input.normalize("NFKC").replace(/[\s\p{Cf}-]/gu, "");
  return /^\d{6}$/.test(digits) ? digits : undefined;
}

const stepAt = (now: Date) => Math.floor(now.getTime() / 1000 / STEP_SECONDS);
const secretOf = (seed: Uint8Array) => new Secret({ buffer: new Uint8Array(seed).buffer });

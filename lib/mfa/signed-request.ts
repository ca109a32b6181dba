import "server-only";
import { createHmac, createPublicKey, type KeyObject, timingSafeEqual, verify } from "node:crypto";
import { z } from "zod";
import { config } from "../config";
import { db } from "../db/client";
import { deriveLastingKey } from "../keys";

/** What a Sparekey Authenticator signs: an answer to one question never passes for one to another. */
export type SignedPurpose =
  | "confirm-pairing"
  | "account"
  | "requests"
  | "answer"
  | "subscribe"
  | "forget";

/** The connected Sparekey Authenticator that signed a request. */
export type SigningAuthenticator = {
  id: string;
  userId: string;
  name: string;
  /** Reported lost: whoever asks decides what it may still do. */
  suspendedAt: Date | null;
};

/**
 * Why a signed request is refused: it has not the shape of one; its nonce is not this server's, or too old
 * (the answer carries a new one); the signature is not of this key over these lines; or nothing is connected
 * by this id, any more or yet.
 */
export type SignedRefusal = "request" | "nonce" | "signature" | "removed";

type SignedResult<T> =
  | ({ verified: true } & T)
  | { verified: false; reason: SignedRefusal; nonce?: string };

const VERSION = "sparekey-authenticator 1";
const NONCE_MINUTES = 5; // a phone that was asleep asks for a new one
const NONCE = /^(\d{1,16})\.([\w-]{43})$/;
const P256 = "prime256v1";
const MAX_KEY_BYTES = 200; // a P-256 key as SubjectPublicKeyInfo has 91

const signedBody = z.object({
  authenticatorId: z.uuid(),
  nonce: z.string().max(80),
  /** base64url of r and s, 32 bytes each (IEEE P1363). */
  signature: z.string().regex(/^[\w-]{86}$/),
});

/**
 * A number for one signature of one authenticator: the time and an HMAC over it and the id, so that no server
 * has to store it. It is valid for five minutes by the servers' clock; a phone's clock plays no part.
 */
export function issueNonce(authenticatorId: string): string {
  return composeNonce(authenticatorId, String(Date.now()));
}

/**
 * Verifies that a connected Sparekey Authenticator signed this request (63B §3.1.3.1: the authenticator proves
 * its own key; a session's cookie proves nothing here). `body` is the JSON as it came; `lines` gives the
 * purpose's own lines, in their fixed order, for the authenticator that is said to have signed them. Refuses
 * with a reason; one that is suspended passes, marked so.
 */
export async function verifySignedRequest({
  purpose,
  body,
  lines = () => [],
}: {
  purpose: SignedPurpose;
  body: unknown;
  lines?: (authenticator: SigningAuthenticator) => readonly string[];
}): Promise<SignedResult<{ authenticator: SigningAuthenticator }>> {
  const parsed = signedBody.safeParse(body);
  if (!parsed.success) return { verified: false, reason: "request" };
  const found = await findConnected(parsed.data.authenticatorId);
  if (!found) return { verified: false, reason: "removed" };
  const { publicKey, ...authenticator } = found;
  const result = verifySignature({ purpose, body, lines: lines(authenticator), publicKey });
  return result.verified ? { verified: true, authenticator } : result;
}

/**
 * The same against a key at hand, for a phone that is only being connected: its id is that of the pairing.
 */
export function verifySignature({
  purpose,
  body,
  lines,
  publicKey,
}: {
  purpose: SignedPurpose;
  body: unknown;
  lines: readonly string[];
  /** P-256, as SubjectPublicKeyInfo (DER). */
  publicKey: Uint8Array;
}): SignedResult<object> {
  const parsed = signedBody.safeParse(body);
  const key = readPublicKey(publicKey);
  // A line break inside a line could make one text of two different requests.
  if (!parsed.success || !key || lines.some((line) => line.includes("\n"))) {
    return { verified: false, reason: "request" };
  }
  const { authenticatorId, nonce, signature } = parsed.data;
  if (!isCurrentNonce(authenticatorId, nonce)) {
    return { verified: false, reason: "nonce", nonce: issueNonce(authenticatorId) };
  }
  const text = [VERSION, purpose, config().APP_URL, authenticatorId, nonce, ...lines].join("\n");
  const isSigned = verify(
    "sha256",
    Buffer.from(text),
    { key, dsaEncoding: "ieee-p1363" },
    Buffer.from(signature, "base64url"),
  );
  return isSigned ? { verified: true } : { verified: false, reason: "signature" };
}

/** Reads a P-256 public key (SubjectPublicKeyInfo, base64url), as a phone sends it; nothing if it is no such key. */
export function parsePublicKey(encoded: string): Uint8Array<ArrayBuffer> | undefined {
  const bytes = new Uint8Array(Buffer.from(encoded, "base64url"));
  return readPublicKey(bytes) && bytes;
}

function readPublicKey(bytes: Uint8Array): KeyObject | undefined {
  if (bytes.length > MAX_KEY_BYTES) return undefined;
  try {
    const key = createPublicKey({ key: Buffer.from(bytes), format: "der", type: "spki" });
    const isP256 = key.asymmetricKeyDetails?.namedCurve === P256;
    // One key has one encoding: what follows it would make the same key look like another.
    const isExact = key.export({ format: "der", type: "spki" }).equals(Buffer.from(bytes));
    return isP256 && isExact ? key : undefined;
  } catch {
    return undefined; // bytes from outside that are no key
  }
}

async function findConnected(id: string) {
  const prisma = await db();
  const found = await prisma.sparekeyAuthenticator.findFirst({
    where: { id, removedAt: null },
    select: { id: true, userId: true, name: true, suspendedAt: true, publicKey: true },
  });
  return found ?? undefined;
}

function isCurrentNonce(authenticatorId: string, nonce: string): boolean {
  const [, issuedAt] = NONCE.exec(nonce) ?? [];
  if (!issuedAt) return false;
  const made = composeNonce(authenticatorId, issuedAt);
  if (made.length !== nonce.length || !timingSafeEqual(Buffer.from(made), Buffer.from(nonce)))
    return false;
  return Date.now() - Number(issuedAt) < NONCE_MINUTES * 60_000;
}

function composeNonce(authenticatorId: string, issuedAt: string): string {
  const key = deriveLastingKey("phone nonces"); // a rotation interrupts no phone
  const mac = createHmac("sha256", key).update(`${authenticatorId}.${issuedAt}`);
  return `${issuedAt}.${mac.digest("base64url")}`;
}

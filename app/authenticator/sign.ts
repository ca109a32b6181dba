// The phone's side of lib/mfa/signed-request.ts: what is signed there is composed here in the same way.

/** An account that this browser is an authenticator of, as the database of the browser holds it. */
export type PhoneAccount = {
  /** The id of the authenticator. */
  id: string;
  userId: string;
  email: string;
  /** What the portal calls this authenticator. */
  name: string;
  /** Not extractable: no script can read it, only sign with it. */
  privateKey: CryptoKey;
  publicKey: CryptoKey;
  /** When both sides had confirmed (ms since 1970); `null` while the account's page has not. */
  connectedAt: number | null;
};

export type SignedPurpose =
  | "confirm-pairing"
  | "account"
  | "requests"
  | "answer"
  | "subscribe"
  | "forget";

/**
 * What the portal answered; a reason if it refused, `offline` if it could not be reached, `failed` if it was in
 * trouble, and `key` if the browser has lost the key.
 */
export type PortalAnswer<T> = { ok: true; answer: T } | { ok: false; reason: string };

type Signer = Pick<PhoneAccount, "id" | "privateKey">;

const VERSION = "sparekey-authenticator 1";
const LOST_MS = 15_000; // nothing else is answered later, but by a connection that is gone
const nonces = new Map<string, string>();

/** Posts JSON to a route of the portal; without a `signal` of its own, what takes too long is given up. */
export async function callPortal<T>(
  path: string,
  body: object,
  signal?: AbortSignal,
): Promise<PortalAnswer<T>> {
  const response = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    cache: "no-store",
    signal: signal ?? AbortSignal.timeout(LOST_MS),
  }).catch(() => undefined);
  if (!response) return { ok: false, reason: "offline" };
  const answer = await response.json().catch(() => undefined);
  if (response.ok && answer) return { ok: true, answer };
  noteNonce(body, answer);
  return { ok: false, reason: typeof answer?.reason === "string" ? answer.reason : "failed" };
}

/**
 * Posts JSON that this authenticator signs over its purpose and `lines`, the purpose's own lines in their
 * fixed order. The nonce is the portal's, from the answer before; one that is too old is replaced once.
 */
export async function callSigned<T>({
  signer,
  purpose,
  path,
  fields = {},
  lines = [],
  signal,
}: {
  signer: Signer;
  purpose: SignedPurpose;
  path: string;
  fields?: object;
  lines?: readonly string[];
  signal?: AbortSignal;
}): Promise<PortalAnswer<T>> {
  const send = async () => {
    const signed = await sign({ signer, purpose, lines, signal });
    if (!signed.ok) return signed;
    return callPortal<T & { nonce: string }>(path, { ...fields, ...signed.answer }, signal);
  };
  const first = await send();
  const given = !first.ok && first.reason === "nonce" ? await send() : first;
  if (given.ok) nonces.set(signer.id, given.answer.nonce);
  return given;
}

/** Notes the nonce that came with an answer, for the next signature of this authenticator. */
export function keepNonce(authenticatorId: string, nonce: string): void {
  nonces.set(authenticatorId, nonce);
}

async function sign({
  signer: { id, privateKey },
  purpose,
  lines,
  signal,
}: {
  signer: Signer;
  purpose: SignedPurpose;
  lines: readonly string[];
  signal: AbortSignal | undefined;
}): Promise<PortalAnswer<{ authenticatorId: string; nonce: string; signature: string }>> {
  const nonce = await takeNonce(id, signal);
  if (!nonce.ok) return nonce;
  const origin = window.location.origin;
  const text = [VERSION, purpose, origin, id, nonce.answer, ...lines].join("\n");
  const signature = await crypto.subtle
    .sign({ name: "ECDSA", hash: "SHA-256" }, privateKey, new TextEncoder().encode(text))
    .catch(() => undefined);
  if (!signature) return { ok: false, reason: "key" };
  const answer = { authenticatorId: id, nonce: nonce.answer, signature: toBase64Url(signature) };
  return { ok: true, answer };
}

async function takeNonce(
  authenticatorId: string,
  signal: AbortSignal | undefined,
): Promise<PortalAnswer<string>> {
  const kept = nonces.get(authenticatorId);
  nonces.delete(authenticatorId);
  if (kept) return { ok: true, answer: kept };
  const path = "/authenticator/nonces";
  const given = await callPortal<{ nonce: string }>(path, { authenticatorId }, signal);
  return given.ok ? { ok: true, answer: given.answer.nonce } : given;
}

function noteNonce(body: object, answer: { nonce?: unknown } | undefined): void {
  if (!("authenticatorId" in body) || typeof body.authenticatorId !== "string") return;
  if (typeof answer?.nonce === "string") nonces.set(body.authenticatorId, answer.nonce);
}

/** Bytes as base64url, without padding. */
export function toBase64Url(bytes: ArrayBuffer): string {
  const binary = String.fromCharCode(...new Uint8Array(bytes));
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

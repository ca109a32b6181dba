import { askToPersist, dropAccount, keepAccount, makeKey, type NewKey } from "./accounts";
import { deriveCheckNumber } from "./check-number";
import {
  callPortal,
  callSigned,
  keepNonce,
  type PhoneAccount,
  type PortalAnswer,
  toBase64Url,
} from "./sign";

/** Whose account a phone is about to serve. */
export type PairedAccount = { userId: string; email: string; name: string };

/** A phone whose key an account's page knows of, and that is not connected yet. */
export type Pairing = { id: string; key: NewKey; account: PairedAccount };

/** A phone that shows a phrase. */
export type PhrasePairing = { id: string; key: NewKey; phrase: string };

type Claimed = { id: string; account: PairedAccount; nonce: string };
type Begun = { id: string; phrase: string; nonce: string };

/** How the portal says that a phone stands. */
export type PhoneState =
  | { state: "connected"; account: PairedAccount; name: string; suspendedAt: string | null }
  | { state: "unclaimed" }
  | { state: "claimed" | "confirmed"; account: PairedAccount };

/** Claims what was scanned, with a new key. */
export async function claim(secret: string): Promise<PortalAnswer<Pairing>> {
  const key = await makeKey();
  const publicKey = toBase64Url(key.spki);
  const given = await callPortal<Claimed>("/authenticator/pairings/claim", { secret, publicKey });
  if (!given.ok) return given;
  const { id, account, nonce } = given.answer;
  keepNonce(id, nonce);
  return { ok: true, answer: { id, key, account } };
}

/** Begins with a phrase, and a new key. */
export async function beginWithPhrase(): Promise<PortalAnswer<PhrasePairing>> {
  const key = await makeKey();
  const publicKey = toBase64Url(key.spki);
  const given = await callPortal<Begun>("/authenticator/pairings/begin", { publicKey });
  if (!given.ok) return given;
  const { id, phrase, nonce } = given.answer;
  keepNonce(id, nonce);
  return { ok: true, answer: { id, key, phrase } };
}

/** Asks how a phone stands. */
export function askState(
  id: string,
  privateKey: CryptoKey,
  signal?: AbortSignal,
): Promise<PortalAnswer<PhoneState>> {
  const path = "/authenticator/account";
  return callSigned({ signer: { id, privateKey }, purpose: "account", path, signal });
}

/** What is kept of a phone that its person confirmed and no account's page has connected yet. */
function keptOf({ id, key, account: { userId, email } }: Pairing): PhoneAccount {
  const { privateKey, publicKey } = key.keys;
  return { id, userId, email, name: "", privateKey, publicKey, connectedAt: null };
}

/** The pairing of a phone whose key was kept, as the portal tells of it. */
export async function pairingOf(
  { id, privateKey, publicKey }: PhoneAccount,
  account: PairedAccount,
): Promise<Pairing> {
  const spki = await crypto.subtle.exportKey("spki", publicKey);
  return { id, account, key: { keys: { privateKey, publicKey }, spki } };
}

/**
 * Tells the portal what the person decided. The key of one that was confirmed is kept first: the account's page
 * may connect it at any moment from then on, also while this page is closed. That of one that was declined goes
 * once the portal knows.
 */
export async function decide(
  pairing: Pairing,
  decision: "confirmed" | "declined",
): Promise<PortalAnswer<{ kept: PhoneAccount; checkNumber: string }>> {
  const { id, key } = pairing;
  const kept = keptOf(pairing);
  if (decision === "confirmed") {
    void askToPersist(); // some browsers ask the person, who may take their time
    await keepAccount(kept);
  }
  const given = await callSigned({
    signer: kept,
    purpose: "confirm-pairing",
    path: "/authenticator/pairings/decide",
    fields: { decision },
    lines: [kept.userId, decision],
  });
  if (!given.ok) return given;
  if (decision === "declined") await dropAccount(id);
  return { ok: true, answer: { kept, checkNumber: await deriveCheckNumber(id, key.spki) } };
}

/**
 * Confirms where an answer before may have been lost: if the portal had heard it, the account's page may have
 * connected this phone since, or declined it, and the waiting step hears which.
 */
export async function confirmAgain(pairing: Pairing): ReturnType<typeof decide> {
  const given = await decide(pairing, "confirmed");
  if (given.ok || given.reason !== "removed") return given;
  const kept = keptOf(pairing);
  return { ok: true, answer: { kept, checkNumber: await checkNumberOf(kept) } };
}

/** The check number of a phone that was confirmed before this page was opened. */
export async function checkNumberOf({ id, publicKey }: PhoneAccount): Promise<string> {
  return deriveCheckNumber(id, await crypto.subtle.exportKey("spki", publicKey));
}

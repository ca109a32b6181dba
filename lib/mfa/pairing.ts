import "server-only";
import { createHash, createHmac, randomUUID } from "node:crypto";
import { config } from "../config";
import { db, type Tx, transaction } from "../db/client";
import type { Prisma } from "../db/generated/client";
import { lockUser } from "../db/lock-user";
import { deriveLastingKey } from "../keys";
import type { RequestSource } from "../request-source";
import { networkOf, withinFailureLimits } from "./failure-limits";
import { generatePairingPhrase, type PairingPhrase } from "./pairing-phrase";
import {
  issueNonce,
  parsePublicKey,
  type SignedRefusal,
  verifySignature,
  verifySignedRequest,
} from "./signed-request";

const PAIRING_MINUTES = 10; // 63B §4.1.2.2
const MIN_MINUTES_LEFT = 5; // a picture shown again with less would end under the person's hands
const SECRET_BYTES = 16; // 63B §4.1.2.2 asks for 112 bits where nothing is typed
const PHRASES_AT_ONCE = 5_000; // that wait for an account: strangers can begin them

const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];

/**
 * Whether phones can be connected: browsers make keys only for pages of https, or of the machine itself
 * (W3C Secure Contexts).
 */
export function offersSparekeyAuthenticator(): boolean {
  const { protocol, hostname } = new URL(config().APP_URL);
  return protocol === "https:" || LOOPBACK.includes(hostname);
}

/** The session whose page shows a pairing; no other session sees or confirms it. */
export type PairingOwner = { userId: string; sessionId: string };

/** Whose account a phone is about to serve. */
export type PairedAccount = { userId: string; email: string; name: string };

/** A phone that waits to be connected, as the account's page shows it. */
export type WaitingPhone = {
  pairingId: string;
  /** Where the phone's own requests came from. */
  address: string;
  userAgent: string;
  /** Four digits, which the phone shows as well. */
  checkNumber: string;
};

/** How far the pairing of a session is. */
export type PairingOfSession =
  | { state: "waiting" }
  /** A phone has it, and its person has not confirmed there yet. */
  | { state: "claimed" }
  /** Confirmed on the phone: the account's page has the last word. */
  | { state: "ready"; phone: WaitingPhone; replacesId: string | undefined };

/**
 * Begins to connect a phone from the account's page, or shows what is pending there again, so that a double
 * click does not change the picture being scanned. Returns the secret for the picture: 128 bits, derived from
 * a key and the pairing's id; the database has a keyed hash. Works once, for ten minutes (LC-10).
 */
export async function beginPairing(
  { userId, sessionId }: PairingOwner,
  { replacesId }: { replacesId: string | undefined },
): Promise<{ secret: string }> {
  return transaction(async (tx) => {
    await lockUser(tx, userId);
    const waiting = await tx.pairing.findFirst({
      where: {
        userId,
        sessionId,
        publicKey: null,
        replacesId: replacesId ?? null,
        ...isLive(MIN_MINUTES_LEFT),
      },
      select: { id: true },
    });
    if (waiting) return { secret: deriveSecret(waiting.id) };
    await endPairingsOf(tx, { userId, sessionId });
    const id = randomUUID();
    const secret = deriveSecret(id);
    const owner = { userId, sessionId, replacesId: replacesId ?? null };
    await tx.pairing.create({ data: { id, ...owner, secretHash: hash(secret), ...newLife() } });
    return { secret };
  });
}

/** The secret of the pairing that this session's page shows and no phone has claimed, to draw its picture again. */
export async function findPairingSecret(owner: PairingOwner): Promise<string | undefined> {
  const prisma = await db();
  const waiting = await prisma.pairing.findFirst({
    where: { ...owner, publicKey: null, ...isLive() },
    orderBy: { createdAt: "desc" },
    select: { id: true },
  });
  return waiting ? deriveSecret(waiting.id) : undefined;
}

export type ClaimResult =
  | { claimed: true; id: string; account: PairedAccount; nonce: string }
  /** The key is none, or the secret is unknown, over or was used: one answer for all of it. */
  | { claimed: false; reason: "key" | "gone" };

/**
 * Claims a pairing for the phone that scanned its secret: one conditional statement, so of two phones one gets
 * it. The phone brings its public key (SubjectPublicKeyInfo, base64url) and learns whose account it is about
 * to serve. Nothing is connected yet.
 */
export async function claimPairing({
  secret,
  encodedKey,
  from,
}: {
  secret: string;
  encodedKey: string;
  from: RequestSource;
}): Promise<ClaimResult> {
  const publicKey = parsePublicKey(encodedKey);
  if (!publicKey) return { claimed: false, reason: "key" };
  const prisma = await db();
  const { address: phoneAddress, userAgent: phoneUserAgent } = from;
  const [claimed] = await prisma.pairing.updateManyAndReturn({
    where: {
      secretHash: hash(secret),
      userId: { not: null },
      publicKey: null,
      ...isLive(),
    },
    data: { publicKey, phoneAddress, phoneUserAgent, expiresAt: newLife().expiresAt },
    select: { id: true, user: { select: ACCOUNT } },
  });
  if (!claimed?.user) return { claimed: false, reason: "gone" };
  const { id, user } = claimed;
  return { claimed: true, id, account: readAccount(user), nonce: issueNonce(id) };
}

export type PhoneBegun =
  | { begun: true; id: string; phrase: PairingPhrase; expiresAt: Date; nonce: string }
  /** The key is none; or too many phones wait, from this network address or in all. */
  | { begun: false; reason: "key" | "busy" };

/**
 * Begins to connect a phone from the phone, which brings its key and shows the phrase that this returns: four
 * words to type on the account's page, once, within ten minutes (LC-10).
 */
export async function beginPairingByPhone({
  encodedKey,
  from,
}: {
  encodedKey: string;
  from: RequestSource;
}): Promise<PhoneBegun> {
  const publicKey = parsePublicKey(encodedKey);
  if (!publicKey) return { begun: false, reason: "key" };
  const { fromHere, inAll } = await countWaitingPhones(from);
  if (fromHere >= config().FAILURES_PER_ADDRESS || inAll >= PHRASES_AT_ONCE)
    return { begun: false, reason: "busy" };
  const prisma = await db();
  const id = randomUUID();
  const phrase = generatePairingPhrase();
  const life = newLife();
  await prisma.pairing.create({
    data: {
      id,
      secretHash: hash(phrase),
      publicKey,
      phoneAddress: from.address,
      phoneUserAgent: from.userAgent,
      ...life,
    },
  });
  return { begun: true, id, phrase, expiresAt: life.expiresAt, nonce: issueNonce(id) };
}

/** How many phones show a phrase that nobody typed yet; one household has 2^64 addresses of IPv6. */
async function countWaitingPhones({ address }: RequestSource) {
  const prisma = await db();
  const waiting = await prisma.pairing.groupBy({
    by: ["phoneAddress"],
    where: { userId: null, ...isLive() },
    _count: true,
  });
  const sum = (phones: typeof waiting) => phones.reduce((all, { _count }) => all + _count, 0);
  const here = networkOf(address);
  const isHere = (phone: string | null) => phone !== null && networkOf(phone) === here;
  return {
    fromHere: sum(waiting.filter(({ phoneAddress }) => isHere(phoneAddress))),
    inAll: sum(waiting),
  };
}

export type PhraseUse =
  | { used: true }
  /** No phone shows it, any more or yet. */
  | { used: false; reason: "unknown" }
  | { used: false; reason: "waiting"; until: Date };

/**
 * Takes the phone that shows this phrase to the account of the session that typed it: one conditional
 * statement, so of two accounts one gets it. What the session's page showed before ends. Wrong phrases count as
 * failures of the network address (63B §4.1.2.2). `authorize` comes first in the transaction, and throws if
 * the session may not do this any more.
 */
export async function claimByPhrase({
  owner: { userId, sessionId },
  phrase,
  replacesId,
  from,
  authorize,
}: {
  owner: PairingOwner;
  phrase: PairingPhrase;
  replacesId: string | undefined;
  from: RequestSource;
  authorize: (tx: Tx) => Promise<unknown>;
}): Promise<PhraseUse> {
  const judged = await withinFailureLimits(
    { door: "pairing-phrase", from, hasFailed: (used: boolean) => !used },
    () =>
      transaction(async (tx) => {
        await lockUser(tx, userId);
        await authorize(tx);
        const { count } = await tx.pairing.updateMany({
          where: { secretHash: hash(phrase), userId: null, publicKey: { not: null }, ...isLive() },
          data: { userId, sessionId, replacesId, expiresAt: newLife().expiresAt },
        });
        if (count !== 1) return false;
        await tx.pairing.updateMany({
          where: { userId, sessionId, secretHash: { not: hash(phrase) }, ...isLive() },
          data: { endedAt: new Date() },
        });
        return true;
      }),
  );
  if (judged.limited) return { used: false, reason: "waiting", until: judged.until };
  return judged.value ? { used: true } : { used: false, reason: "unknown" };
}

/** How far the live pairing of a session is; `undefined` if it has none. */
export async function findPairingOfSession(
  owner: PairingOwner,
): Promise<PairingOfSession | undefined> {
  const prisma = await db();
  const pairing = await prisma.pairing.findFirst({
    where: { ...owner, ...isLive() },
    orderBy: { createdAt: "desc" },
  });
  if (!pairing) return undefined;
  const { id, publicKey, phoneConfirmedAt } = pairing;
  if (!publicKey) return { state: "waiting" };
  if (!phoneConfirmedAt) return { state: "claimed" };
  return {
    state: "ready",
    replacesId: pairing.replacesId ?? undefined,
    phone: {
      pairingId: id,
      address: pairing.phoneAddress ?? "",
      userAgent: pairing.phoneUserAgent ?? "",
      checkNumber: deriveCheckNumber(id, publicKey),
    },
  };
}

/** What a phone is to the portal. */
export type PhoneState =
  | { state: "connected"; account: PairedAccount; name: string; suspendedAt: Date | null }
  /** Its phrase was not typed yet. */
  | { state: "unclaimed" }
  /** Its person is to confirm on it. */
  | { state: "claimed"; account: PairedAccount }
  /** Confirmed on it, and not yet on the account's page. */
  | { state: "confirmed"; account: PairedAccount };

type Signed<T> =
  | { verified: true; value: T; nonce: string }
  | { verified: false; reason: SignedRefusal; nonce?: string };

/**
 * Tells a phone how it stands, connected or on the way to it; signed for the purpose `account`. One whose
 * pairing is over, or that was removed, is refused as removed.
 */
export async function findPhoneState(
  body: unknown,
  authenticatorId: string,
): Promise<Signed<PhoneState>> {
  const purpose = "account";
  const prisma = await db();
  const connected = await prisma.sparekeyAuthenticator.findUnique({
    where: { id: authenticatorId },
    select: { user: { select: ACCOUNT } },
  });
  if (connected) {
    const signed = await verifySignedRequest({ purpose, body });
    if (!signed.verified) return signed;
    const { name, suspendedAt } = signed.authenticator;
    const account = readAccount(connected.user);
    const value = { state: "connected" as const, account, name, suspendedAt };
    return { verified: true, value, nonce: issueNonce(authenticatorId) };
  }
  const pairing = await findClaimed(authenticatorId);
  if (!pairing) return { verified: false, reason: "removed" };
  const { publicKey, account, phoneConfirmedAt } = pairing;
  const signed = verifySignature({ purpose, body, lines: [], publicKey });
  if (!signed.verified) return signed;
  const state = phoneConfirmedAt ? ("confirmed" as const) : ("claimed" as const);
  const value = account ? { state, account } : { state: "unclaimed" as const };
  return { verified: true, value, nonce: issueNonce(authenticatorId) };
}

/**
 * Notes what the phone's person decided when they saw the account, signed by the phone's key over the account
 * and the decision (purpose `confirm-pairing`). Declining ends the pairing. Confirming again is no mistake.
 */
export async function decidePairing(
  body: unknown,
  { authenticatorId, decision }: { authenticatorId: string; decision: "confirmed" | "declined" },
): Promise<Signed<{ state: "confirmed" | "declined" }>> {
  const pairing = await findClaimed(authenticatorId);
  if (!pairing?.account) return { verified: false, reason: "removed" };
  const { publicKey, account } = pairing;
  const lines = [account.userId, decision];
  const signed = verifySignature({ purpose: "confirm-pairing", body, lines, publicKey });
  if (!signed.verified) return signed;
  const now = new Date();
  const prisma = await db();
  const { count } = await prisma.pairing.updateMany({
    where: { id: authenticatorId, userId: account.userId, ...isLive() },
    data: decision === "confirmed" ? { phoneConfirmedAt: now } : { endedAt: now },
  });
  if (count !== 1) return { verified: false, reason: "removed" };
  return { verified: true, value: { state: decision }, nonce: issueNonce(authenticatorId) };
}

/** A pairing that was spent: what becomes of it is a Sparekey Authenticator. */
export type SpentPairing = {
  id: string;
  publicKey: Uint8Array<ArrayBuffer>;
  phoneAddress: string;
  phoneUserAgent: string;
  replacesId: string | null;
};

/**
 * Spends a pairing that was confirmed on the phone, in the transaction that connects it: once, and only for the
 * session whose page shows it. `undefined` if there is nothing to spend.
 */
export async function spendPairing(
  tx: Tx,
  { id, userId, sessionId }: PairingOwner & { id: string },
): Promise<SpentPairing | undefined> {
  const [spent] = await tx.pairing.updateManyAndReturn({
    where: { id, userId, sessionId, phoneConfirmedAt: { not: null }, ...isLive() },
    data: { connectedAt: new Date() },
  });
  if (!spent?.publicKey) return undefined;
  const { publicKey, phoneAddress, phoneUserAgent, replacesId } = spent;
  return {
    id,
    publicKey: new Uint8Array(publicKey),
    phoneAddress: phoneAddress ?? "",
    phoneUserAgent: phoneUserAgent ?? "",
    replacesId,
  };
}

/** Ends whatever is being connected to an account, in the transaction that takes its methods away. */
export async function endAllPairingsOf(tx: Tx, userId: string): Promise<void> {
  await tx.pairing.updateMany({
    where: { userId, ...isLive() },
    data: { endedAt: new Date() },
  });
}

/** Ends what a session's page shows, for a person who does not know the phone, or starts again. */
async function endPairingsOf(tx: Tx, { userId, sessionId }: PairingOwner): Promise<void> {
  await tx.pairing.updateMany({
    where: { userId, sessionId, ...isLive() },
    data: { endedAt: new Date() },
  });
}

/** The same where nothing else happens. */
export async function declinePairing(owner: PairingOwner): Promise<void> {
  await endPairingsOf(await db(), owner);
}

/**
 * Four digits that the phone and the account's page both derive from the pairing and the phone's key
 * (app/authenticator/check-number.ts is the twin): whoever photographed the picture has another key.
 */
export function deriveCheckNumber(pairingId: string, publicKey: Uint8Array): string {
  const digest = createHash("sha256").update(pairingId).update(publicKey).digest();
  return String(digest.readUInt32BE(0) % 10_000).padStart(4, "0");
}

const ACCOUNT = { id: true, email: true, name: true } satisfies Prisma.UserSelect;

const readAccount = ({ id, email, name }: { id: string; email: string; name: string }) => ({
  userId: id,
  email,
  name,
});

async function findClaimed(id: string) {
  const prisma = await db();
  const pairing = await prisma.pairing.findFirst({
    where: { id, publicKey: { not: null }, ...isLive() },
    select: { publicKey: true, phoneConfirmedAt: true, user: { select: ACCOUNT } },
  });
  if (!pairing?.publicKey) return undefined;
  const { publicKey, phoneConfirmedAt, user } = pairing;
  return { publicKey, phoneConfirmedAt, account: user ? readAccount(user) : undefined };
}

const isLive = (minutesLeft = 0) => ({
  connectedAt: null,
  endedAt: null,
  expiresAt: { gt: new Date(Date.now() + minutesLeft * 60_000) },
});

function newLife(): { createdAt: Date; expiresAt: Date } {
  const createdAt = new Date();
  return { createdAt, expiresAt: new Date(createdAt.getTime() + PAIRING_MINUTES * 60_000) };
}

function deriveSecret(pairingId: string): string {
  return keyed(`secret ${pairingId}`).subarray(0, SECRET_BYTES).toString("base64url");
}

/** Keyed, because 44 bits could be found from a hash without a key in the ten minutes. */
const hash = (secret: string) => keyed(`hash ${secret}`).toString("hex");

const keyed = (text: string) =>
  createHmac("sha256", deriveLastingKey("pairing secrets")).update(text).digest();

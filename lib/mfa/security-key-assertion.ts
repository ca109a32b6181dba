import "server-only";
import {
  type AuthenticationResponseJSON,
  generateAuthenticationOptions,
  type PublicKeyCredentialRequestOptionsJSON,
  verifyAuthenticationResponse,
} from "@simplewebauthn/server";
import { db, type Tx } from "../db/client";
import type { SecurityKey } from "../db/generated/client";
import type { RequestSource } from "../request-source";
import { relyingParty } from "./relying-party";
import {
  askWebauthnChallenge,
  spendWebauthnChallenge,
  WEBAUTHN_TIMEOUT_MS,
  type WebauthnBinding,
} from "./webauthn-challenge";
import { parseAuthenticationResponse, readChallenge } from "./webauthn-response";

/** Where a key is asked to sign, for a person who is known or for whoever has one. */
export type AssertionBinding = Exclude<WebauthnBinding, { purpose: "enroll" }>;

/** Whether the key has to make sure that it is its person who uses it: by finger, face or PIN. */
export type UserVerification = "required" | "discouraged";

/**
 * What a browser needs to have a key sign. For a known person it names their keys; for nobody in particular
 * it depends on nobody, so that it tells nothing of who has keys (WebAuthn §14.6.2).
 */
export async function askForSecurityKey(
  binding: AssertionBinding,
  userVerification: UserVerification,
): Promise<PublicKeyCredentialRequestOptionsJSON> {
  const challenge = await askWebauthnChallenge(binding);
  return generateAuthenticationOptions({
    rpID: relyingParty().rpId,
    challenge: new Uint8Array(Buffer.from(challenge, "base64url")),
    timeout: WEBAUTHN_TIMEOUT_MS,
    userVerification,
    allowCredentials:
      binding.purpose === "passwordless" ? [] : await listCredentials(binding.userId),
  });
}

/** The keys of a person as browsers name them. */
export async function listCredentials(userId: string) {
  const prisma = await db();
  const keys = await prisma.securityKey.findMany({
    where: { userId, removedAt: null },
    orderBy: { addedAt: "asc" },
    select: { credentialId: true, transports: true },
  });
  return keys.map(({ credentialId, transports }) => ({
    id: credentialId,
    // Newer browsers know transports that the types do not; they are theirs to understand.
    transports: transports.filter(isTransport),
  }));
}

const TRANSPORTS = ["ble", "cable", "hybrid", "internal", "nfc", "smart-card", "usb"] as const;
const isTransport = (name: string): name is (typeof TRANSPORTS)[number] =>
  TRANSPORTS.some((known) => known === name);

/** An answer that an enrolled key really gave; what its counter says is judged when it is used. */
export type GenuineAssertion = { key: SecurityKey; counter: number; backedUp: boolean };

export type Refusal =
  /** Not asked here, longer ago than five minutes, or answered before. */
  | { reason: "expired" }
  | { reason: "wrong" }
  /** No such key was ever here, or it was removed: its browser may forget it. */
  | { reason: "unknown"; credentialId: string };

export type Judgement =
  | { genuine: true; assertion: GenuineAssertion }
  | { genuine: false; refusal: Refusal };

/**
 * Judges an answer (WebAuthn §7.2). Its question is spent first, whatever becomes of it. Genuine is what a
 * key of the right person signed, for this portal's very origin, with presence, and with verification where
 * it is required; a key that can be copied to other devices never stops or starts being one.
 */
export async function judgeAssertion({
  input,
  binding,
  userVerification,
}: {
  /** JSON, as it came. */
  input: string;
  binding: AssertionBinding;
  userVerification: UserVerification;
}): Promise<Judgement> {
  const response = parseAuthenticationResponse(input);
  const challenge = response && readChallenge(response.response.clientDataJSON);
  if (!response || challenge === undefined) return refuse({ reason: "wrong" });
  if (!(await spendWebauthnChallenge(challenge, binding))) {
    return refuse({ reason: "expired" });
  }
  const prisma = await db();
  const key = await prisma.securityKey.findUnique({
    where: { credentialId: response.id },
    include: { user: { select: { webauthnHandle: true } } },
  });
  if (!key) return refuse({ reason: "unknown", credentialId: response.id });
  const { user, ...row } = key;
  const verified = isOf(user.webauthnHandle, response, binding, row)
    ? await verify({ response, challenge, key: row, userVerification })
    : undefined;
  if (!verified) return refuse({ reason: "wrong" });
  // Only a key itself learns that it was removed.
  if (row.removedAt) return refuse({ reason: "unknown", credentialId: response.id });
  return { genuine: true, assertion: { key: row, ...verified } };
}

const refuse = (refusal: Refusal): Judgement => ({ genuine: false, refusal });

/** Whether the key is the person's who is asked, and says so itself where it says anything (§7.2 steps 5 and 6). */
function isOf(
  handle: Uint8Array | null,
  { response: { userHandle } }: AuthenticationResponseJSON,
  binding: AssertionBinding,
  key: SecurityKey,
): boolean {
  const isHandle = userHandle === (handle && Buffer.from(handle).toString("base64url"));
  if (binding.purpose === "passwordless") return isHandle;
  return key.userId === binding.userId && (userHandle === undefined || isHandle);
}

async function verify({
  response,
  challenge,
  key,
  userVerification,
}: {
  response: AuthenticationResponseJSON;
  challenge: string;
  key: SecurityKey;
  userVerification: UserVerification;
}): Promise<{ counter: number; backedUp: boolean } | undefined> {
  const { rpId, origin } = relyingParty();
  const outcome = await verifyAuthenticationResponse({
    response,
    expectedChallenge: challenge,
    expectedOrigin: origin,
    expectedRPID: rpId,
    requireUserVerification: userVerification === "required",
    // The stored count is compared where it is changed, so that two answers at once cannot both pass.
    credential: { id: key.credentialId, publicKey: new Uint8Array(key.publicKey), counter: 0 },
  }).catch(() => undefined); // every refusal of the library is a throw
  if (!outcome?.verified) return undefined;
  const { newCounter, credentialDeviceType, credentialBackedUp } = outcome.authenticationInfo;
  const backupEligible = credentialDeviceType === "multiDevice";
  if (backupEligible !== key.backupEligible) return undefined;
  return { counter: newCounter, backedUp: credentialBackedUp };
}

/** What a used key proves: the value of `amr` (RFC 8176), and until when it restricts; `null` if it does not. */
export type UsedKey = {
  userId: string;
  amr: "hwk" | "swk";
  restrictedUntil: Date | null;
};

export type KeyUse =
  | { used: true; key: UsedKey }
  /** Its count did not grow: a copy of it may have been used in between (WebAuthn §6.1.1). */
  | { used: false; reason: "copied" }
  /** It was removed meanwhile, or its person disabled. */
  | { used: false; reason: "wrong" };

/**
 * Notes that a key was used, if its count is greater than before, or both are zero, which passkeys leave
 * it at. One conditional statement: of two answers with one count, one passes.
 */
export async function acceptAssertion(
  tx: Tx,
  { key, counter, backedUp }: GenuineAssertion,
  from: RequestSource,
): Promise<KeyUse> {
  const isLive = { id: key.id, removedAt: null, user: { disabledAt: null } };
  const [used] = await tx.securityKey.updateManyAndReturn({
    where: {
      ...isLive,
      OR: [{ counter: { lt: counter } }, ...(counter === 0 ? [{ counter: 0 }] : [])],
    },
    data: {
      counter,
      backedUp,
      lastUsedAt: new Date(),
      lastUsedAddress: from.address,
      lastUsedUserAgent: from.userAgent,
    },
    select: { userId: true, backupEligible: true, probationUntil: true },
  });
  if (!used) {
    const isThere = (await tx.securityKey.count({ where: isLive })) > 0;
    return { used: false, reason: isThere ? "copied" : "wrong" };
  }
  const { userId, backupEligible, probationUntil } = used;
  const isOnProbation = probationUntil !== null && probationUntil > new Date();
  return {
    used: true,
    key: {
      userId,
      amr: amrOfKey({ backupEligible }),
      restrictedUntil: isOnProbation ? probationUntil : null,
    },
  };
}

/** A key that stays in its hardware is `hwk`; one that can be copied to other devices is not. */
export function amrOfKey({ backupEligible }: { backupEligible: boolean }): "hwk" | "swk" {
  return backupEligible ? "swk" : "hwk";
}

import "server-only";
import { randomBytes } from "node:crypto";
import {
  generateRegistrationOptions,
  type PublicKeyCredentialCreationOptionsJSON,
  type RegistrationResponseJSON,
  verifyRegistrationResponse,
} from "@simplewebauthn/server";
import { COSEALG, decodeAttestationObject } from "@simplewebauthn/server/helpers";
import { type Tx, transaction } from "../db/client";
import { lockUser } from "../db/lock-user";
import { recordAuditEvent } from "../notices/audit-event";
import type { RequestSource } from "../request-source";
import { hasMethod } from "./has-method";
import { probation } from "./probation";
import { relyingParty } from "./relying-party";
import { listCredentials } from "./security-key-assertion";
import { removeSecurityKey } from "./security-keys";
import {
  askWebauthnChallenge,
  spendWebauthnChallenge,
  WEBAUTHN_TIMEOUT_MS,
} from "./webauthn-challenge";
import { parseRegistrationResponse, readChallenge } from "./webauthn-response";

const HANDLE_BYTES = 32; // WebAuthn §5.4.3: at most 64, and nothing that tells who it is
const ALGORITHMS = [COSEALG.EdDSA, COSEALG.ES256, COSEALG.RS256]; // what all keys and this server have

/** Who enrolls a key; no other session can finish what one began. */
export type KeyOwner = { userId: string; sessionId: string };

/**
 * What a browser needs to make a key (WebAuthn §5.4): not one on a device that has one for this account; one
 * that its person can be picked by, and is verified with, where the device can. `issuer`, `account` and
 * `person` are what devices will show. The first time, the person gets the handle that passkeys know them by.
 */
export async function beginSecurityKey(
  { userId, sessionId }: KeyOwner,
  { issuer, account, person }: { issuer: string; account: string; person: string },
): Promise<PublicKeyCredentialCreationOptionsJSON> {
  const { handle, challenge } = await transaction(async (tx) => ({
    handle: await giveHandle(tx, userId),
    challenge: await askWebauthnChallenge({ purpose: "enroll", userId, sessionId }, tx),
  }));
  return generateRegistrationOptions({
    rpName: issuer,
    rpID: relyingParty().rpId,
    userID: new Uint8Array(handle),
    userName: account,
    userDisplayName: person,
    challenge: new Uint8Array(Buffer.from(challenge, "base64url")),
    timeout: WEBAUTHN_TIMEOUT_MS,
    attestationType: "none",
    excludeCredentials: await listCredentials(userId),
    authenticatorSelection: { residentKey: "preferred", userVerification: "preferred" },
    supportedAlgorithmIDs: ALGORITHMS,
  });
}

/** One conditional statement: of two tabs, both get the handle that was made first. */
async function giveHandle(tx: Tx, userId: string): Promise<Uint8Array> {
  await tx.user.updateMany({
    where: { id: userId, webauthnHandle: null },
    data: { webauthnHandle: new Uint8Array(randomBytes(HANDLE_BYTES)) },
  });
  const { webauthnHandle } = await tx.user.findUniqueOrThrow({
    where: { id: userId },
    select: { webauthnHandle: true },
  });
  if (!webauthnHandle) throw new Error("The person has no handle.");
  return webauthnHandle;
}

export type SecurityKeyEnrollment<T> =
  | { enrolled: true; value: T }
  /** Not asked in this session, longer ago than five minutes, or answered before. */
  | { enrolled: false; reason: "expired" }
  | { enrolled: false; reason: "wrong" }
  /** The key was enrolled before, by whomever. */
  | { enrolled: false; reason: "taken" };

/**
 * Enrolls the key that a browser made (WebAuthn §7.1). A session that is restricted puts it on probation. A
 * lost key that it replaces is removed in the same transaction. `onEnrolled` runs in it too, and is told
 * whether this is the first method, whether it replaced one, and whether it can be copied to other devices.
 */
export async function enrollSecurityKey<T>({
  userId,
  sessionId,
  input,
  name,
  replaces,
  from,
  authorize,
  onEnrolled,
}: KeyOwner & {
  /** What the browser said, as JSON. */
  input: string;
  /** What the person calls the key, given how it can be reached. */
  name: (transports: string[]) => string;
  /** The id of the lost key. */
  replaces: string | undefined;
  from: RequestSource;
  /** Called first in the transaction: throws if the session may not do this any more. */
  authorize: (tx: Tx) => Promise<{ restrictedUntil: Date | null }>;
  onEnrolled: (
    tx: Tx,
    enrolled: { first: boolean; replaced: boolean; backupEligible: boolean },
  ) => Promise<T>;
}): Promise<SecurityKeyEnrollment<T>> {
  const response = parseRegistrationResponse(input);
  const challenge = response && readChallenge(response.response.clientDataJSON);
  if (!response || challenge === undefined) return { enrolled: false, reason: "wrong" };
  if (!(await spendWebauthnChallenge(challenge, { purpose: "enroll", userId, sessionId }))) {
    return { enrolled: false, reason: "expired" };
  }
  const key = await verify(response, challenge);
  if (!key) return { enrolled: false, reason: "wrong" };
  const { transports = [] } = response.response;
  return transaction(async (tx) => {
    await lockUser(tx, userId); // a login with the password alone must see this method or end with it
    const { restrictedUntil } = await authorize(tx);
    const first = !(await hasMethod(tx, userId));
    const called = name(transports);
    const { count } = await tx.securityKey.createMany({
      data: {
        ...key,
        userId,
        name: called,
        transports,
        addedAt: new Date(),
        probationUntil: probation(restrictedUntil),
      },
      skipDuplicates: true, // a removed key's id is taken too, for ever
    });
    if (count !== 1) return { enrolled: false, reason: "taken" };
    const lost = replaces && (await removeSecurityKey(tx, { userId, id: replaces }));
    const replaced = lost !== undefined && lost !== "";
    await recordAuditEvent(tx, {
      type: replaced ? "security_key_replaced" : "security_key_added",
      userId,
      sessionId,
      method: "security-key",
      methodName: called,
      from,
    });
    const { backupEligible } = key;
    return { enrolled: true, value: await onEnrolled(tx, { first, replaced, backupEligible }) };
  });
}

async function verify(response: RegistrationResponseJSON, challenge: string) {
  const { rpId, origin } = relyingParty();
  if (hasCertificates(response)) return undefined;
  const outcome = await verifyRegistrationResponse({
    response,
    expectedChallenge: challenge,
    expectedOrigin: origin,
    expectedRPID: rpId,
    requireUserVerification: false,
    supportedAlgorithmIDs: ALGORITHMS,
  }).catch(() => undefined); // every refusal of the library is a throw
  if (!outcome?.verified) return undefined;
  const { credential, aaguid, credentialDeviceType, credentialBackedUp } = outcome.registrationInfo;
  if (credential.id !== response.id) return undefined;
  return {
    credentialId: credential.id,
    publicKey: new Uint8Array(credential.publicKey),
    counter: credential.counter,
    aaguid,
    backupEligible: credentialDeviceType === "multiDevice",
    backedUp: credentialBackedUp,
  };
}

/**
 * No maker's certificates were asked for, and browsers send none then. Verifying some could mean to ask
 * addresses that stand in them whether they were revoked, which anybody can write (ASVS 15.3.2).
 */
function hasCertificates({ response }: RegistrationResponseJSON): boolean {
  try {
    const object = decodeAttestationObject(
      new Uint8Array(Buffer.from(response.attestationObject, "base64url")),
    );
    const format = object.get("fmt");
    const isSelfMade = format === "packed" && object.get("attStmt").get("x5c") === undefined;
    return format !== "none" && !isSelfMade;
  } catch {
    return true; // it is none at all
  }
}

import "server-only";
import type { PublicKeyCredentialRequestOptionsJSON } from "@simplewebauthn/server";
import { type Tx, transaction } from "../db/client";
import { lockUser } from "../db/lock-user";
import { logRefusedTry, recordAuditEvent } from "../notices/audit-event";
import type { RequestSource } from "../request-source";
import { isAccepted, type NotAccepted } from "./accepted-method";
import { countFailure } from "./failure-limits";
import {
  acceptAssertion,
  askForSecurityKey,
  judgeAssertion,
  type Refusal,
  type UsedKey,
} from "./security-key-assertion";

export type PasskeyResult<T> =
  | { verified: true; value: T }
  | ({ verified: false } & Refusal)
  /** A copy of the key may exist: it was refused, and the person told. */
  | { verified: false; reason: "copied" }
  | NotAccepted;

const binding = (browserToken: string) => ({ purpose: "passwordless" as const, browserToken });

/**
 * What a browser needs to have whatever passkey it holds log its person in: the same for everybody, since
 * nobody has said who they are (WebAuthn §14.6.2). `browserToken` is what its own cookie holds.
 */
export async function askAnybody(
  browserToken: string,
): Promise<PublicKeyCredentialRequestOptionsJSON> {
  return askForSecurityKey(binding(browserToken), "required");
}

/**
 * Logs in with a passkey alone, which made sure of its person by finger, face or PIN: two factors in one
 * (63B §3.1.7), so no password is asked for. It is under no wait, since a signature cannot be guessed: who
 * fails at a person's password never keeps them out (T03). Removed keys and disabled accounts are refused
 * in the same words.
 */
export async function verifyPasskey<T>({
  input,
  browserToken,
  from,
  onVerified,
}: {
  /** What the browser said, as JSON. */
  input: string;
  browserToken: string;
  from: RequestSource;
  /** Called inside the transaction that uses the key. */
  onVerified: (tx: Tx, key: UsedKey) => Promise<T>;
}): Promise<PasskeyResult<T>> {
  const judgement = await judgeAssertion({
    input,
    binding: binding(browserToken),
    userVerification: "required",
  });
  if (!judgement.genuine) {
    const { refusal } = judgement;
    if (refusal.reason !== "expired") await noteRefused(from);
    return { verified: false, ...refusal };
  }
  const { assertion } = judgement;
  const { key } = assertion;
  const outcome = await transaction(async (tx): Promise<PasskeyResult<T>> => {
    const { userId } = key;
    await lockUser(tx, userId);
    if (!(await isAccepted({ userId, method: "security-key" }, tx))) {
      return { verified: false, reason: "not-accepted" };
    }
    const use = await acceptAssertion(tx, assertion, from);
    if (use.used) return { verified: true, value: await onVerified(tx, use.key) };
    if (use.reason === "copied") {
      await recordAuditEvent(tx, {
        type: "security_key_copied",
        userId: key.userId,
        method: "security-key",
        methodName: key.name,
        from,
      });
    }
    return { verified: false, reason: use.reason };
  });
  if (!outcome.verified && outcome.reason !== "not-accepted") await noteRefused(from);
  return outcome;
}

/** It has a line in the log and no row: whoever holds no key could fill the table. */
async function noteRefused(from: RequestSource): Promise<void> {
  logRefusedTry({ reason: "wrong", method: "security-key", from });
  await countFailure(from);
}

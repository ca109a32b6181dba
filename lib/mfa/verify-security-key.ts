import "server-only";
import type { PublicKeyCredentialRequestOptionsJSON } from "@simplewebauthn/server";
import { type Tx, transaction } from "../db/client";
import { lockUser } from "../db/lock-user";
import { recordAuditEvent } from "../notices/audit-event";
import { type NotAccepted, whenAccepted } from "./accepted-method";
import { type ChallengeAnswer, recordFailedAnswer } from "./challenge-answer";
import { countFailure } from "./failure-limits";
import {
  type LoginChallenge,
  LoginChallengeOver,
  recordChallengeFailure,
  recordChallengeSlip,
  satisfyLoginChallenge,
} from "./login-challenge";
import {
  type AssertionBinding,
  acceptAssertion,
  askForSecurityKey,
  type GenuineAssertion,
  judgeAssertion,
  type Refusal,
  type UsedKey,
  type UserVerification,
} from "./security-key-assertion";

/** What a challenge asks of a key: whether it steps a session up, and whether the person must be verified. */
export type KeyDemand = { purpose: "login" | "step-up"; userVerification: UserVerification };

/** An answer whose `input` is what the browser said, as JSON; `onSatisfied` is told what the key proves. */
export type SecurityKeyAnswer<T> = Omit<ChallengeAnswer<T>, "onSatisfied" | "onRepeated"> &
  KeyDemand & { onSatisfied: (tx: Tx, key: UsedKey) => Promise<T> };

export type SecurityKeyResult<T> =
  | { verified: true; value: T }
  | ({ verified: false } & Refusal)
  /** A copy of the key may exist: it was refused, and the person told. */
  | { verified: false; reason: "copied" }
  | { verified: false; reason: "challenge-over" }
  | NotAccepted;

/** What the browser needs to have one of the person's keys answer their challenge. */
export async function askChallengedPerson(
  challenge: LoginChallenge,
  { purpose, userVerification }: KeyDemand,
): Promise<PublicKeyCredentialRequestOptionsJSON> {
  return askForSecurityKey(bindingOf(challenge, purpose), userVerification);
}

/**
 * Answers a login challenge with a security key of its person. Wrong answers count on the challenge, which
 * the tenth ends, and are under no wait and disable nothing: a signature cannot be guessed. The key is used
 * in the transaction that satisfies the challenge and runs `onSatisfied`.
 */
export async function verifySecurityKey<T>(
  answer: SecurityKeyAnswer<T>,
): Promise<SecurityKeyResult<T>> {
  return whenAccepted({ ...answer, method: "security-key" }, () => judge(answer));
}

async function judge<T>({
  challenge,
  input,
  from,
  purpose,
  userVerification,
  onSatisfied,
}: SecurityKeyAnswer<T>): Promise<SecurityKeyResult<T>> {
  const binding = bindingOf(challenge, purpose);
  const judgement = await judgeAssertion({ input, binding, userVerification });
  if (!judgement.genuine) {
    const { refusal } = judgement;
    if (refusal.reason === "expired") await recordChallengeSlip(challenge.id);
    else await recordWrongKey({ challenge, from });
    return { verified: false, ...refusal };
  }
  const { assertion } = judgement;
  const outcome = await satisfy({ challenge, from, onSatisfied }, assertion);
  if (outcome.verified) return outcome;
  if (outcome.reason === "copied") await recordCopiedKey({ challenge, from }, assertion);
  if (outcome.reason === "wrong") await recordWrongKey({ challenge, from });
  return outcome;
}

function bindingOf({ id, userId }: LoginChallenge, purpose: "login" | "step-up"): AssertionBinding {
  return { purpose, userId, loginChallengeId: id };
}

class KeyRefused extends Error {
  constructor(readonly reason: "copied" | "wrong") {
    super(reason);
  }
}

async function satisfy<T>(
  {
    challenge,
    from,
    onSatisfied,
  }: Pick<SecurityKeyAnswer<T>, "challenge" | "from" | "onSatisfied">,
  assertion: GenuineAssertion,
): Promise<SecurityKeyResult<T>> {
  try {
    const value = await transaction(async (tx) => {
      await lockUser(tx, challenge.userId);
      await satisfyLoginChallenge(tx, challenge, "security-key");
      const use = await acceptAssertion(tx, assertion, from);
      if (!use.used) throw new KeyRefused(use.reason);
      return onSatisfied(tx, use.key);
    });
    return { verified: true, value };
  } catch (error) {
    if (error instanceof KeyRefused) return { verified: false, reason: error.reason };
    if (error instanceof LoginChallengeOver) return { verified: false, reason: "challenge-over" };
    throw error;
  }
}

type Failed = Pick<SecurityKeyAnswer<unknown>, "challenge" | "from">;

/** It has no count of its own, so there is no reservation to keep. */
async function recordWrongKey(failed: Failed): Promise<void> {
  await recordFailedAnswer({ ...failed, reservation: { method: "security-key", failures: 0 } });
}

/** The person is told of the copy, and not besides that an answer failed. */
async function recordCopiedKey(
  { challenge, from }: Failed,
  { key }: GenuineAssertion,
): Promise<void> {
  await transaction(async (tx) => {
    const { sessionId } = await recordChallengeFailure(tx, challenge.id);
    await recordAuditEvent(tx, {
      type: "security_key_copied",
      userId: challenge.userId,
      sessionId: sessionId ?? undefined,
      method: "security-key",
      methodName: key.name,
      from,
    });
  });
  await countFailure(from);
}

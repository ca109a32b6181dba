import "server-only";
import { db, type Tx, transaction } from "../db/client";
import { lockUser } from "../db/lock-user";
import { takeHashPlace } from "../hash-queue";
import {
  type ApprovalRequestResult,
  createApprovalRequest,
  settleApprovalRequests,
} from "../mfa/approval-requests";
import { findProbation } from "../mfa/authenticator-app";
import { hasMethod } from "../mfa/has-method";
import { beginStepUp, type LoginChallenge } from "../mfa/login-challenge";
import { methodsOfAmr } from "../mfa/method-names";
import { clearFailures, reserveAttempt } from "../mfa/throttle";
import {
  type AuthenticatorCodeResult,
  verifyAuthenticatorCode,
} from "../mfa/verify-authenticator-code";
import { type NotificationResult, verifyNotification } from "../mfa/verify-notification";
import { type RecoveryCodeResult, verifyRecoveryCode } from "../mfa/verify-recovery-code";
import {
  askChallengedPerson,
  type KeyDemand,
  type SecurityKeyResult,
  verifySecurityKey,
} from "../mfa/verify-security-key";
import { logRefusedTry, recordAuditEvent } from "../notices/audit-event";
import type { RequestSource } from "../request-source";
import type { CurrentSession } from "./current-session";
import { verifyPassword } from "./password-digest";
import { ownPasswordThrottle } from "./password-throttle";
import { recordPasswordFailure } from "./record-password-failure";
import { endSessionById, type SessionToken, stepUpSession } from "./session-rows";

/** A person's fresh proof for their session; `returnTo` is the path they come back to. */
export type StepUp = {
  session: CurrentSession;
  input: string;
  returnTo: string;
  from: RequestSource;
};

/**
 * Steps a session up with a code of the authenticator app; refuses as `verifyAuthenticatorCode` does. It
 * lifts the restriction of a login with a recovery code, unless the app itself was enrolled after one.
 */
export async function stepUpWithAuthenticatorApp(
  stepUp: StepUp,
): Promise<AuthenticatorCodeResult<SessionToken>> {
  const answer = await answerFor(stepUp);
  const result = await verifyAuthenticatorCode({
    ...answer,
    onSatisfied: async (tx) => {
      const restrictedUntil = await findProbation(tx, stepUp.session.userId);
      return renew(tx, stepUp, { amr: "otp", restrictedUntil });
    },
  });
  await endWhenGuessed(answer.challenge, stepUp);
  return result;
}

/** Asks the person's phones to approve a step-up; refuses as `createApprovalRequest` does. */
export async function sendStepUpNotification({
  session,
  returnTo,
  from,
}: Omit<StepUp, "input">): Promise<ApprovalRequestResult> {
  const { id: sessionId, userId, email } = session;
  const challenge = await beginStepUp({ sessionId, userId, email, returnTo });
  return transaction((tx) => createApprovalRequest(tx, { challenge, from }));
}

/**
 * Steps a session up with a notification that was approved on a phone; refuses as `verifyNotification` does.
 * It lifts the restriction of a login with a recovery code, unless the phone was connected after one.
 */
export async function stepUpWithNotification(
  stepUp: Omit<StepUp, "input">,
): Promise<NotificationResult<SessionToken>> {
  const { id: sessionId, userId, email } = stepUp.session;
  const { returnTo } = stepUp;
  return verifyNotification({
    challenge: await beginStepUp({ sessionId, userId, email, returnTo }),
    onSatisfied: (tx, restrictedUntil) => renew(tx, stepUp, { amr: "mca", restrictedUntil }),
  });
}

/**
 * Steps a session up with a recovery code, which is spent; refuses as `verifyRecoveryCode` does. The
 * session is restricted from then on.
 */
export async function stepUpWithRecoveryCode(
  stepUp: StepUp,
): Promise<RecoveryCodeResult<SessionToken>> {
  const answer = await answerFor(stepUp);
  const result = await verifyRecoveryCode({
    ...answer,
    onSatisfied: (tx) => renew(tx, stepUp, { amr: "recovery", restrictedUntil: null }),
  });
  await endWhenGuessed(answer.challenge, stepUp);
  return result;
}

/** What the browser needs to have a security key step its session up. */
export async function askForStepUpKey({ session, returnTo, from }: Omit<StepUp, "input">) {
  const { challenge } = await answerFor({ session, input: "", returnTo, from });
  return askChallengedPerson(challenge, keyDemand(session));
}

/**
 * Steps a session up with a security key of its person; refuses as `verifySecurityKey` does. It lifts the
 * restriction of a login with a recovery code, unless the key itself was enrolled after one.
 */
export async function stepUpWithSecurityKey(
  stepUp: StepUp,
): Promise<SecurityKeyResult<SessionToken>> {
  const answer = await answerFor(stepUp);
  const result = await verifySecurityKey({
    ...answer,
    ...keyDemand(stepUp.session),
    onSatisfied: (tx, { amr, restrictedUntil }) => renew(tx, stepUp, { amr, restrictedUntil }),
  });
  await endWhenGuessed(answer.challenge, stepUp);
  return result;
}

/** Where no password was given, the key has to make sure of its person again. */
function keyDemand(session: CurrentSession): KeyDemand {
  const hasPassword = passwordOf(session).length > 0;
  return { purpose: "step-up", userVerification: hasPassword ? "discouraged" : "required" };
}

/** A login with a passkey asked for no password, and a step-up does not make it one that did. */
const passwordOf = ({ amr }: CurrentSession) => amr.filter((value) => value === "pwd");

export type PasswordStepUpResult =
  | { verified: true; value: SessionToken }
  | { verified: false; reason: "wrong" | "busy" }
  | { verified: false; reason: "waiting"; until: Date }
  /** A method is enrolled: the password is not the account's highest level (SE-08). */
  | { verified: false; reason: "needs-method" };

/** Steps a session up with the password, for an account that has nothing stronger (63B §4.1.2.1). */
export async function stepUpWithPassword({
  session,
  input,
  from,
}: StepUp): Promise<PasswordStepUpResult> {
  const { id, userId } = session;
  if (await hasMethod(await db(), userId)) {
    return { verified: false, reason: "needs-method" };
  }
  const place = takeHashPlace("known-passwords");
  if (!place) return { verified: false, reason: "busy" };
  try {
    const throttle = ownPasswordThrottle(userId);
    const attempt = await reserveAttempt(throttle);
    if (!attempt.reserved) {
      logRefusedTry({ reason: attempt.reason, userId, method: "password", from });
      return { verified: false, reason: "waiting", until: attempt.until };
    }
    const prisma = await db();
    const { passwordDigest } = await prisma.user.findUniqueOrThrow({ where: { id: userId } });
    const { verified } = await verifyPassword(place, input, passwordDigest);
    if (!verified) {
      const { reservation } = attempt;
      await recordPasswordFailure({ type: "method_failed", userId, reservation, from });
      return { verified: false, reason: "wrong" };
    }
    return await transaction(async (tx) => {
      await lockUser(tx, userId);
      // Changed while the old one was being verified: that one proves nothing any more.
      const isStill = await tx.user.count({ where: { id: userId, passwordDigest } });
      if (isStill !== 1) return { verified: false, reason: "wrong" };
      await clearFailures(tx, throttle);
      const value = await stepUpSession(tx, { id, amr: ["pwd"], restrictedUntil: null });
      await recordAuditEvent(tx, { type: "step_up", userId, method: "password", from });
      return { verified: true, value };
    });
  } finally {
    place.release();
  }
}

async function answerFor({ session, input, returnTo, from }: StepUp) {
  const { id: sessionId, userId, email } = session;
  const challenge = await beginStepUp({ sessionId, userId, email, returnTo });
  return { challenge, input, from };
}

async function renew(
  tx: Tx,
  { session, from }: Pick<StepUp, "session" | "from">,
  /** What the method adds to `amr` (RFC 8176), and until when it restricts. */
  proof: { amr: string; restrictedUntil: Date | null },
): Promise<SessionToken> {
  const { id, userId } = session;
  const [method] = methodsOfAmr([proof.amr]);
  await recordAuditEvent(tx, { type: "step_up", userId, sessionId: id, method, from });
  await settleApprovalRequests(tx, userId);
  const { restrictedUntil } = proof;
  const amr = [...passwordOf(session), proof.amr, "mfa"];
  return stepUpSession(tx, { id, amr, restrictedUntil });
}

/** Whoever gives ten wrong answers holds a session that is not theirs: it ends. */
async function endWhenGuessed(challenge: LoginChallenge, { session, from }: StepUp): Promise<void> {
  await transaction(async (tx) => {
    const ended = await tx.loginChallenge.count({
      where: { id: challenge.id, endedAt: { not: null } },
    });
    if (ended === 0) return;
    await endSessionById(tx, session);
    await recordAuditEvent(tx, { type: "session_ended", userId: session.userId, from });
  });
}

import "server-only";
import { type Tx, transaction } from "../db/client";
import {
  type ApprovalRequestResult,
  createApprovalRequest,
  settleApprovalRequests,
} from "../mfa/approval-requests";
import { findProbation } from "../mfa/authenticator-app";
import type { LoginChallenge } from "../mfa/login-challenge";
import { methodsOfAmr } from "../mfa/method-names";
import {
  type AuthenticatorCodeResult,
  verifyAuthenticatorCode,
} from "../mfa/verify-authenticator-code";
import { type NotificationResult, verifyNotification } from "../mfa/verify-notification";
import { type RecoveryCodeResult, verifyRecoveryCode } from "../mfa/verify-recovery-code";
import { recordAuditEvent } from "../notices/audit-event";
import type { RequestSource } from "../request-source";
import { openSession, reissueSessionToken, type SessionToken } from "./session-rows";

/** A person's answer to their login challenge; `previousToken` is the browser's session so far. */
export type MethodLogin = {
  challenge: LoginChallenge;
  input: string;
  previousToken: string | undefined;
  from: RequestSource;
};

/** Logs in with a code of the authenticator app; refuses as `verifyAuthenticatorCode` does. */
export async function logInWithAuthenticatorApp(
  login: MethodLogin,
): Promise<AuthenticatorCodeResult<SessionToken>> {
  return verifyAuthenticatorCode({
    ...login,
    onSatisfied: async (tx) =>
      openLoginSession(tx, login, {
        amr: ["pwd", "otp", "mfa"],
        restrictedUntil: await findProbation(tx, login.challenge.userId),
      }),
  });
}

/** Asks the person's phones to approve a login; refuses as `createApprovalRequest` does. */
export async function sendLoginNotification({
  challenge,
  from,
}: Pick<MethodLogin, "challenge" | "from">): Promise<ApprovalRequestResult> {
  return transaction((tx) => createApprovalRequest(tx, { challenge, from }));
}

/** Logs in with a notification that was approved on a phone; refuses as `verifyNotification` does. */
export async function logInWithNotification(
  login: Omit<MethodLogin, "input">,
): Promise<NotificationResult<SessionToken>> {
  return verifyNotification({
    ...login,
    onSatisfied: (tx, restrictedUntil) =>
      openLoginSession(tx, login, { amr: ["pwd", "mca", "mfa"], restrictedUntil }),
  });
}

/**
 * Logs in with a recovery code, which is spent; refuses as `verifyRecoveryCode` does. Sent again within
 * a minute for the same challenge, it gives a fresh token for the session that it made.
 */
export async function logInWithRecoveryCode(
  login: MethodLogin,
): Promise<RecoveryCodeResult<SessionToken>> {
  return verifyRecoveryCode({
    ...login,
    onSatisfied: (tx) =>
      openLoginSession(tx, login, { amr: ["pwd", "recovery", "mfa"], restrictedUntil: null }),
    onRepeated: async (tx) => {
      const token = await reissueSessionToken(tx, login.challenge.id);
      if (token) {
        const { userId } = login.challenge;
        await recordAuditEvent(tx, { type: "session_resumed", userId, from: login.from });
      }
      return token;
    },
  });
}

/** Runs in the transaction that satisfies the challenge: the only place a session is made after a password. */
async function openLoginSession(
  tx: Tx,
  { challenge, previousToken, from }: Omit<MethodLogin, "input">,
  proof: { amr: string[]; restrictedUntil: Date | null },
): Promise<SessionToken> {
  const { userId, id: loginChallengeId } = challenge;
  const [method] = methodsOfAmr(proof.amr);
  await recordAuditEvent(tx, { type: "login", userId, method, from });
  await settleApprovalRequests(tx, userId);
  return openSession(tx, { userId, ...proof, loginChallengeId, previousToken, from });
}

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
import { tellOfTemporaryCodes } from "../mfa/temporary-codes";
import {
  type AuthenticatorCodeResult,
  verifyAuthenticatorCode,
} from "../mfa/verify-authenticator-code";
import { type NotificationResult, verifyNotification } from "../mfa/verify-notification";
import { type PasskeyResult, verifyPasskey } from "../mfa/verify-passkey";
import { type RecoveryCodeResult, verifyRecoveryCode } from "../mfa/verify-recovery-code";
import {
  type KeyDemand,
  type SecurityKeyResult,
  verifySecurityKey,
} from "../mfa/verify-security-key";
import { type TemporaryCodeResult, verifyTemporaryCode } from "../mfa/verify-temporary-code";
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

/**
 * Logs in with both halves of a temporary code, which loses a use; refuses as `verifyTemporaryCode` does. The
 * session is restricted.
 */
export async function logInWithTemporaryCode(
  login: MethodLogin,
): Promise<TemporaryCodeResult<SessionToken>> {
  return verifyTemporaryCode({
    ...login,
    onSatisfied: (tx) =>
      openLoginSession(tx, login, { amr: ["pwd", "temporary", "mfa"], restrictedUntil: null }),
  });
}

/** What a key is asked for after the password, which it only has to be there for. */
export const KEY_LOGIN: KeyDemand = { purpose: "login", userVerification: "discouraged" };

/** Logs in with a security key of the person; refuses as `verifySecurityKey` does. */
export async function logInWithSecurityKey(
  login: MethodLogin,
): Promise<SecurityKeyResult<SessionToken>> {
  return verifySecurityKey({
    ...login,
    ...KEY_LOGIN,
    onSatisfied: (tx, { amr, restrictedUntil }) =>
      openLoginSession(tx, login, { amr: ["pwd", amr, "mfa"], restrictedUntil }),
  });
}

/**
 * Logs in with a passkey that verified its person, without a password; refuses as `verifyPasskey` does.
 * `browserToken` is what the browser's own cookie holds.
 */
export async function logInWithPasskey({
  browserToken,
  ...login
}: Omit<MethodLogin, "challenge"> & { browserToken: string }): Promise<
  PasskeyResult<{ userId: string; session: SessionToken }>
> {
  return verifyPasskey({
    ...login,
    browserToken,
    onVerified: async (tx, { userId, amr, restrictedUntil }) => {
      const proof = { amr: [amr, "mfa"], restrictedUntil };
      return {
        userId,
        session: await openLoginSession(tx, { ...login, challenge: { userId } }, proof),
      };
    },
  });
}

/** Runs in the transaction that accepts the last factor: the only place a session is made with a method. */
async function openLoginSession(
  tx: Tx,
  {
    challenge,
    previousToken,
    from,
  }: Pick<MethodLogin, "previousToken" | "from"> & { challenge: { userId: string; id?: string } },
  proof: { amr: string[]; restrictedUntil: Date | null },
): Promise<SessionToken> {
  const { userId, id: loginChallengeId } = challenge;
  const [method] = methodsOfAmr(proof.amr);
  await recordAuditEvent(tx, { type: "login", userId, method, from });
  await settleApprovalRequests(tx, userId);
  if (method !== "temporary-code") await tellOfTemporaryCodes(tx, userId);
  return openSession(tx, { userId, ...proof, loginChallengeId, previousToken, from });
}

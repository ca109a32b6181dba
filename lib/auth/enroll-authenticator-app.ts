import "server-only";
import { type EnrollmentResult, verifyAuthenticatorAppEnrollment } from "../mfa/authenticator-app";
import { endRecoveryCodeSets } from "../mfa/end-recovery-code-sets";
import type { RequestSource } from "../request-source";
import type { CurrentSession } from "./current-session";
import { endAllSessions, holdSession, openSession, type SessionToken } from "./session-rows";

const FIRST_METHOD = ["pwd", "otp", "mfa"];

/**
 * Enrolls the pending app of a fresh session's person. All their sessions end and this browser gets a
 * new one: of level 2 if this was the first method, which proves it (SE-12); as it was, with the limits
 * and the restriction it had, when an app was replaced. Replacing a lost app ends the recovery codes
 * too, in the transaction that verifies the new one: whoever has the one may have the other.
 */
export async function enrollAuthenticatorApp({
  session,
  previous,
  input,
  display,
  from,
}: {
  session: CurrentSession;
  /** What became of the app before, if there is one. */
  previous: "replaced" | "lost";
  input: string;
  display: { issuer: string; account: string };
  from: RequestSource;
}): Promise<EnrollmentResult<{ first: boolean; token: SessionToken }>> {
  const { id: sessionId, userId } = session;
  return verifyAuthenticatorAppEnrollment({
    userId,
    sessionId,
    input,
    display,
    from,
    authorize: (tx) => holdSession(tx, sessionId, "fresh"),
    onVerified: async (tx, { first }) => {
      const { amr, authTime, expiresAt, restrictedUntil } = await holdSession(
        tx,
        sessionId,
        "fresh",
      );
      if (previous === "lost") await endRecoveryCodeSets(tx, { userId, endedBy: "lost", from });
      await endAllSessions(tx, userId);
      const proof = first
        ? { amr: FIRST_METHOD }
        : { amr, limits: { authTime, expiresAt }, restrictedUntil };
      const token = await openSession(tx, { userId, ...proof, previousToken: undefined, from });
      return { first, token };
    },
  });
}

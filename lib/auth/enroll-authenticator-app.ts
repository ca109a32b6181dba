import "server-only";
import { type EnrollmentResult, verifyAuthenticatorAppEnrollment } from "../mfa/authenticator-app";
import { endRecoveryCodeSets } from "../mfa/end-recovery-code-sets";
import type { RequestSource } from "../request-source";
import { admitEnrollment } from "./admit-enrollment";
import type { CurrentSession } from "./current-session";
import { endAllSessions, holdSession, openSession, type SessionToken } from "./session-rows";

const FIRST_METHOD = ["pwd", "otp", "mfa"];

/**
 * Enrolls the pending app of a fresh session's person. As the first method it opens a session of level 2
 * (`admitEnrollment`). When it replaces an app, all sessions end and this browser gets a new one as it was,
 * with the limits and the restriction it had. Replacing a lost app ends the recovery codes
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
}): Promise<EnrollmentResult<{ replaced: boolean; token: SessionToken | undefined }>> {
  const { id: sessionId, userId } = session;
  return verifyAuthenticatorAppEnrollment({
    userId,
    sessionId,
    input,
    display,
    from,
    authorize: (tx) => holdSession(tx, sessionId, "fresh"),
    onVerified: async (tx, { first, replaced }) => {
      const { amr, authTime, expiresAt, restrictedUntil } = await holdSession(
        tx,
        sessionId,
        "fresh",
      );
      if (previous === "lost") await endRecoveryCodeSets(tx, { userId, endedBy: "lost", from });
      if (!replaced) {
        const token = await admitEnrollment(tx, { userId, amr: FIRST_METHOD, first, from });
        return { replaced, token };
      }
      await endAllSessions(tx, userId);
      const limits = { authTime, expiresAt };
      const asBefore = { userId, amr, limits, restrictedUntil, from };
      return { replaced, token: await openSession(tx, { ...asBefore, previousToken: undefined }) };
    },
  });
}

import "server-only";
import { type EnrollmentResult, verifyAuthenticatorAppEnrollment } from "../mfa/authenticator-app";
import type { RequestSource } from "../request-source";
import type { CurrentSession } from "./current-session";
import { endAllSessions, openSession, type SessionToken } from "./session-rows";

/**
 * Enrolls the pending app of a fresh session's person. All their sessions end and this browser gets a
 * new one: of level 2 if this was the first method, which proves it (SE-12); as it was when an app
 * was replaced.
 */
export async function enrollAuthenticatorApp({
  session,
  input,
  display,
  from,
}: {
  session: CurrentSession;
  input: string;
  display: { issuer: string; account: string };
  from: RequestSource;
}): Promise<EnrollmentResult<{ first: boolean; token: SessionToken }>> {
  const { userId, amr } = session;
  return verifyAuthenticatorAppEnrollment({
    userId,
    input,
    display,
    steppedUpBy: amr,
    from,
    onVerified: async (tx, { first }) => {
      await endAllSessions(tx, userId);
      const methods = first ? ["pwd", "otp", "mfa"] : amr;
      const token = await openSession(tx, { userId, amr: methods, previousToken: undefined, from });
      return { first, token };
    },
  });
}

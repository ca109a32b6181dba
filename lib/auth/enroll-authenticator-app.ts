import "server-only";
import { type EnrollmentResult, verifyAuthenticatorAppEnrollment } from "../mfa/authenticator-app";
import type { RequestSource } from "../request-source";
import type { CurrentSession } from "./current-session";
import { endAllSessions, holdSession, openSession, type SessionToken } from "./session-rows";

const FIRST_METHOD = ["pwd", "otp", "mfa"];

/**
 * Enrolls the pending app of a fresh session's person. All their sessions end and this browser gets a
 * new one: of level 2 if this was the first method, which proves it (SE-12); as it was, with the limits it
 * had, when an app was replaced.
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
  const { userId, amr, authTime, expiresAt } = session;
  return verifyAuthenticatorAppEnrollment({
    userId,
    sessionId: session.id,
    input,
    display,
    steppedUpBy: amr,
    from,
    onVerified: async (tx, { first }) => {
      await holdSession(tx, session.id, "fresh");
      await endAllSessions(tx, userId);
      const proof = first ? { amr: FIRST_METHOD } : { amr, limits: { authTime, expiresAt } };
      const token = await openSession(tx, { userId, ...proof, previousToken: undefined, from });
      return { first, token };
    },
  });
}

import "server-only";
import { endRecoveryCodeSets } from "../mfa/end-recovery-code-sets";
import { amrOfKey } from "../mfa/security-key-assertion";
import { enrollSecurityKey, type SecurityKeyEnrollment } from "../mfa/security-key-enrollment";
import type { RequestSource } from "../request-source";
import { admitEnrollment } from "./admit-enrollment";
import type { CurrentSession } from "./current-session";
import { endOtherSessions, holdSession, type SessionToken } from "./session-rows";

/**
 * Enrolls a security key or passkey of a fresh session's person. As the first method it opens a session of
 * level 2 (`admitEnrollment`). When it replaces a lost one, the other sessions and the recovery codes end in
 * the same transaction: whoever has the key may have been in, and may have the codes.
 */
export async function enrollOwnSecurityKey({
  session,
  input,
  name,
  replaces,
  from,
}: {
  session: CurrentSession;
  /** What the browser said, as JSON. */
  input: string;
  /** What the person calls the key, given how it can be reached. */
  name: (transports: string[]) => string;
  /** The id of the lost key. */
  replaces: string | undefined;
  from: RequestSource;
}): Promise<SecurityKeyEnrollment<{ replaced: boolean; token: SessionToken | undefined }>> {
  const { id: sessionId, userId } = session;
  return enrollSecurityKey({
    userId,
    sessionId,
    input,
    name,
    replaces,
    from,
    authorize: (tx) => holdSession(tx, sessionId, "fresh"),
    onEnrolled: async (tx, { first, replaced, backupEligible }) => {
      if (replaced) {
        await endRecoveryCodeSets(tx, { userId, endedBy: "lost", from });
        await endOtherSessions(tx, { userId, exceptId: sessionId });
      }
      const amr = ["pwd", amrOfKey({ backupEligible }), "mfa"];
      return { replaced, token: await admitEnrollment(tx, { userId, amr, first, from }) };
    },
  });
}

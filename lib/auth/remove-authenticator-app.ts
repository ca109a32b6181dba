import "server-only";
import { transaction } from "../db/client";
import { lockUser } from "../db/lock-user";
import { removeAuthenticatorApps } from "../mfa/authenticator-app";
import { endRecoveryCodeSets } from "../mfa/end-recovery-code-sets";
import { endLoginChallengesOf } from "../mfa/login-challenge";
import { recordAuditEvent } from "../notices/audit-event";
import type { RequestSource } from "../request-source";
import type { CurrentSession } from "./current-session";
import { endOtherSessions, holdSession } from "./session-rows";

/**
 * Removes the authenticator app of an unrestricted session's person, and with the last method the
 * recovery codes: from then on the password alone opens the account (design: only removal turns MFA
 * off). Login challenges end. Says whether there was an app.
 */
export async function removeAuthenticatorApp({
  session,
  endOthers,
  from,
}: {
  session: CurrentSession;
  endOthers: "end-others" | "keep-others";
  from: RequestSource;
}): Promise<boolean> {
  const { id: sessionId, userId } = session;
  return transaction(async (tx) => {
    await lockUser(tx, userId);
    await holdSession(tx, sessionId, "unrestricted");
    if (!(await removeAuthenticatorApps(tx, userId))) return false;
    await recordAuditEvent(tx, {
      type: "authenticator_app_removed",
      userId,
      sessionId,
      method: "authenticator-app",
      from,
    });
    await endRecoveryCodeSets(tx, { userId, endedBy: "method-removed", from });
    await endLoginChallengesOf(tx, userId);
    if (endOthers === "end-others") await endOtherSessions(tx, { userId, exceptId: sessionId });
    return true;
  });
}

import "server-only";
import { type Tx, transaction } from "../db/client";
import { lockUser } from "../db/lock-user";
import { removeAuthenticatorApps } from "../mfa/authenticator-app";
import { endRecoveryCodeSets } from "../mfa/end-recovery-code-sets";
import { hasMethod } from "../mfa/has-method";
import { endLoginChallengesOf } from "../mfa/login-challenge";
import { liftReportsOnTheLast } from "../mfa/loss-report";
import type { EnrolledMethod } from "../mfa/method-names";
import { findEnrolledMethods, meetsPolicy, without } from "../mfa/methods";
import { removeSecurityKey } from "../mfa/security-keys";
import { removeSparekeyAuthenticator } from "../mfa/sparekey-authenticators";
import { type AuditEvent, recordAuditEvent } from "../notices/audit-event";
import type { RequestSource } from "../request-source";
import type { CurrentSession } from "./current-session";
import { endOtherSessions, holdSession } from "./session-rows";

export type RemovalResult =
  /** `last`: from now on the password alone opens the account. */
  | { removed: true; last: boolean }
  /** `needed`: the policy demands a method of the person by now, and they would have none that counts. */
  | { removed: false; reason: "needed" }
  /** It is gone already, or never was this person's. */
  | { removed: false; reason: "not-there" };

/**
 * Removes a method of an unrestricted session's person, and with the last one the recovery codes: only
 * removal turns MFA off (design). Where the policy demands a method (LC-09), the last one that counts stays:
 * without it whoever knows the password could be the first to add another. Login challenges end. What was
 * enrolled when leaves its row (63B §4.1).
 */
export async function removeMethod({
  session,
  method,
  endOthers,
  from,
}: {
  session: CurrentSession;
  method: EnrolledMethod;
  endOthers: "end-others" | "keep-others";
  from: RequestSource;
}): Promise<RemovalResult> {
  const { id: sessionId, userId } = session;
  return transaction(async (tx) => {
    await lockUser(tx, userId);
    await holdSession(tx, sessionId, "unrestricted");
    const methods = await findEnrolledMethods(userId, tx);
    if (!meetsPolicy(without(methods, method))) return { removed: false, reason: "needed" };
    const told = await remove(tx, userId, method);
    if (!told) return { removed: false, reason: "not-there" };
    await recordAuditEvent(tx, { userId, sessionId, method: method.method, from, ...told });
    const last = !(await hasMethod(tx, userId));
    if (last) await endRecoveryCodeSets(tx, { userId, endedBy: "method-removed", from });
    else await liftReportsOnTheLast(tx, { userId, from });
    await endLoginChallengesOf(tx, userId);
    if (endOthers === "end-others") await endOtherSessions(tx, { userId, exceptId: sessionId });
    return { removed: true, last };
  });
}

/** What is to be recorded of it, or nothing if it was not there. */
async function remove(
  tx: Tx,
  userId: string,
  { method, id }: EnrolledMethod,
): Promise<Pick<AuditEvent, "type" | "methodName"> | undefined> {
  switch (method) {
    case "authenticator-app":
      return (await removeAuthenticatorApps(tx, userId))
        ? { type: "authenticator_app_removed" }
        : undefined;
    case "notification": {
      const methodName = await removeSparekeyAuthenticator(tx, { userId, id });
      return methodName === undefined
        ? undefined
        : { type: "sparekey_authenticator_removed", methodName };
    }
    case "security-key": {
      const methodName = await removeSecurityKey(tx, { userId, id });
      return methodName === undefined ? undefined : { type: "security_key_removed", methodName };
    }
  }
}

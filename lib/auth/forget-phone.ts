import "server-only";
import { transaction } from "../db/client";
import { lockUser } from "../db/lock-user";
import { hasMethod } from "../mfa/has-method";
import { endLoginChallengesOf } from "../mfa/login-challenge";
import { liftReportsOnTheLast } from "../mfa/loss-report";
import type { SigningAuthenticator } from "../mfa/signed-request";
import { removeSparekeyAuthenticator } from "../mfa/sparekey-authenticators";
import { recordAuditEvent } from "../notices/audit-event";
import type { RequestSource } from "../request-source";

export type ForgetResult =
  | { removed: true }
  /** It is the person's last method: only a session of theirs turns MFA off (design). */
  | { removed: false; reason: "last-method" };

class LastMethod extends Error {}

/**
 * Disconnects a phone that asks for it with its own key, and tells the person as for any removal. A phone that is
 * the last method stays enrolled: holding it, without the password, must not weaken the account. It then forgets
 * its key alone, and the account goes on asking for it.
 */
export async function forgetPhone(
  { id, userId }: SigningAuthenticator,
  from: RequestSource,
): Promise<ForgetResult> {
  try {
    await transaction(async (tx) => {
      await lockUser(tx, userId);
      const methodName = await removeSparekeyAuthenticator(tx, { userId, id });
      if (!(await hasMethod(tx, userId))) throw new LastMethod();
      if (methodName === undefined) return; // by the owner, a moment ago
      const type = "sparekey_authenticator_removed";
      await recordAuditEvent(tx, { type, userId, method: "notification", methodName, from });
      await liftReportsOnTheLast(tx, { userId, from });
      await endLoginChallengesOf(tx, userId);
    });
    return { removed: true };
  } catch (error) {
    if (error instanceof LastMethod) return { removed: false, reason: "last-method" };
    throw error;
  }
}

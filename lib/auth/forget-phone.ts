import "server-only";
import { transaction } from "../db/client";
import { lockUser } from "../db/lock-user";
import { endLoginChallengesOf } from "../mfa/login-challenge";
import { liftReportsOnTheLast } from "../mfa/loss-report";
import {
  type EnrolledMethods,
  enrolledMethods,
  findEnrolledMethods,
  meetsPolicy,
  without,
} from "../mfa/methods";
import type { SigningAuthenticator } from "../mfa/signed-request";
import { removeSparekeyAuthenticator } from "../mfa/sparekey-authenticators";
import { recordAuditEvent } from "../notices/audit-event";
import type { RequestSource } from "../request-source";

export type ForgetResult =
  | { removed: true }
  /** It is the person's last method: only a session of theirs turns MFA off (design). */
  | { removed: false; reason: "last-method" }
  /** The last that counts where the policy demands one: nothing removes it (LC-09). */
  | { removed: false; reason: "needed" }
  /** Reported lost: whoever holds it is perhaps not the owner. */
  | { removed: false; reason: "suspended" };

type Refusal = Extract<ForgetResult, { removed: false }>["reason"];

/**
 * Disconnects a phone that asks for it with its own key, and tells the person as for any removal. Holding a phone,
 * without the password, must not weaken the account: one that is the last method, or the last that counts, stays
 * enrolled, and so does one that was reported lost. It then forgets its key alone, and the account goes on asking
 * for it.
 */
export async function forgetPhone(
  { id, userId }: Pick<SigningAuthenticator, "id" | "userId">,
  from: RequestSource,
): Promise<ForgetResult> {
  return transaction(async (tx) => {
    await lockUser(tx, userId);
    const reason = findRefusal(await findEnrolledMethods(userId, tx), id);
    if (reason) return { removed: false, reason };
    const methodName = await removeSparekeyAuthenticator(tx, { userId, id });
    if (methodName === undefined) return { removed: true }; // by the owner, a moment ago
    const type = "sparekey_authenticator_removed";
    await recordAuditEvent(tx, { type, userId, method: "notification", methodName, from });
    await liftReportsOnTheLast(tx, { userId, from });
    await endLoginChallengesOf(tx, userId);
    return { removed: true };
  });
}

function findRefusal(methods: EnrolledMethods, id: string): Refusal | undefined {
  const phone = methods.sparekeyAuthenticators.find((one) => one.id === id);
  if (!phone) return undefined;
  if (phone.suspendedAt) return "suspended";
  const left = without(methods, { method: "notification", id });
  if (enrolledMethods(left).every((method) => method === "recovery-codes")) return "last-method";
  return meetsPolicy(left) ? undefined : "needed";
}

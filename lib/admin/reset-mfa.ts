import "server-only";
import type { CurrentSession } from "../auth/current-session";
import { holdAdministrator } from "../auth/hold-administrator";
import { resetMethods } from "../auth/reset-methods";
import { transaction } from "../db/client";
import { lockPeople } from "../db/lock-people";
import { recordAuditEvent } from "../notices/audit-event";
import type { RequestSource } from "../request-source";
import { createRequest, type RequestRefusal } from "./administrative-requests";
import { findHelpable, type HelpRefusal, needsSecondAdministrator } from "./locked-out-person";

export type MfaResetResult =
  | { reset: true }
  /** It waits for a second administrator. */
  | { reset: false; reason: "requested" }
  | ({ reset: false } & RequestRefusal)
  | { reset: false; reason: HelpRefusal };

/**
 * Takes all verification methods and codes of another person away, for the fresh session of an administrator
 * (LC-06, LC-09): they begin anew with their password and a link mailed to their verified address. Where a
 * second administrator is needed, it only asks for one.
 */
export async function askForMfaReset({
  session,
  userId,
  reason,
  from,
}: {
  session: CurrentSession;
  userId: string;
  reason: string;
  from: RequestSource;
}): Promise<MfaResetResult> {
  const actorId = session.userId;
  return transaction(async (tx) => {
    await lockPeople(tx, [actorId, userId]);
    await holdAdministrator(tx, session, "unrestricted");
    const { person, refusal } = await findHelpable(tx, { userId, actorId, act: "reset-mfa" });
    if (refusal) return { reset: false, reason: refusal };
    const event = { userId, actorId, reason, from };
    if (await needsSecondAdministrator(person, tx)) {
      const asked = await createRequest(tx, { kind: "reset-mfa", ...event });
      if (!asked.requested) return { reset: false, ...asked.refusal };
      return { reset: false, reason: "requested" };
    }
    await resetMethods(tx, userId);
    await recordAuditEvent(tx, { type: "mfa_reset", ...event });
    return { reset: true };
  });
}

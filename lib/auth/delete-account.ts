import "server-only";
import { transaction } from "../db/client";
import { recordAuditEvent } from "../notices/audit-event";
import { forgetInvitedMailboxes } from "../notices/invitations";
import type { RequestSource } from "../request-source";
import { lockAdministrators } from "./administrators";
import type { CurrentSession } from "./current-session";
import { leaveAdministration } from "./leave-administration";
import { holdSession } from "./session-rows";

export type AccountDeletion =
  | { deleted: true }
  /** Somebody must be left who can administer the portal. */
  | { deleted: false; reason: "last-administrator" };

/**
 * Deletes the account of an unrestricted session's person: codes, methods, sessions and links end in the
 * same transaction. All verified addresses are told first; their rows stay until that mail has left.
 * What happened stays on record, by ids alone (63B §4.1). Refuses for the last administrator.
 */
export async function deleteAccount({
  session: { id: sessionId, userId },
  from,
}: {
  session: CurrentSession;
  from: RequestSource;
}): Promise<AccountDeletion> {
  return transaction(async (tx) => {
    const { isLast } = await lockAdministrators(tx, userId);
    await holdSession(tx, sessionId, "unrestricted");
    if (isLast) return { deleted: false, reason: "last-administrator" };
    await leaveAdministration(tx, userId);
    await recordAuditEvent(tx, { type: "account_deleted", userId, sessionId, from });
    await forgetInvitedMailboxes(tx, userId);
    await tx.address.updateMany({
      where: { userId, removedAt: null },
      data: { removedAt: new Date() },
    });
    await tx.user.delete({ where: { id: userId } }); // and all that hangs on it
    return { deleted: true };
  });
}

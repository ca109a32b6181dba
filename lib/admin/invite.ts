import "server-only";
import { findAccountsOfAddress } from "../auth/accounts-of-address";
import type { CurrentSession } from "../auth/current-session";
import { parseEmailAddress } from "../auth/email-address";
import { holdAdministrator } from "../auth/hold-administrator";
import { transaction } from "../db/client";
import { lockAddress } from "../db/lock-address";
import { lockUser } from "../db/lock-user";
import { recordAuditEvent } from "../notices/audit-event";
import { cancelInvitation, mailInvitation } from "../notices/invitations";
import type { RequestSource } from "../request-source";

/** A stolen session sends no more than this, and nobody types as many. */
const INVITATIONS_AN_HOUR = 100;
const HOUR_MS = 3_600_000;

export type InvitationResult =
  | { invited: true; email: string }
  /** `email`: it is no address. `account`: an account has verified it. */
  | { invited: false; reason: "email" | "account" | "too-many" };

/**
 * Mails an invitation, from an administrator whose session is fresh and unrestricted; another one to the
 * same address ends. Refuses an address that has a verified account: administrators may know that.
 */
export async function inviteByMail({
  session,
  email: input,
  role,
  from,
}: {
  session: CurrentSession;
  /** As typed. */
  email: string;
  role: "USER" | "ADMINISTRATOR";
  from: RequestSource;
}): Promise<InvitationResult> {
  const email = parseEmailAddress(input);
  if (!email) return { invited: false, reason: "email" };
  const { id: sessionId, userId: invitedById } = session;
  return transaction(async (tx) => {
    await lockAddress(tx, email);
    await lockUser(tx, invitedById); // so that two at once count each other
    await holdAdministrator(tx, session, "unrestricted");
    const accounts = await findAccountsOfAddress(tx, email);
    if (accounts.some(({ isVerified }) => isVerified)) {
      return { invited: false, reason: "account" };
    }
    const recent = await tx.invitation.count({
      where: { invitedById, createdAt: { gt: new Date(Date.now() - HOUR_MS) } },
    });
    if (recent >= INVITATIONS_AN_HOUR) return { invited: false, reason: "too-many" };
    const addressId = await mailInvitation(tx, { email, role, invitedById });
    const event = { userId: invitedById, sessionId, addressId, actorId: invitedById, from };
    await recordAuditEvent(tx, { type: "invitation_sent", ...event });
    return { invited: true, email };
  });
}

/**
 * Ends an open invitation, whichever administrator sent it, so that its link does nothing. `id` is a UUID.
 * Says whether it was open.
 */
export async function withdrawInvitation({
  session,
  id,
  from,
}: {
  session: CurrentSession;
  id: string;
  from: RequestSource;
}): Promise<boolean> {
  const { id: sessionId, userId } = session;
  return transaction(async (tx) => {
    await holdAdministrator(tx, session, "unrestricted");
    const cancelled = await cancelInvitation(tx, id);
    if (!cancelled) return false;
    const event = { userId, sessionId, ...cancelled, actorId: userId, from };
    await recordAuditEvent(tx, { type: "invitation_cancelled", ...event });
    return true;
  });
}

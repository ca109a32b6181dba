import "server-only";
import { randomUUID } from "node:crypto";
import { db, type Tx } from "../db/client";
import { currentKeyId } from "../keys";
import { hashToken } from "../random-token";
import { PORTAL_ITSELF } from "../request-source";
import { recordUntoldEvents } from "./audit-event";
import { deriveMailLinkToken } from "./mail-links";
import { queueMail } from "./outbox";

/** An invitation that can still be accepted. */
export type Invitation = {
  id: string;
  email: string;
  role: "USER" | "ADMINISTRATOR";
  invitedById: string;
  createdAt: Date;
  expiresAt: Date;
};

const LIFE_HOURS = 72; // who is away for a weekend can still join

/**
 * Makes an invitation to a mailbox and queues the mail that carries its link. The database has the hash of
 * its token; the outbox derives the token again when it sends. An older one to the same mailbox ends, on record.
 * The transaction holds the address. Returns the id of the mailbox.
 */
export async function mailInvitation(
  tx: Tx,
  invitation: Pick<Invitation, "email" | "role" | "invitedById">,
): Promise<string> {
  const { email, invitedById } = invitation;
  const id = randomUUID();
  const keyId = currentKeyId();
  const createdAt = new Date();
  const expiresAt = new Date(createdAt.getTime() + LIFE_HOURS * 3_600_000);
  const tokenHash = hashToken(deriveInvitationToken({ id, keyId }));
  await cancelOpen(tx, { email }, { actorId: invitedById });
  await tx.invitation.create({
    data: { id, keyId, ...invitation, tokenHash, createdAt, expiresAt },
  });
  // A mailbox of nobody yet, which stays as long as the event that names it (`forgetInvitedMailboxes`).
  const { id: addressId } = await tx.address.create({
    data: { userId: id, email, addedAt: createdAt, removedAt: createdAt },
    select: { id: true },
  });
  await queueMail(tx, { addressId, template: "invitation", linkId: id });
  return addressId;
}

/** The token of an invitation's link: 256 bits that only who has the key and the id can compute. */
export function deriveInvitationToken({ id, keyId }: { id: string; keyId: string }): string {
  return deriveMailLinkToken({ id, keyId, purpose: "invitation" });
}

/** The open invitation behind a token; `undefined` if it is spent, cancelled or over. Changes nothing. */
export async function findInvitation(token: string): Promise<Invitation | undefined> {
  const prisma = await db();
  const found = await prisma.invitation.findFirst({
    where: { tokenHash: hashToken(token), ...isOpen() },
    select: SHOWN,
  });
  return found ?? undefined;
}

/** The invitations that can still be accepted, the newest first. */
export async function listOpenInvitations(): Promise<Invitation[]> {
  const prisma = await db();
  return prisma.invitation.findMany({
    where: isOpen(),
    select: SHOWN,
    orderBy: [{ createdAt: "desc" }, { id: "asc" }],
    take: LISTED,
  });
}

const LISTED = 500; // more than a page should hold; those that follow show when these are over

/** Spends an invitation, once, in the transaction that makes its account. Says whether it was still open. */
export async function spendInvitation(tx: Tx, id: string): Promise<boolean> {
  const { count } = await tx.invitation.updateMany({
    where: { id, ...isOpen() },
    data: { usedAt: new Date() },
  });
  return count === 1;
}

/** Ends an open invitation. Gives the id of its mailbox if that is known; `undefined` if there was no open one. */
export async function cancelInvitation(
  tx: Tx,
  id: string,
): Promise<{ addressId?: string } | undefined> {
  const { count } = await tx.invitation.updateMany({
    where: { id, ...isOpen() },
    data: { cancelledAt: new Date() },
  });
  if (count !== 1) return undefined;
  const invited = await tx.address.findFirst({ where: { userId: id }, select: { id: true } });
  return invited ? { addressId: invited.id } : {};
}

/**
 * Forgets that the addresses of a person were invited, in the transaction that deletes their account: what they
 * verified is theirs to take along, and events keep the id alone.
 */
export async function forgetInvitedMailboxes(tx: Tx, userId: string): Promise<void> {
  await tx.$executeRaw`
    DELETE FROM "Address" a
    WHERE a."email" IN (SELECT own."email" FROM "Address" own
        WHERE own."userId" = ${userId}::uuid AND own."verifiedAt" IS NOT NULL)
      AND EXISTS (SELECT 1 FROM "AuditEvent" e
        WHERE e."addressId" = a."id" AND e."type" = 'invitation_sent')`;
}

/**
 * Ends the open invitations of somebody who administers no more, so that nobody comes back by one that
 * they sent to themselves. Each end is on record as the portal's doing.
 */
export async function cancelInvitationsOf(tx: Tx, userId: string): Promise<void> {
  await cancelOpen(tx, { invitedById: userId }, {});
}

async function cancelOpen(
  tx: Tx,
  which: { email: string } | { invitedById: string },
  by: { actorId?: string },
): Promise<void> {
  const cancelled = await tx.invitation.updateManyAndReturn({
    where: { ...which, ...isOpen() },
    data: { cancelledAt: new Date() },
    select: { id: true, invitedById: true },
  });
  const mailboxes = await tx.address.findMany({
    where: { userId: { in: cancelled.map(({ id }) => id) } },
    select: { id: true, userId: true },
  });
  const addressIds = new Map(mailboxes.map(({ id, userId }) => [userId, id]));
  const events = cancelled.map(({ id, invitedById: userId }) => {
    const addressId = addressIds.get(id);
    const event = { userId, ...(addressId && { addressId }), ...by, from: PORTAL_ITSELF };
    return { type: "invitation_cancelled" as const, ...event };
  });
  await recordUntoldEvents(tx, events);
}

const isOpen = () => ({ usedAt: null, cancelledAt: null, expiresAt: { gt: new Date() } });

const SHOWN = {
  id: true,
  email: true,
  role: true,
  invitedById: true,
  createdAt: true,
  expiresAt: true,
} as const;

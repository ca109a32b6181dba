import "server-only";
import { db } from "../db/client";
import { type AuditEventType, isAuditEventType } from "./audit-event";

/** One thing that happened in a person's account, as they may see it. */
export type Activity = {
  id: string;
  at: Date;
  /** None for an event of a version that this server does not know. */
  type: AuditEventType | undefined;
  address: string;
  userAgent: string;
  method: string | null;
  methodName: string | null;
  setLetter: string | null;
  codeNumber: number | null;
  codesLeft: number | null;
  /** The mailbox it is about. */
  email: string | undefined;
  /** Who did it to them, administering the portal, and why; none for what they did themselves. */
  administratorId: string | undefined;
  reason: string | null;
};

const PAGE = 30;

/**
 * A page of a person's own history, the newest first. `before` is the id (a UUID) of the last event on
 * the page before; one that is not this person's begins at the top. `older` is what the
 * next page begins before; none on the last.
 */
export async function listActivity({
  userId,
  before,
}: {
  userId: string;
  before: string | undefined;
}): Promise<{ events: Activity[]; older: string | undefined }> {
  const prisma = await db();
  const last = await findOwnEvent(userId, before);
  const rows = await prisma.auditEvent.findMany({
    where: {
      userId,
      ...(last && { OR: [{ at: { lt: last.at } }, { at: last.at, id: { lt: last.id } }] }),
    },
    orderBy: [{ at: "desc" }, { id: "desc" }],
    take: PAGE + 1,
  });
  const emails = await findEmails(userId);
  const events = rows.slice(0, PAGE).map((row) => ({
    id: row.id,
    at: row.at,
    type: isAuditEventType(row.type) ? row.type : undefined,
    address: row.address,
    userAgent: row.userAgent,
    method: row.method,
    methodName: row.methodName,
    setLetter: row.setLetter,
    codeNumber: row.codeNumber,
    codesLeft: row.codesLeft,
    email: emails.get(row.addressId ?? ""),
    administratorId: isByOther(row) ? (row.actorId ?? undefined) : undefined,
    reason: row.reason,
  }));
  return { events, older: rows.length > PAGE ? events.at(-1)?.id : undefined };
}

/** Who accepts an invitation does so themselves, though its event names who sent it. */
const isByOther = ({
  type,
  actorId,
  userId,
}: {
  type: string;
  actorId: string | null;
  userId: string | null;
}) => actorId !== userId && type !== "invitation_accepted";

async function findOwnEvent(userId: string, id: string | undefined) {
  if (!id) return undefined;
  const prisma = await db();
  return prisma.auditEvent.findFirst({ where: { id, userId }, select: { id: true, at: true } });
}

async function findEmails(userId: string): Promise<Map<string, string>> {
  const prisma = await db();
  const addresses = await prisma.address.findMany({ where: { userId } });
  return new Map(addresses.map(({ id, email }) => [id, email]));
}

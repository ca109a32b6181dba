import "server-only";
import type { AdministratorProof } from "../auth/hold-administrator";
import { db } from "../db/client";
import type { AuditEvent, Prisma } from "../db/generated/client";
import { type AuditEventType, isAuditEventType } from "../notices/audit-event";
import { type AuditView, whereInAuditView } from "./audit-view";

/** Somebody whom an event names. An event holds the id alone: without a name, the account is gone. */
export type NamedPerson = { id: string; name: string | undefined; email: string | undefined };

/** An event as administrators see it. */
export type AuditEntry = Omit<AuditEvent, "type" | "userId" | "actorId" | "addressId"> & {
  /** None for an event of a version that this server does not know. */
  type: AuditEventType | undefined;
  recordedType: string;
  person: NamedPerson | undefined;
  actor: NamedPerson | undefined;
  /** The mailbox it is about, while it is there. */
  email: string | undefined;
};

const EVENTS_ON_A_PAGE = 50;

/**
 * A page of the events of a view, the newest first. `before` is the id (a UUID) of the last event of the
 * page before; without one, or when there is no such event, it is the first page. `older` is what the next
 * page begins before; none on the last. A page costs the same wherever it is (keyset).
 */
export async function listAuditEvents(
  _by: AdministratorProof,
  view: AuditView,
  { before, take = EVENTS_ON_A_PAGE }: { before: string | undefined; take?: number },
): Promise<{ events: AuditEntry[]; older: string | undefined }> {
  const prisma = await db();
  const rows = await prisma.auditEvent.findMany({
    where: { AND: [whereInAuditView(view), ...(await beginBefore(before))] },
    orderBy: [{ at: "desc" }, { id: "desc" }],
    take: take + 1,
  });
  const events = await nameEverybody(rows.slice(0, take));
  return { events, older: rows.length > take ? events.at(-1)?.id : undefined };
}

async function beginBefore(id: string | undefined): Promise<Prisma.AuditEventWhereInput[]> {
  if (!id) return [];
  const prisma = await db();
  const last = await prisma.auditEvent.findUnique({ where: { id }, select: { at: true } });
  if (!last) return [];
  const { at } = last;
  // The first condition says nothing new, and is what the index begins at.
  return [{ at: { lte: at } }, { OR: [{ at: { lt: at } }, { id: { lt: id } }] }];
}

async function nameEverybody(rows: AuditEvent[]): Promise<AuditEntry[]> {
  const prisma = await db();
  const ids = rows.flatMap(({ userId, actorId }) => [userId, actorId]).filter((id) => id !== null);
  const addressIds = rows.map(({ addressId }) => addressId).filter((id) => id !== null);
  const [people, addresses] = await Promise.all([
    prisma.user.findMany({
      where: { id: { in: [...new Set(ids)] } },
      select: { id: true, name: true, email: true },
    }),
    prisma.address.findMany({
      where: { id: { in: addressIds } },
      select: { id: true, email: true },
    }),
  ]);
  const names = new Map(people.map((person) => [person.id, person]));
  const emails = new Map(addresses.map(({ id, email }) => [id, email]));
  const named = (id: string | null): NamedPerson | undefined =>
    id === null ? undefined : (names.get(id) ?? { id, name: undefined, email: undefined });
  return rows.map(({ type, userId, actorId, addressId, ...row }) => ({
    ...row,
    type: isAuditEventType(type) ? type : undefined,
    recordedType: type,
    person: named(userId),
    actor: named(actorId),
    email: emails.get(addressId ?? ""),
  }));
}

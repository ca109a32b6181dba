import "server-only";
import { db, type Tx } from "../db/client";

// As long as a change of the login address waits: time to read the mail about the role, and to object.
const SETTLING_HOURS = 72;
const HOUR_MS = 3_600_000;

/**
 * Whether the role of an administrator was taken from a person (a UUID) within the last 72 hours. Who takes it
 * is one administrator alone, and would else be rid of the second one with it (LC-06). In a transaction, it needs
 * its `tx`.
 */
export async function hasLostRoleLately(userId: string, tx?: Tx): Promise<boolean> {
  const prisma = tx ?? (await db());
  const at = { gt: new Date(Date.now() - SETTLING_HOURS * HOUR_MS) };
  return (await prisma.auditEvent.count({ where: { userId, type: "role_taken", at } })) > 0;
}

/**
 * From when on all of these people (UUIDs) have been administrators for 72 hours; `undefined` if they have, as
 * whoever had the role from the first. One who was let in a moment ago may be a second account of who let them in
 * (LC-06). In a transaction, it needs its `tx`.
 */
export async function findSettlingOfRoles(
  userIds: readonly string[],
  tx?: Tx,
): Promise<Date | undefined> {
  const prisma = tx ?? (await db());
  const at = { gt: new Date(Date.now() - SETTLING_HOURS * HOUR_MS) };
  const newest = await prisma.auditEvent.findFirst({
    where: { userId: { in: [...userIds] }, type: "role_given", at },
    select: { at: true },
    orderBy: { at: "desc" },
  });
  return newest ? new Date(newest.at.getTime() + SETTLING_HOURS * HOUR_MS) : undefined;
}

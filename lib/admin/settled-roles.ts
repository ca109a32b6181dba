import "server-only";
import { db, type Tx } from "../db/client";

// As long as a change of the login address waits: time to read the mail about the role, and to object.
const SETTLING_HOURS = 72;
const HOUR_MS = 3_600_000;
const DECIDERS = 2; // one asks, another approves

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
 * (LC-06). Nobody waits where hardly anybody could decide instead: where, besides `userId` whom it is about, there are not
 * two who have had the role so long. In a transaction, it needs its `tx`.
 */
export async function findSettlingOfRoles(
  { deciders, userId }: { deciders: readonly string[]; userId: string },
  tx?: Tx,
): Promise<Date | undefined> {
  const prisma = tx ?? (await db());
  const at = { gt: new Date(Date.now() - SETTLING_HOURS * HOUR_MS) };
  const changes = await prisma.auditEvent.findMany({
    where: { type: { in: ["role_given", "role_taken"] }, at },
    select: { type: true, userId: true, at: true },
    orderBy: [{ at: "asc" }, { id: "asc" }],
  });
  const newest = changes.findLast(
    ({ type, userId: id }) => type === "role_given" && id && deciders.includes(id),
  );
  if (!newest) return undefined;
  const bearers = await listBearers(prisma, { lately: at, changes });
  const settled = bearers.filter((id) => id !== userId && !isNew(id, changes));
  if (settled.length < DECIDERS) return undefined;
  return new Date(newest.at.getTime() + SETTLING_HOURS * HOUR_MS);
}

type RoleChange = { type: string; userId: string | null };

/** Whose role was taken first had it before, so that nobody is made new by taking and giving it back. */
const isNew = (id: string, changes: readonly RoleChange[]) =>
  changes.find(({ userId }) => userId === id)?.type === "role_given";

/** Who is an administrator, or was one until lately: else somebody could first get rid of those who might decide. */
async function listBearers(
  prisma: Tx,
  { lately, changes }: { lately: { gt: Date }; changes: readonly RoleChange[] },
): Promise<string[]> {
  const lost = changes.flatMap(({ type, userId }) =>
    type === "role_taken" && userId ? [userId] : [],
  );
  const enabled = [{ disabledAt: null }, { disabledAt: lately }];
  const bearers = await prisma.user.findMany({
    where: { OR: [{ role: "ADMINISTRATOR", OR: enabled }, { id: { in: lost } }] },
    select: { id: true },
  });
  return bearers.map(({ id }) => id);
}

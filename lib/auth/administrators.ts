import "server-only";
import { db, type Tx } from "../db/client";

/**
 * Holds the rows of all who can administer, and of the person it is about, until the transaction ends: all
 * in one order, so that two of them cannot both leave as the last but one, and nobody waits for each other.
 * Taken before anybody else is locked. Says whether nobody but this person could administer.
 */
export async function lockAdministrators(tx: Tx, userId: string): Promise<{ isLast: boolean }> {
  const rows = await tx.$queryRaw<{ id: string; administers: boolean }[]>`
    SELECT "id"::text AS "id", "role" = 'ADMINISTRATOR' AND "disabledAt" IS NULL AS "administers"
    FROM "User"
    WHERE ("role" = 'ADMINISTRATOR' AND "disabledAt" IS NULL) OR "id" = ${userId}::uuid
    ORDER BY "id" FOR UPDATE`;
  const administrators = rows.filter(({ administers }) => administers);
  return { isLast: administrators.length === 1 && administrators[0]?.id === userId };
}

/** Whether nobody else could administer the portal: for a page, before `lockAdministrators` asks for good. */
export async function isLastAdministrator(userId: string): Promise<boolean> {
  const prisma = await db();
  const administrators = await prisma.user.findMany({
    where: { role: "ADMINISTRATOR", disabledAt: null },
    select: { id: true },
    take: 2,
  });
  return administrators.length === 1 && administrators[0]?.id === userId;
}

import "server-only";
import { db, type Tx } from "../db/client";

/**
 * Holds the rows of all who can administer until the transaction ends, in one order, so that two of them
 * cannot both leave as the last but one. Taken before anybody else is locked. `isLast` says whether nobody
 * but this person could administer.
 */
export async function lockAdministrators(tx: Tx): Promise<{ isLast: (userId: string) => boolean }> {
  const rows = await tx.$queryRaw<{ id: string }[]>`
    SELECT "id"::text AS "id" FROM "User"
    WHERE "role" = 'ADMINISTRATOR' AND "disabledAt" IS NULL ORDER BY "id" FOR UPDATE`;
  return { isLast: (userId) => rows.length === 1 && rows[0]?.id === userId };
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

import "server-only";
import type { Tx } from "./client";

/**
 * Holds the rows of several people until the transaction ends, always in the same order: two administrators
 * who act on each other wait and do not block one another.
 */
export async function lockPeople(tx: Tx, userIds: readonly string[]): Promise<void> {
  await tx.$queryRaw`
    SELECT 1 AS "held" FROM "User" WHERE "id" = ANY(${userIds}::uuid[]) ORDER BY "id" FOR UPDATE`;
}

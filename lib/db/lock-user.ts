import "server-only";
import type { Tx } from "./client";

/** Holds a person's row until the transaction ends, so that what is decided about them stays true. */
export async function lockUser(tx: Tx, userId: string): Promise<void> {
  await tx.$queryRaw`SELECT 1 AS "held" FROM "User" WHERE "id" = ${userId}::uuid FOR UPDATE`;
}

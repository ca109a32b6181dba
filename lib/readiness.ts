import "server-only";
import { db } from "./db/client";

/** Whether the database answers a trivial question. */
export async function isDatabaseReady(): Promise<boolean> {
  try {
    const prisma = await db();
    await prisma.$queryRaw`SELECT 1 AS "one"`;
    return true;
  } catch {
    return false; // the reason is for the operator: it is in the database's own log
  }
}

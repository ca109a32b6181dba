import "server-only";
import type { Tx } from "./client";

/**
 * Holds an e-mail address until the transaction ends, whether an account bears it or not, so that whose it
 * is stays true. Taken before any person is locked, or two transactions could wait for each other.
 */
export async function lockAddress(tx: Tx, email: string): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${email}, 0))`;
}

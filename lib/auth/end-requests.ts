import "server-only";
import type { Tx } from "../db/client";

/**
 * Ends the open requests for a second administrator, approved or not, that somebody made or that are about them,
 * in the transaction that gives the reason.
 */
export async function endRequests(
  tx: Tx,
  whose: { requestedById: string } | { userId: string },
): Promise<void> {
  const now = new Date();
  await tx.administrativeRequest.updateMany({
    where: { ...whose, declinedAt: null, doneAt: null, expiresAt: { gt: now } },
    data: { declinedAt: now },
  });
}

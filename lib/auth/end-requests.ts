import "server-only";
import type { Tx } from "../db/client";
import { recordAuditEvent } from "../notices/audit-event";
import { PORTAL_ITSELF } from "../request-source";

/**
 * Ends the open requests for a second administrator, approved or not, that somebody made or that are about them,
 * in the transaction that gives the reason. Each end is on record as the portal's doing, and told to whom it is about.
 */
export async function endRequests(
  tx: Tx,
  whose: { requestedById: string } | { userId: string },
): Promise<void> {
  const now = new Date();
  const ended = await tx.administrativeRequest.updateManyAndReturn({
    where: { ...whose, declinedAt: null, doneAt: null, expiresAt: { gt: now } },
    data: { declinedAt: now },
    select: { userId: true, reason: true },
  });
  const type = "administrative_request_declined";
  for (const request of ended) {
    await recordAuditEvent(tx, { type, ...request, from: PORTAL_ITSELF });
  }
}

import "server-only";
import type { Tx } from "../db/client";
import { recordAuditEvent } from "../notices/audit-event";
import type { RequestSource } from "../request-source";

/** How long an account is kept whose address nobody verifies. */
export const RELEASE_DAYS = 7; // a week's holiday; a stranger's account is in nobody's way (see verify-address.ts)

/**
 * Deletes an account whose address was never verified, with its sessions and links, so that the address is
 * free of it. Never an administrator's, and never one that was verified meanwhile. Says whether it did.
 */
export async function releaseAccount(
  tx: Tx,
  { userId, from }: { userId: string; from: RequestSource },
): Promise<boolean> {
  const { count } = await tx.user.deleteMany({
    where: { id: userId, verifiedEmail: null, role: { not: "ADMINISTRATOR" } },
  });
  if (count !== 1) return false;
  await tx.address.updateMany({
    where: { userId, removedAt: null },
    data: { removedAt: new Date() },
  });
  await recordAuditEvent(tx, { type: "account_released", userId, from });
  return true;
}

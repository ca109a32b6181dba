import "server-only";
import type { Tx } from "../db/client";
import { settleApprovalRequests } from "../mfa/approval-requests";
import { VERIFICATION_METHODS } from "../mfa/method-names";
import { liftWaits } from "../mfa/throttle";
import type { EmailAddress } from "./email-address";
import { ownPasswordThrottle, passwordThrottle } from "./password-throttle";

/**
 * Ends every wait that somebody's failures began: of the person's password in all browsers, and of all
 * their methods, and every pause of their notifications. The counts stay, so the next failure waits longer, not
 * shorter. For the transaction that
 * changes or resets the password: whoever knew the old one, or flooded the login, keeps the owner out no
 * longer, and has won no guess by it.
 */
export async function liftAllWaits(
  tx: Tx,
  { userId, address }: { userId: string; address: EmailAddress },
): Promise<void> {
  // Only its owner speaks for an address: a stranger may have an account of his own there, and would
  // change its password before each guess at the owner's.
  const owners = await tx.user.count({ where: { id: userId, verifiedEmail: address } });
  if (owners > 0) await liftWaits(tx, passwordThrottle(address));
  await liftWaits(tx, ownPasswordThrottle(userId));
  for (const method of VERIFICATION_METHODS) await liftWaits(tx, { subject: userId, method });
  await settleApprovalRequests(tx, userId);
}

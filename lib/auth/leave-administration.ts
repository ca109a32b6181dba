import "server-only";
import type { Tx } from "../db/client";
import { cancelInvitationsOf } from "../notices/invitations";
import { endRequests } from "./end-requests";

/**
 * Ends what somebody began as an administrator who administers no more, or not until they have a method again, in
 * the transaction that says so and holds them: their open invitations, and the requests that wait for a second
 * administrator or, approved, for themselves. Nobody comes back by the one, and no person is kept from help by the
 * other.
 */
export async function leaveAdministration(tx: Tx, userId: string): Promise<void> {
  await cancelInvitationsOf(tx, userId);
  await endRequests(tx, { requestedById: userId });
}

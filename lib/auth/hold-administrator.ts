import "server-only";
import type { Tx } from "../db/client";
import type { CurrentSession } from "./current-session";
import { mustEnroll } from "./must-enroll";
import { holdSession, type SessionDemand } from "./session-rows";

declare const proof: unique symbol;

/**
 * That the role of whoever asks was looked up in this request. Everything that reads other people's accounts for
 * the administration takes one, and only the checks of the role make it, so that none can be forgotten (LC-08).
 */
export type AdministratorProof = { readonly userId: string; readonly [proof]: true };

/** For the checks of the role alone: marks a session whose person was found to administer. */
export const provenAdministrator = <Session extends { userId: string }>(session: Session) =>
  session as Session & AdministratorProof;

/**
 * The session's person is no administrator any more, is disabled, or has to enroll first; the transaction is
 * rolled back.
 */
export class NotAdministrator extends Error {}

/**
 * Holds the session of an administrator in the transaction that does what they ask (SE-14: a role counts
 * as it is now). Their row is shared, so that nobody takes the role away before the transaction ends. It
 * is held before the session, as people are everywhere. Throws `SessionOver`, `SessionTooWeak` or
 * `NotAdministrator`.
 */
export async function holdAdministrator(
  tx: Tx,
  session: Pick<CurrentSession, "id" | "userId">,
  demand: Extract<SessionDemand, "live" | "unrestricted">,
): Promise<AdministratorProof> {
  const { id, userId } = session;
  const rows = await tx.$queryRaw<unknown[]>`
    SELECT 1 AS "held" FROM "User"
    WHERE "id" = ${userId}::uuid AND "role" = 'ADMINISTRATOR' AND "disabledAt" IS NULL
    FOR SHARE`;
  const { restrictedUntil } = await holdSession(tx, id, demand);
  const isRestricted = restrictedUntil !== null && restrictedUntil > new Date();
  if (rows.length !== 1 || isRestricted || (await mustEnroll({ userId }, tx))) {
    throw new NotAdministrator();
  }
  return provenAdministrator(session);
}

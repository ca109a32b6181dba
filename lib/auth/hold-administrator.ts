import "server-only";
import type { Tx } from "../db/client";
import type { CurrentSession } from "./current-session";
import { mustEnroll } from "./must-enroll";
import { holdSession, type SessionDemand } from "./session-rows";

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
  { id, userId }: Pick<CurrentSession, "id" | "userId">,
  demand: Extract<SessionDemand, "live" | "unrestricted">,
): Promise<void> {
  const rows = await tx.$queryRaw<unknown[]>`
    SELECT 1 AS "held" FROM "User"
    WHERE "id" = ${userId}::uuid AND "role" = 'ADMINISTRATOR' AND "disabledAt" IS NULL
    FOR SHARE`;
  const { restrictedUntil } = await holdSession(tx, id, demand);
  const isRestricted = restrictedUntil !== null && restrictedUntil > new Date();
  if (rows.length !== 1 || isRestricted || (await mustEnroll({ userId }, tx))) {
    throw new NotAdministrator();
  }
}

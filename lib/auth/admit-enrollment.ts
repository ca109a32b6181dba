import "server-only";
import type { Tx } from "../db/client";
import type { RequestSource } from "../request-source";
import { endAllSessions, openSession, type SessionToken } from "./session-rows";

/**
 * What enrolling a method does to the sessions, in the transaction that enrolls it. The first one proves
 * the person anew: all their sessions end, this browser gets one of level 2 (SE-12), and a reset is over. A further one
 * leaves the sessions alone, and gives nothing.
 */
export async function admitEnrollment(
  tx: Tx,
  {
    userId,
    amr,
    first,
    from,
  }: {
    userId: string;
    /** What the password and the new method prove together. */
    amr: string[];
    first: boolean;
    from: RequestSource;
  },
): Promise<SessionToken | undefined> {
  if (!first) return undefined;
  await tx.user.update({ where: { id: userId }, data: { mfaResetAt: null }, select: { id: true } });
  await endAllSessions(tx, userId);
  return openSession(tx, { userId, amr, previousToken: undefined, from });
}

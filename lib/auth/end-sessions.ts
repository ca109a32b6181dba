import "server-only";
import { transaction } from "../db/client";
import { lockUser } from "../db/lock-user";
import { recordAuditEvent } from "../notices/audit-event";
import type { RequestSource } from "../request-source";
import type { CurrentSession } from "./current-session";
import { endOtherSessions, endSessionById, holdSession } from "./session-rows";

/**
 * Ends another session of a fresh session's person (ASVS 7.5.2). `id` is a UUID from a form: another
 * person's is none, and the one that asks stays. Says whether there was such a session.
 */
export async function endAnotherSession({
  session,
  id,
  from,
}: {
  session: CurrentSession;
  id: string;
  from: RequestSource;
}): Promise<boolean> {
  const { userId } = session;
  if (id === session.id) return false;
  return transaction(async (tx) => {
    await lockUser(tx, userId); // two sessions that end each other would wait for each other
    await holdSession(tx, session.id, "fresh");
    if (!(await endSessionById(tx, { id, userId }))) return false;
    await recordAuditEvent(tx, { type: "session_ended", userId, sessionId: id, from });
    return true;
  });
}

/** Ends every session of a fresh session's person but this one (ASVS 7.4.5). Says how many. */
export async function endAllOtherSessions({
  session,
  from,
}: {
  session: CurrentSession;
  from: RequestSource;
}): Promise<number> {
  const { userId, id: sessionId } = session;
  return transaction(async (tx) => {
    await lockUser(tx, userId);
    await holdSession(tx, sessionId, "fresh");
    const ended = await endOtherSessions(tx, { userId, exceptId: sessionId });
    if (ended > 0)
      await recordAuditEvent(tx, { type: "other_sessions_ended", userId, sessionId, from });
    return ended;
  });
}

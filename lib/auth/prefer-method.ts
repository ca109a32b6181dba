import "server-only";
import { transaction } from "../db/client";
import { lockUser } from "../db/lock-user";
import { ENROLLABLE_METHODS, type EnrollableMethod } from "../mfa/method-names";
import { enrolledMethods, findEnrolledMethods } from "../mfa/methods";
import { recordAuditEvent } from "../notices/audit-event";
import type { RequestSource } from "../request-source";
import type { CurrentSession } from "./current-session";
import { holdSession } from "./session-rows";

/** What a login can begin with: nobody is led into spending a recovery code. */
export type PreferableMethod = Exclude<EnrollableMethod, "recovery-codes">;

/** The methods that a person can choose to begin a login with, strongest first. */
export function preferableMethods(enrolled: EnrollableMethod[]): PreferableMethod[] {
  return enrolled.filter((method): method is PreferableMethod => method !== "recovery-codes");
}

/** Reads what a form names. */
export function parsePreferableMethod(input: string): PreferableMethod | undefined {
  return preferableMethods([...ENROLLABLE_METHODS]).find((method) => method === input);
}

/** Chooses the method that logins of the session's person begin with. Says whether they have it. */
export async function preferMethod({
  session: { id: sessionId, userId },
  method,
  from,
}: {
  session: CurrentSession;
  method: PreferableMethod;
  from: RequestSource;
}): Promise<boolean> {
  return transaction(async (tx) => {
    await lockUser(tx, userId); // before the session, as everywhere: two orders wait for each other
    await holdSession(tx, sessionId, "live");
    const methods = await findEnrolledMethods(userId, tx);
    if (!enrolledMethods(methods).includes(method)) return false;
    await tx.user.update({ where: { id: userId }, data: { preferredMethod: method } });
    const type = "preferred_method_changed";
    await recordAuditEvent(tx, { type, userId, sessionId, method, from });
    return true;
  });
}

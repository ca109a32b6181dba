import "server-only";
import { transaction } from "../db/client";
import type { EnrolledMethod } from "../mfa/method-names";
import { renameSecurityKey } from "../mfa/security-keys";
import { renameSparekeyAuthenticator } from "../mfa/sparekey-authenticators";
import { recordAuditEvent } from "../notices/audit-event";
import type { RequestSource } from "../request-source";
import type { CurrentSession } from "./current-session";
import { holdSession } from "./session-rows";

/** What can bear a name: there is one authenticator app only. */
export type NamedMethod = Extract<EnrolledMethod, { id: string }>;

export type NamingResult =
  | { named: true }
  /** Empty, or longer than 40 characters. */
  | { named: false; reason: "name" }
  /** It is gone, or never was this person's. */
  | { named: false; reason: "gone" };

export const MAX_METHOD_NAME = 40; // one line of a card on a phone

/** Reads a name as typed: spaces at its ends do not count. Gives nothing when it is empty or too long. */
export function parseMethodName(input: string): string | undefined {
  const name = input.normalize("NFC").replace(/\s+/g, " ").trim();
  const length = [...name].length;
  return length > 0 && length <= MAX_METHOD_NAME ? name : undefined;
}

/** Gives a phone or security key of the session's person the name they call it by. */
export async function nameMethod({
  session,
  method: { method, id },
  input,
  from,
}: {
  session: CurrentSession;
  method: NamedMethod;
  input: string;
  from: RequestSource;
}): Promise<NamingResult> {
  const name = parseMethodName(input);
  if (!name) return { named: false, reason: "name" };
  const { userId, id: sessionId } = session;
  return transaction(async (tx) => {
    await holdSession(tx, sessionId, "live");
    const rename = method === "notification" ? renameSparekeyAuthenticator : renameSecurityKey;
    if (!(await rename(tx, { userId, id, name }))) return { named: false, reason: "gone" };
    const event = { userId, sessionId, method, methodName: name, from };
    await recordAuditEvent(tx, { type: "method_renamed", ...event });
    return { named: true };
  });
}

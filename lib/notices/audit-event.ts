import "server-only";
import type { Tx } from "../db/client";
import type { RequestSource } from "../request-source";

export type AuditEventType =
  | "account_created"
  | "administrator_created"
  | "login"
  | "login_failed"
  | "login_challenge_begun"
  | "logout"
  | "password_changed"
  | "password_change_failed"
  | "authenticator_app_added"
  | "authenticator_app_replaced"
  | "method_failed"
  | "method_disabled"
  | "recovery_codes_generated"
  | "recovery_codes_replaced"
  | "recovery_codes_confirmed"
  | "recovery_code_used"
  | "recovery_code_reused";

export type AuditEvent = {
  type: AuditEventType;
  /** Whom it happened to; none while nobody is known, as for an unknown address. */
  userId?: string;
  sessionId?: string;
  method?: string;
  /** Which recovery code, by letter and number; its value is never part of an event. */
  setLetter?: string;
  codeNumber?: number;
  from: RequestSource;
};

/** Records what happened in the transaction in which it happens (ASVS 16.3.1; never a secret, 16.2.5). */
export async function recordAuditEvent(tx: Tx, { from, ...event }: AuditEvent): Promise<void> {
  await tx.auditEvent.create({ data: { at: new Date(), ...event, ...from } });
}

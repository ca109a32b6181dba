import "server-only";
import { afterCommit, type Tx } from "../db/client";
import { log } from "../log";
import type { RequestSource } from "../request-source";
import { queueNotice } from "./outbox";

/** Everything that is recorded, and what the log calls it (OWASP Logging Vocabulary where it has a word). */
const LOGGED_AS = {
  account_created: "user_created",
  administrator_created: "user_created",
  account_deleted: "user_deleted",
  account_released: "user_deleted",
  login: "authn_login_success",
  login_failed: "authn_login_fail",
  login_challenge_begun: "authn_login_challenge",
  logout: "session_ended",
  session_resumed: "session_renewed",
  session_resumed_after_rest: "session_renewed",
  session_ended: "session_ended",
  other_sessions_ended: "session_ended",
  step_up: "authn_step_up_success",
  password_changed: "authn_password_change",
  password_change_failed: "authn_password_change_fail",
  password_reset_requested: "authn_password_reset_requested",
  password_reset: "authn_password_change",
  authenticator_app_added: "authn_method_added",
  authenticator_app_replaced: "authn_method_added",
  authenticator_app_removed: "authn_method_removed",
  authenticator_app_suspended: "authn_method_suspended",
  authenticator_app_suspension_lifted: "authn_method_restored",
  sparekey_authenticator_added: "authn_method_added",
  sparekey_authenticator_replaced: "authn_method_added",
  sparekey_authenticator_removed: "authn_method_removed",
  sparekey_authenticator_suspended: "authn_method_suspended",
  sparekey_authenticator_suspension_lifted: "authn_method_restored",
  security_key_added: "authn_method_added",
  security_key_replaced: "authn_method_added",
  security_key_removed: "authn_method_removed",
  security_key_copied: "authn_token_reuse",
  method_renamed: "user_updated",
  preferred_method_changed: "user_updated",
  notification_sent: "authn_notification_sent",
  notification_approved: "authn_notification_approved",
  notification_denied: "authn_notification_denied",
  notifications_paused: "authn_login_fail_max",
  method_failed: "authn_login_fail",
  method_waiting: "authn_login_fail_max",
  method_disabled: "authn_login_lock",
  recovery_codes_generated: "authn_token_created",
  recovery_codes_replaced: "authn_token_created",
  recovery_codes_confirmed: "authn_token_confirmed",
  recovery_codes_discarded: "authn_token_revoked",
  recovery_codes_revoked: "authn_token_revoked",
  recovery_codes_ended: "authn_token_revoked",
  recovery_code_used: "authn_token_used",
  recovery_code_reused: "authn_token_reuse",
  recovery_codes_low: "authn_token_low",
  recovery_codes_gone: "authn_token_low",
  address_added: "user_updated",
  address_verification_requested: "user_updated",
  address_verified: "user_updated",
  address_removed: "user_updated",
  address_change_requested: "user_updated",
  address_change_cancelled: "user_updated",
  address_changed: "user_updated",
  role_given: "privilege_permissions_changed",
  role_taken: "privilege_permissions_changed",
  account_disabled: "user_updated",
  account_enabled: "user_updated",
  sessions_ended_by_administrator: "session_ended",
  mfa_reset_requested: "authn_mfa_reset_requested",
  temporary_code_requested: "authn_token_requested",
  administrative_request_approved: "admin_request_approved",
  administrative_request_declined: "admin_request_declined",
  mfa_reset: "authn_method_removed",
  mfa_reset_link_used: "authn_login_success",
  temporary_code_made: "authn_token_created",
  temporary_code_used: "authn_token_used",
  temporary_code_ended: "authn_token_revoked",
  administrator_rescued: "authn_method_removed",
  policy_changed: "admin_policy_changed",
  invitation_sent: "user_invited",
  invitation_cancelled: "user_invitation_cancelled",
  invitation_accepted: "user_created",
  nudged: "user_nudged",
  enrollment_exported: "sensitive_read",
  audit_exported: "sensitive_read",
} as const;

export type AuditEventType = keyof typeof LOGGED_AS;

/** Whether a recorded type is one that this version knows; a newer server may record more. */
export const isAuditEventType = (type: string): type is AuditEventType =>
  Object.hasOwn(LOGGED_AS, type);

/** All of them, for a choice. */
export const AUDIT_EVENT_TYPES = Object.keys(LOGGED_AS).filter(isAuditEventType);

/** What the person is told at every verified address, whoever did it (63B §4.6; ASVS 6.3.7). */
const TOLD = [
  "account_deleted",
  "password_changed",
  "password_reset",
  "authenticator_app_added",
  "authenticator_app_replaced",
  "authenticator_app_removed",
  "authenticator_app_suspended",
  "authenticator_app_suspension_lifted",
  "sparekey_authenticator_added",
  "sparekey_authenticator_replaced",
  "sparekey_authenticator_removed",
  "sparekey_authenticator_suspended",
  "sparekey_authenticator_suspension_lifted",
  "security_key_added",
  "security_key_replaced",
  "security_key_removed",
  "security_key_copied",
  "method_disabled",
  "recovery_codes_generated",
  "recovery_codes_replaced",
  "recovery_codes_confirmed",
  "recovery_codes_discarded",
  "recovery_codes_revoked",
  "recovery_codes_ended",
  "recovery_code_used",
  "recovery_codes_low",
  "recovery_codes_gone",
  "address_added",
  "address_removed",
  "address_change_requested",
  "address_change_cancelled",
  "address_changed",
  "role_given",
  "role_taken",
  "account_disabled",
  "account_enabled",
  "sessions_ended_by_administrator",
  "mfa_reset_requested",
  "temporary_code_requested",
  "administrative_request_approved",
  "administrative_request_declined",
  "mfa_reset",
  "temporary_code_used",
  "temporary_code_ended",
  "administrator_rescued",
] as const satisfies AuditEventType[];

/** An event that the person is told of; messages/ has a text for each. */
export type ToldEvent = (typeof TOLD)[number];

const isTold = (type: AuditEventType) => TOLD.some((told) => told === type);

export type AuditEvent = {
  type: AuditEventType;
  /** Whom it happened to; none while nobody is known, as for an unknown address. */
  userId?: string;
  sessionId?: string;
  method?: string;
  /** Which of several phones or security keys, as the person called it then. */
  methodName?: string;
  /** Which recovery code, by letter and number; its value is never part of an event. */
  setLetter?: string;
  codeNumber?: number;
  /** How many codes of the set are unused after it. */
  codesLeft?: number;
  /** Which mailbox, by its id. */
  addressId?: string;
  /** The administrator who did it, and why, in their words. */
  actorId?: string;
  reason?: string;
  /** What it changed or allowed, in words of the code: kept as JSON, so that the chain covers it. */
  details?: Record<string, unknown>;
  from: RequestSource;
};

/**
 * Records what happened in the transaction in which it happens (ASVS 16.3.1; never a secret, 16.2.5),
 * and queues a mail to every verified address of the person where one is due. The log gets its line
 * once the transaction is committed. Returns the event's id.
 */
export async function recordAuditEvent(tx: Tx, event: AuditEvent): Promise<string> {
  const at = new Date();
  const { id } = await tx.auditEvent.create({ data: rowOf(event, at), select: { id: true } });
  if (event.userId && isTold(event.type)) {
    await queueNotice(tx, { userId: event.userId, eventId: id, template: event.type });
  }
  afterCommit(tx, () => logRecorded(event, at));
  return id;
}

/**
 * Records events that nobody is mailed about, as `recordAuditEvent` does, in few statements: thousands do not make
 * their transaction too long.
 */
export async function recordUntoldEvents(
  tx: Tx,
  events: (AuditEvent & { type: Exclude<AuditEventType, ToldEvent> })[],
): Promise<void> {
  const at = new Date();
  await tx.auditEvent.createMany({ data: events.map((event) => rowOf(event, at)) });
  afterCommit(tx, () => {
    for (const event of events) logRecorded(event, at);
  });
}

const rowOf = ({ from, details, ...event }: AuditEvent, at: Date) => ({
  at,
  ...event,
  details: details ? JSON.stringify(details) : null,
  ...from,
});

const logRecorded = ({ from, ...event }: AuditEvent, at: Date) =>
  log.info({ event: LOGGED_AS[event.type], ...event, address: from.address, at }, event.type);

const LOGGED_AS_REFUSED = {
  waiting: LOGGED_AS.method_waiting,
  disabled: LOGGED_AS.method_disabled,
  wrong: LOGGED_AS.login_failed,
  "not-accepted": LOGGED_AS.login_failed,
  "already-used": LOGGED_AS.login_failed,
  replaced: LOGGED_AS.login_failed,
};

/**
 * Logs a try that was refused before it was judged, or that names nobody (ASVS 16.3.1). No row is stored:
 * a stranger could fill the table. `subject` is a keyed hash where nobody looked whose account it is.
 */
export function logRefusedTry({
  reason,
  from,
  ...whose
}: {
  /**
   * `wrong` where nobody is known to whom it happened; `not-accepted` where the policy refuses the method;
   * `already-used` for an app's code that was used before, `replaced` for a recovery code whose set is over.
   */
  reason: keyof typeof LOGGED_AS_REFUSED;
  userId?: string;
  subject?: string;
  method: string;
  from: RequestSource;
}): void {
  const event = LOGGED_AS_REFUSED[reason];
  log.info({ event, ...whose, address: from.address, at: new Date() }, "try_refused");
}

/**
 * Logs that a password reset was asked for and no mail left: for an address nobody has, or one that had enough
 * of them. No row is stored, as with `logRefusedTry`. `subject` is a keyed hash of the address.
 */
export function logUnmailedReset({
  from,
  ...whose
}: {
  subject: string;
  userId: string | undefined;
  from: RequestSource;
}): void {
  const event = LOGGED_AS.password_reset_requested;
  log.info({ event, ...whose, address: from.address, at: new Date() }, "reset_unmailed");
}

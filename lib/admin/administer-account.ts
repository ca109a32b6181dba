import "server-only";
import { isLastAdministrator, lockAdministrators } from "../auth/administrators";
import { cancelAddressChangesOf } from "../auth/change-address";
import type { CurrentSession } from "../auth/current-session";
import { endRequests } from "../auth/end-requests";
import { type AdministratorProof, holdAdministrator } from "../auth/hold-administrator";
import { leaveAdministration } from "../auth/leave-administration";
import { endAllSessions } from "../auth/session-rows";
import { db, type Tx, transaction } from "../db/client";
import { endLoginChallengesOf } from "../mfa/login-challenge";
import { endTemporaryCodes } from "../mfa/temporary-codes";
import { type AuditEventType, recordAuditEvent } from "../notices/audit-event";
import { endLinksIn } from "../notices/mail-links";
import type { RequestSource } from "../request-source";
import { parseReason } from "./parse-reason";

/** What an administrator can do to an account; the values name their pages. */
export const ACCOUNT_ACTS = [
  "make-administrator",
  "remove-administrator",
  "disable",
  "enable",
  "end-sessions",
] as const;

export type AccountAct = (typeof ACCOUNT_ACTS)[number];

/** Reads what an address or a form names. */
export function parseAccountAct(input: string): AccountAct | undefined {
  return ACCOUNT_ACTS.find((act) => act === input);
}

export type ActRefusal =
  /** It is so already. */
  | "done-already"
  /** Somebody must be left who can administer the portal. */
  | "last-administrator"
  /** Nobody shuts themselves out. */
  | "own-account"
  /** Nobody has shown yet that the address is theirs. */
  | "unverified"
  | "disabled";

export type AccountActResult =
  | { done: true }
  | {
      done: false;
      reason:
        | ActRefusal
        /** There is no such person, or not any more. */
        | "gone"
        /** No reason is given, or one of more than 500 characters. */
        | "reason";
    };

const EVENTS: Record<AccountAct, AuditEventType> = {
  "make-administrator": "role_given",
  "remove-administrator": "role_taken",
  disable: "account_disabled",
  enable: "account_enabled",
  "end-sessions": "sessions_ended_by_administrator",
};

/**
 * Changes the role or the state of an account, or ends its sessions, for an administrator whose session is
 * fresh and unrestricted (LC-09). Who is disabled is out at once: sessions, logins on their way,
 * temporary codes, links that get somebody in, requests about them and changes of their addresses that wait end in
 * the same transaction, and a role counts from the next request on (SE-14). The person is told by mail, with the
 * reason. Whoever administers no more has no open invitations and requests. Refuses what would leave nobody who can
 * administer, also when two do it at once, to disable oneself, and to give or take a role while nobody has verified
 * the address.
 */
export async function administerAccount({
  session,
  userId,
  act,
  reason: input,
  from,
}: {
  session: CurrentSession;
  /** A UUID. */
  userId: string;
  act: AccountAct;
  /** As typed. */
  reason: string;
  from: RequestSource;
}): Promise<AccountActResult> {
  const reason = parseReason(input);
  return transaction(async (tx) => {
    const { isLast } = await lockAdministrators(tx, userId);
    await holdAdministrator(tx, session, "unrestricted");
    const person = await findStanding(tx, userId);
    if (!person) return { done: false, reason: "gone" };
    const refusal = refuse(act, person, { isOwn: userId === session.userId, isLast });
    if (refusal) return { done: false, reason: refusal };
    if (!reason) return { done: false, reason: "reason" };
    await EFFECTS[act](tx, userId);
    const event = { userId, sessionId: session.id, actorId: session.userId, reason, from };
    await recordAuditEvent(tx, { type: EVENTS[act], ...event });
    return { done: true };
  });
}

const EFFECTS: Record<AccountAct, (tx: Tx, userId: string) => Promise<void>> = {
  "make-administrator": async (tx, id) => {
    await tx.user.update({ where: { id }, data: { role: "ADMINISTRATOR" } });
  },
  "remove-administrator": async (tx, id) => {
    await tx.user.update({ where: { id }, data: { role: "USER" } });
    await leaveAdministration(tx, id);
  },
  disable: async (tx, id) => {
    await tx.user.update({ where: { id }, data: { disabledAt: new Date() } });
    await endWaysIn(tx, id);
    await leaveAdministration(tx, id);
  },
  enable: async (tx, id) => {
    await tx.user.update({ where: { id }, data: { disabledAt: null } });
    await endWaysIn(tx, id); // nothing of before comes back to life
  },
  "end-sessions": endLogins,
};

/** Logins, and what somebody was given to get in with beside their own methods. */
async function endWaysIn(tx: Tx, userId: string): Promise<void> {
  await endLogins(tx, userId);
  await endTemporaryCodes(tx, { userId, endedBy: "disabled" });
  await endLinksIn(tx, userId);
  await endRequests(tx, { userId });
  await cancelAddressChangesOf(tx, userId); // somebody may have begun one in a stolen session
}

async function endLogins(tx: Tx, userId: string): Promise<void> {
  await endAllSessions(tx, userId);
  await endLoginChallengesOf(tx, userId);
}

/**
 * Whose account an act is about, and why it would be refused to this administrator if it would: for the
 * page that asks first. `undefined` if there is no such person.
 */
export async function findAccountAct({
  session,
  userId,
  act,
}: {
  session: AdministratorProof;
  userId: string;
  act: AccountAct;
}): Promise<{ name: string; email: string; refusal: ActRefusal | undefined } | undefined> {
  const person = await findStanding(await db(), userId);
  if (!person) return undefined;
  const { name, email } = person;
  const isLast = await isLastAdministrator(userId);
  const isOwn = userId === session.userId;
  return { name, email, refusal: refuse(act, person, { isOwn, isLast }) };
}

type Standing = NonNullable<Awaited<ReturnType<typeof findStanding>>>;

function findStanding(client: Tx, id: string) {
  return client.user.findUnique({
    where: { id },
    select: { name: true, email: true, role: true, disabledAt: true, verifiedEmail: true },
  });
}

function refuse(
  act: AccountAct,
  { role, disabledAt, verifiedEmail }: Standing,
  { isOwn, isLast }: { isOwn: boolean; isLast: boolean },
): ActRefusal | undefined {
  const administers = role === "ADMINISTRATOR";
  switch (act) {
    case "make-administrator":
      if (administers) return "done-already";
      if (disabledAt) return "disabled";
      return verifiedEmail ? undefined : "unverified";
    case "remove-administrator":
      if (!administers) return "done-already";
      if (isLast) return "last-administrator";
      // Housekeeping deletes members whose address nobody has verified in a week.
      return verifiedEmail ? undefined : "unverified";
    case "disable":
      if (isOwn) return "own-account";
      if (disabledAt) return "done-already";
      return isLast ? "last-administrator" : undefined;
    case "enable":
      return disabledAt ? undefined : "done-already";
    case "end-sessions":
      return isOwn ? "own-account" : undefined;
  }
}

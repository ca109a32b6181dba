import "server-only";
import { db, type Tx, transaction } from "../db/client";
import { lockAddress } from "../db/lock-address";
import { lockUser } from "../db/lock-user";
import { withinFailureLimits } from "../mfa/failure-limits";
import { endLoginChallengesOf } from "../mfa/login-challenge";
import { recordAuditEvent } from "../notices/audit-event";
import { findMailLink, type MailLink, mailLink, spendMailLink } from "../notices/mail-links";
import { PORTAL_ITSELF, type RequestSource } from "../request-source";
import { findAccountsOfAddress } from "./accounts-of-address";
import {
  findEndOfWait,
  isMadeFor,
  isTaken,
  type Mailbox,
  mailNewLoginAddress,
  readAddressBook,
} from "./addresses";
import type { CurrentSession } from "./current-session";
import { parseEmailAddress } from "./email-address";
import { releaseAccount } from "./release-account";
import { endAllSessions, endOtherSessions, holdSession } from "./session-rows";

const DELAY_HOURS = 72; // design, section 4: long enough to see the mail and cancel
const UNVERIFIED_DAYS = 7; // as long as a link to a new address lives
const HOUR = 3_600_000;

/** A change as its row says: of the login address, or, without a new one, the removal of another. */
type Change = {
  id: string;
  userId: string;
  oldAddressId: string;
  newAddressId: string | null;
  requestedAt: Date;
  dueAt: Date;
  oldConfirmedAt: Date | null;
};

const WAITING = { appliedAt: null, cancelledAt: null };

export type AddressChangeRequest =
  /** `applied` when nothing was left to wait for. */
  | { requested: true; outcome: "waiting" | "applied" }
  | { requested: false; reason: "invalid" | "unchanged" | "taken" }
  | { requested: false; reason: "waiting"; until: Date };

/**
 * Asks for another login address, as typed. It is made once the new mailbox was verified by its link, and
 * the old one confirmed by its own or let 72 hours pass; an old one that never was verified has no say.
 * An address of another account is answered alike, and told to its mailbox alone, unless this person
 * has verified it too. One change waits at a time: this one cancels the one before. Needs an
 * unrestricted session.
 */
export async function requestAddressChange({
  session,
  input,
  from,
}: {
  session: CurrentSession;
  input: string;
  from: RequestSource;
}): Promise<AddressChangeRequest> {
  const email = parseEmailAddress(input);
  if (!email) return { requested: false, reason: "invalid" };
  const { id: sessionId, userId } = session;
  return transaction(async (tx) => {
    await lockAddress(tx, email);
    await lockUser(tx, userId);
    await holdSession(tx, sessionId, "unrestricted");
    const before = await readAddressBook(tx, userId);
    const { login } = before;
    if (email === login.email) return { requested: false, reason: "unchanged" };
    const own = before.others.find((mailbox) => mailbox.email === email);
    if (own?.verifiedAt && (await isTaken(tx, { userId, email }))) {
      return { requested: false, reason: "taken" };
    }
    const until = await findEndOfWait(tx, userId);
    if (until) return { requested: false, reason: "waiting", until };
    for (const inTheWay of [before.change, own?.removal]) {
      if (inTheWay) await cancel(tx, { id: inTheWay.id, userId }, { sessionId, from });
    }
    const requestedAt = new Date();
    const to = own ?? (await tx.address.create({ data: { userId, email, addedAt: requestedAt } }));
    await begin(tx, { userId, requestedAt, old: login, to }, { sessionId, from });
    if (!to.verifiedAt) await mailNewLoginAddress(tx, { userId, to });
    const outcome = await applyAddressChangeIfReady(tx, { userId, from });
    return { requested: true, outcome: outcome === "applied" ? "applied" : "waiting" };
  });
}

export type AddressRemoval =
  | { removed: true }
  /** A verified one is asked first. */
  | { removed: false; reason: "requested"; dueAt: Date }
  /** No such mailbox of this person, or one that is in use for the login or for a change. */
  | { removed: false; reason: "unknown" | "in-use" };

/**
 * Removes a notification address: one that was never verified at once, a verified one when it follows
 * the link mailed to it or lets 72 hours pass. Asked once more, the first request stands. Needs an
 * unrestricted session.
 */
export async function removeAddress({
  session: { id: sessionId, userId },
  addressId,
  from,
}: {
  session: CurrentSession;
  addressId: string;
  from: RequestSource;
}): Promise<AddressRemoval> {
  return transaction(async (tx) => {
    await lockUser(tx, userId);
    await holdSession(tx, sessionId, "unrestricted");
    const { login, change, others } = await readAddressBook(tx, userId);
    if (addressId === login.id || addressId === change?.to.id) {
      return { removed: false, reason: "in-use" };
    }
    const mailbox = others.find(({ id }) => id === addressId);
    if (!mailbox) return { removed: false, reason: "unknown" };
    if (!mailbox.verifiedAt) {
      await recordAuditEvent(tx, { type: "address_removed", userId, sessionId, addressId, from });
      await removeMailbox(tx, addressId);
      return { removed: true };
    }
    const dueAt =
      mailbox.removal?.dueAt ??
      (await begin(
        tx,
        { userId, requestedAt: new Date(), old: mailbox, to: null },
        { sessionId, from },
      ));
    return { removed: false, reason: "requested", dueAt };
  });
}

/** Cancels an own change that waits. Any live session may: it only keeps things as they are. Says whether it waited. */
export async function cancelAddressChange({
  session: { id: sessionId, userId },
  changeId,
  from,
}: {
  session: CurrentSession;
  changeId: string;
  from: RequestSource;
}): Promise<boolean> {
  return transaction(async (tx) => {
    await lockUser(tx, userId);
    await holdSession(tx, sessionId, "live");
    return cancel(tx, { id: changeId, userId }, { sessionId, from });
  });
}

/**
 * Cancels whatever change of a person's addresses waits, for the portal: one that a stranger in a session asked for
 * must not outlive what shut them out. The caller holds the person (`lockUser`).
 */
export async function cancelAddressChangesOf(tx: Tx, userId: string): Promise<void> {
  const waiting = await tx.addressChange.findMany({
    where: { userId, ...WAITING },
    select: { id: true },
  });
  for (const { id } of waiting) await cancel(tx, { id, userId }, { from: PORTAL_ITSELF });
}

/** What a link at the old address shows before anything is done. */
export type LinkedAddressChange = {
  old: string;
  /** None when the old one is only removed. */
  new: string | undefined;
  name: string;
  requestedAt: Date;
  dueAt: Date;
  /** What the browser of whoever asked called itself. */
  userAgent: string;
};

/** The change behind a link at the old address; `undefined` if either is over. Changes nothing. */
export async function findAddressChangeOfLink(
  token: string,
): Promise<LinkedAddressChange | undefined> {
  const link = await findMailLink(token, "confirm-address-change");
  const prisma = await db();
  const change = link && (await findLinked(prisma, link));
  if (!change) return undefined;
  const { oldAddressId, newAddressId, requestedAt, dueAt, user } = change;
  const rows = await prisma.address.findMany({
    where: { id: { in: [oldAddressId, ...(newAddressId ? [newAddressId] : [])] } },
    select: { id: true, email: true },
  });
  const emailOf = (id: string | null) => rows.find((row) => row.id === id)?.email;
  return {
    old: emailOf(oldAddressId) ?? "",
    new: emailOf(newAddressId),
    name: user.name,
    requestedAt,
    dueAt,
    userAgent: (await findRequest(prisma, change))?.userAgent ?? "",
  };
}

export type AddressChangeDecision =
  /** The link was used, or the change ended, meanwhile. */
  | "over"
  /** Too many failures of strangers (TH-09); the link goes on working. */
  | "later"
  | "cancelled"
  | "changed"
  | "removed"
  /** Confirmed; the new address has not followed its link yet. */
  | "waiting"
  /** Another account has verified the new address; the change is cancelled. */
  | "taken";

/** Confirms or cancels a change as the old address's link says, and spends the link (ASVS 6.6.2: once). */
export async function decideAddressChange({
  token,
  decision,
  from,
}: {
  token: string;
  decision: "confirm" | "cancel";
  from: RequestSource;
}): Promise<AddressChangeDecision> {
  if (token === "") return "over";
  const lookUp = await withinFailureLimits(
    { door: "mail-link", from, hasFailed: (found) => found === undefined },
    async () => {
      const link = await findMailLink(token, "confirm-address-change");
      const change = link && (await findLinked(await db(), link));
      return change ? { link, change } : undefined;
    },
  );
  if (lookUp.limited) return "later";
  if (!lookUp.value) return "over";
  const { link, change: found } = lookUp.value;
  return transaction(async (tx) => {
    await lockNewAddress(tx, found);
    await lockUser(tx, link.userId);
    const change = await findLinked(tx, link);
    if (!change || !(await spendMailLink(tx, link))) return "over";
    if (decision === "cancel") {
      return (await cancel(tx, change, { from })) ? "cancelled" : "over";
    }
    const oldConfirmedAt = new Date();
    await tx.addressChange.update({ where: { id: change.id }, data: { oldConfirmedAt } });
    const outcome = await applyIfReady(tx, { ...change, oldConfirmedAt }, from);
    if (outcome !== "applied") return outcome;
    return change.newAddressId ? "changed" : "removed";
  });
}

/**
 * Makes a person's waiting change of the login address if nothing is missing, in the transaction that
 * verified a mailbox. `none`: nothing waits. `taken`: another account has verified the address, or an
 * administrator bears it; the change is cancelled. The transaction holds the new address (`lockAddress`).
 */
export async function applyAddressChangeIfReady(
  tx: Tx,
  { userId, from }: { userId: string; from: RequestSource },
): Promise<"none" | "waiting" | "applied" | "taken"> {
  await lockUser(tx, userId);
  const change = await tx.addressChange.findFirst({
    where: { userId, newAddressId: { not: null }, ...WAITING },
  });
  return change ? applyIfReady(tx, change, from) : "none";
}

/**
 * Makes the changes whose 72 hours are over, and cancels those whose new address followed no link for
 * a week. Any number of servers may do so at once, and again.
 */
export async function applyDueAddressChanges(): Promise<void> {
  const prisma = await db();
  const due = await prisma.addressChange.findMany({
    where: { dueAt: { lte: new Date() }, ...WAITING, user: { disabledAt: null } },
    select: { id: true, userId: true, newAddressId: true },
    orderBy: { dueAt: "asc" },
  });
  for (const change of due) await transaction((tx) => applyDue(tx, change));
}

async function applyDue(tx: Tx, { id, userId, newAddressId }: Due): Promise<void> {
  await lockNewAddress(tx, { newAddressId });
  await lockUser(tx, userId);
  const change = await tx.addressChange.findFirst({ where: { id, ...WAITING } });
  if (!change) return;
  const outcome = await applyIfReady(tx, change, PORTAL_ITSELF);
  const age = Date.now() - change.requestedAt.getTime();
  if (outcome === "waiting" && age >= UNVERIFIED_DAYS * 24 * HOUR) {
    await cancel(tx, change, { from: PORTAL_ITSELF });
  }
}

type Due = Pick<Change, "id" | "userId" | "newAddressId">;

/** Holds the address that a change is about to give its person, before the person is held. */
async function lockNewAddress(tx: Tx, { newAddressId }: Pick<Change, "newAddressId">) {
  const to = newAddressId && (await tx.address.findUnique({ where: { id: newAddressId } }));
  if (to) await lockAddress(tx, to.email);
}

/** Returns when the change needs no link at the old address any more. */
async function begin(
  tx: Tx,
  {
    userId,
    requestedAt,
    old,
    to,
  }: { userId: string; requestedAt: Date; old: Mailbox; to: { id: string } | null },
  { sessionId, from }: { sessionId: string; from: RequestSource },
): Promise<Date> {
  const dueAt = new Date(requestedAt.getTime() + DELAY_HOURS * HOUR);
  const { id: addressChangeId } = await tx.addressChange.create({
    data: {
      userId,
      oldAddressId: old.id,
      newAddressId: to?.id ?? null,
      requestedAt,
      dueAt,
      // Nobody ever proved to read mail there, so nobody is asked.
      oldConfirmedAt: old.verifiedAt ? null : requestedAt,
    },
    select: { id: true },
  });
  const eventId = await recordAuditEvent(tx, {
    type: "address_change_requested",
    userId,
    sessionId,
    addressId: to?.id ?? old.id,
    from,
  });
  if (old.verifiedAt) {
    await mailLink(tx, {
      purpose: "confirm-address-change",
      template: "confirm_address_change",
      userId,
      addressId: old.id,
      addressChangeId,
      eventId,
    });
  }
  return dueAt;
}

/** Makes a waiting change if its links were followed or its time has come. */
async function applyIfReady(
  tx: Tx,
  change: Change,
  from: RequestSource,
): Promise<"waiting" | "applied" | "taken"> {
  const { id, userId, oldAddressId, newAddressId, oldConfirmedAt, dueAt } = change;
  if (!oldConfirmedAt && dueAt > new Date()) return "waiting";
  const to = newAddressId && (await tx.address.findUnique({ where: { id: newAddressId } }));
  if (to && (!to.verifiedAt || to.removedAt)) return "waiting";
  if (to && (await isTaken(tx, { userId, email: to.email }))) {
    await cancel(tx, change, { from });
    return "taken";
  }
  const { count } = await tx.addressChange.updateMany({
    where: { id, ...WAITING },
    data: { appliedAt: new Date() },
  });
  if (count !== 1) return "waiting";
  if (to) await changeLoginAddress(tx, { change, to, from });
  else {
    await recordAuditEvent(tx, {
      type: "address_removed",
      userId,
      addressId: oldAddressId,
      from,
    });
  }
  await removeMailbox(tx, oldAddressId); // after the notices, which go there too
  return "applied";
}

/**
 * The address is this person's from now on: accounts that bear it unverified are released. All sessions
 * end but the one that asked, and logins on their way.
 */
async function changeLoginAddress(
  tx: Tx,
  { change, to, from }: { change: Change; to: { id: string; email: string }; from: RequestSource },
): Promise<void> {
  const { userId } = change;
  for (const { id } of await findAccountsOfAddress(tx, to.email)) {
    await releaseAccount(tx, { userId: id, from });
  }
  await tx.user.update({
    where: { id: userId },
    data: { email: to.email, verifiedEmail: to.email },
  });
  const { sessionId } = (await findRequest(tx, change)) ?? {};
  if (sessionId) await endOtherSessions(tx, { userId, exceptId: sessionId });
  else await endAllSessions(tx, userId);
  await endLoginChallengesOf(tx, userId);
  await recordAuditEvent(tx, { type: "address_changed", userId, addressId: to.id, from });
}

async function cancel(
  tx: Tx,
  { id, userId }: { id: string; userId: string },
  { sessionId, from }: { sessionId?: string; from: RequestSource },
): Promise<boolean> {
  const { count } = await tx.addressChange.updateMany({
    where: { id, userId, ...WAITING },
    data: { cancelledAt: new Date() },
  });
  if (count !== 1) return false;
  const { oldAddressId, newAddressId, requestedAt } = await tx.addressChange.findUniqueOrThrow({
    where: { id },
  });
  await recordAuditEvent(tx, {
    type: "address_change_cancelled",
    userId,
    ...(sessionId && { sessionId }),
    addressId: newAddressId ?? oldAddressId,
    from,
  });
  await tx.mailLink.updateMany({
    where: { addressChangeId: id, usedAt: null },
    data: { usedAt: new Date() }, // kept, so that its page can say that it is over
  });
  const to = newAddressId && (await tx.address.findUnique({ where: { id: newAddressId } }));
  if (to && isMadeFor(to, { requestedAt })) await removeMailbox(tx, to.id);
  return true;
}

/** Nothing that was mailed there opens anything any more; mails that are queued still leave. */
async function removeMailbox(tx: Tx, addressId: string): Promise<void> {
  await tx.address.updateMany({
    where: { id: addressId, removedAt: null },
    data: { removedAt: new Date() },
  });
  await tx.mailLink.deleteMany({ where: { addressId, usedAt: null } });
}

/** The waiting change that a link is about, of an account that is not disabled. */
const findLinked = (tx: Tx, { userId, addressId, addressChangeId }: MailLink) =>
  addressChangeId
    ? tx.addressChange.findFirst({
        where: {
          id: addressChangeId,
          userId,
          oldAddressId: addressId,
          user: { disabledAt: null },
          ...WAITING,
        },
        include: { user: { select: { name: true } } },
      })
    : null;

/** Who asked for a change, from which session and with which browser. */
const findRequest = (tx: Tx, { userId, oldAddressId, newAddressId, requestedAt }: Change) =>
  tx.auditEvent.findFirst({
    where: {
      userId,
      type: "address_change_requested",
      addressId: newAddressId ?? oldAddressId,
      at: { gte: requestedAt },
    },
    select: { sessionId: true, userAgent: true },
    orderBy: { at: "asc" },
  });

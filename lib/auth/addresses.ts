import "server-only";
import { db, type Tx, transaction } from "../db/client";
import { lockAddress } from "../db/lock-address";
import { lockUser } from "../db/lock-user";
import { recordAuditEvent } from "../notices/audit-event";
import { mailLink } from "../notices/mail-links";
import type { RequestSource } from "../request-source";
import { findAccountsOfAddress } from "./accounts-of-address";
import type { CurrentSession } from "./current-session";
import { parseEmailAddress } from "./email-address";
import { holdSession } from "./session-rows";
import { askForVerification, tellOwner } from "./verification-mail";

/** How many addresses a person may have besides the one they log in with. */
export const MAX_NOTIFICATION_ADDRESSES = 3;
const REPEATS_AN_HOUR = 3; // a link that was asked for once more
const REQUESTS_AN_HOUR = 10; // each mails an address that may be a stranger's
const HOUR = 3_600_000;

/** A mailbox as the person's own page shows it. */
export type Mailbox = { id: string; email: string; verifiedAt: Date | null };

/** A change that waits for links, or for its time. */
export type WaitingChange = { id: string; requestedAt: Date; dueAt: Date };

/** All mailboxes of a person, and what is about to become of them. */
export type AddressBook = {
  login: Mailbox;
  change: (WaitingChange & { to: Mailbox; oldConfirmedAt: Date | null }) | undefined;
  others: (Mailbox & { removal: WaitingChange | undefined })[];
};

/** The mailboxes of a person: the one they log in with, and the others, oldest first. */
export async function findAddressBook(userId: string): Promise<AddressBook> {
  return readAddressBook(await db(), userId);
}

/** The same inside a transaction that holds the person's row. */
export async function readAddressBook(tx: Tx, userId: string): Promise<AddressBook> {
  const { email } = await tx.user.findUniqueOrThrow({
    where: { id: userId },
    select: { email: true },
  });
  const rows = await tx.address.findMany({
    where: { userId, removedAt: null },
    select: { id: true, email: true, addedAt: true, verifiedAt: true },
    orderBy: { addedAt: "asc" },
  });
  const changes = await tx.addressChange.findMany({
    where: { userId, appliedAt: null, cancelledAt: null },
  });
  const login = rows.find((row) => row.email === email);
  if (!login) throw new Error("The person has no login address.");
  const change = changes.find(({ newAddressId }) => newAddressId);
  const to = change && rows.find(({ id }) => id === change.newAddressId);
  const others = rows.filter(
    (row) => row !== login && !(change && row === to && isMadeFor(row, change)),
  );
  return {
    login,
    change: change && to && { ...change, to },
    others: others.map((row) => ({
      ...row,
      removal: changes.find(
        ({ oldAddressId, newAddressId }) => !newAddressId && oldAddressId === row.id,
      ),
    })),
  };
}

/** Whether a mailbox came with a change of the login address, and goes with it when it is cancelled. */
export function isMadeFor({ addedAt }: { addedAt: Date }, change: { requestedAt: Date }): boolean {
  return addedAt.getTime() === change.requestedAt.getTime();
}

export type AddressAddition =
  | { added: true }
  | { added: false; reason: "invalid" | "own" | "too-many" }
  | { added: false; reason: "waiting"; until: Date };

/**
 * Adds an address, as typed, that gets every notice once the link mailed to it was followed (63B §4.6);
 * all verified ones are told. It may serve other accounts too. Needs an unrestricted session.
 */
export async function addAddress({
  session,
  input,
  from,
}: {
  session: CurrentSession;
  input: string;
  from: RequestSource;
}): Promise<AddressAddition> {
  const email = parseEmailAddress(input);
  if (!email) return { added: false, reason: "invalid" };
  const { id: sessionId, userId } = session;
  return transaction(async (tx) => {
    await lockUser(tx, userId);
    await holdSession(tx, sessionId, "unrestricted");
    const { login, change, others } = await readAddressBook(tx, userId);
    const own = [login, ...others, ...(change ? [change.to] : [])];
    if (own.some((mailbox) => mailbox.email === email)) return { added: false, reason: "own" };
    if (others.length >= MAX_NOTIFICATION_ADDRESSES) return { added: false, reason: "too-many" };
    const until = await findEndOfWait(tx, userId);
    if (until) return { added: false, reason: "waiting", until };
    const { id: addressId } = await tx.address.create({
      data: { userId, email, addedAt: new Date() },
      select: { id: true },
    });
    await recordAuditEvent(tx, { type: "address_added", userId, sessionId, addressId, from });
    await mailVerification(tx, { userId, addressId });
    return { added: true };
  });
}

export type LinkRepetition =
  | { sent: true }
  /** No such mailbox of this person waits for a link; or it got three within the hour. */
  | { sent: false; reason: "unknown" | "too-many" };

/**
 * Mails an own mailbox its link once more, at most three times an hour; the earlier link dies. Says the
 * same when the address is another account's. It grants nothing that was not asked for in an
 * unrestricted session, so any live one will do.
 */
export async function sendLinkAgain({
  session: { id: sessionId, userId },
  addressId,
  from,
}: {
  session: CurrentSession;
  addressId: string;
  from: RequestSource;
}): Promise<LinkRepetition> {
  const prisma = await db();
  const mine = { id: addressId, userId, removedAt: null, verifiedAt: null };
  const mailbox = await prisma.address.findFirst({ where: mine });
  if (!mailbox) return { sent: false, reason: "unknown" };
  return transaction(async (tx) => {
    await lockAddress(tx, mailbox.email);
    await lockUser(tx, userId);
    await holdSession(tx, sessionId, "live");
    const { login, change } = await readAddressBook(tx, userId);
    if (!(await tx.address.findFirst({ where: mine }))) return { sent: false, reason: "unknown" };
    if (addressId === login.id) {
      const asked = await askForVerification(tx, { userId, email: login.email, from });
      return asked ? { sent: true } : { sent: false, reason: "too-many" };
    }
    const type = "address_verification_requested";
    const at = { gt: new Date(Date.now() - HOUR) };
    const repeats = await tx.auditEvent.count({ where: { userId, type, addressId, at } });
    if (repeats >= REPEATS_AN_HOUR) return { sent: false, reason: "too-many" };
    await recordAuditEvent(tx, { type, userId, sessionId, addressId, from });
    if (addressId === change?.to.id) await mailNewLoginAddress(tx, { userId, to: mailbox });
    else await mailVerification(tx, { userId, addressId });
    return { sent: true };
  });
}

/**
 * Mails a future login address its link; or, where another account has the address, tells that one's owner
 * instead, so that nobody learns here who has an account. The transaction holds the address.
 */
export async function mailNewLoginAddress(
  tx: Tx,
  { userId, to: { id: addressId, email } }: { userId: string; to: { id: string; email: string } },
): Promise<void> {
  const ownerId = await findOtherOwner(tx, { userId, email });
  if (ownerId) await tellOwner(tx, { ownerId, email });
  else await mailVerification(tx, { userId, addressId });
}

/** The other account that has verified an address, and so is the one that logs in with it. */
async function findOtherOwner(
  tx: Tx,
  { userId, email }: { userId: string; email: string },
): Promise<string | undefined> {
  const accounts = await findAccountsOfAddress(tx, email);
  return accounts.find(({ id, isVerified }) => isVerified && id !== userId)?.id;
}

/**
 * Whether an address stays another account's, whoever verifies it: the one that has, or an administrator's,
 * which is never released. Two that bear it could not both log in with it.
 */
export async function isTaken(
  tx: Tx,
  { userId, email }: { userId: string; email: string },
): Promise<boolean> {
  const accounts = await findAccountsOfAddress(tx, email);
  return accounts.some(
    ({ id, isVerified, role }) => id !== userId && (isVerified || role === "ADMINISTRATOR"),
  );
}

const mailVerification = (tx: Tx, link: { userId: string; addressId: string }) =>
  mailLink(tx, { ...link, purpose: "verify-address", template: "verify_new_address" });

/** Until when a person asks for no further address, having asked for ten within an hour. */
export async function findEndOfWait(tx: Tx, userId: string): Promise<Date | undefined> {
  const requests = await tx.auditEvent.findMany({
    where: {
      userId,
      type: { in: ["address_added", "address_change_requested"] },
      at: { gt: new Date(Date.now() - HOUR) },
    },
    select: { at: true },
    orderBy: { at: "desc" },
    take: REQUESTS_AN_HOUR,
  });
  const oldest = requests[REQUESTS_AN_HOUR - 1];
  return oldest && new Date(oldest.at.getTime() + HOUR);
}

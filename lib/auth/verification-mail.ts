import "server-only";
import { type Tx, transaction } from "../db/client";
import { lockAddress } from "../db/lock-address";
import { lockUser } from "../db/lock-user";
import { recordAuditEvent } from "../notices/audit-event";
import { mailLink } from "../notices/mail-links";
import { queueMail } from "../notices/outbox";
import type { RequestSource } from "../request-source";
import { findAccountsOfAddress } from "./accounts-of-address";
import type { CurrentSession } from "./current-session";
import { holdSession } from "./session-rows";

/** How many verification mails an account may ask for in an hour, the one of its sign-up included. */
export const MAILS_AN_HOUR = 3;
/** Whoever signs up with a stranger's address again and again sends no more than this to it. */
const MAILS_AN_HOUR_TO_AN_ADDRESS = 10;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * Mails the link that verifies an account's login address. If the address is another account's, that one's
 * owner is told instead, at most once a day, and no link ever exists; the account cannot tell which it was
 * (ASVS 6.3.8). The transaction holds the address.
 */
export async function mailVerification(
  tx: Tx,
  { userId, email }: { userId: string; email: string },
): Promise<void> {
  const [first] = await findAccountsOfAddress(tx, email);
  if (first?.isVerified && first.id !== userId) return tellOwner(tx, { ownerId: first.id, email });
  const mailboxes = await tx.address.findMany({
    where: { email },
    select: { id: true, userId: true, removedAt: true },
  });
  const own = mailboxes.find((box) => box.userId === userId && box.removedAt === null);
  const recent = await tx.mail.count({
    where: {
      addressId: { in: mailboxes.map(({ id }) => id) },
      template: "verify_address",
      createdAt: { gt: new Date(Date.now() - HOUR_MS) },
    },
  });
  if (!own || recent >= MAILS_AN_HOUR_TO_AN_ADDRESS) return;
  await mailLink(tx, {
    purpose: "verify-address",
    template: "verify_address",
    userId,
    addressId: own.id,
  });
}

export async function tellOwner(
  tx: Tx,
  { ownerId, email }: { ownerId: string; email: string },
): Promise<void> {
  const mailbox = await tx.address.findFirst({
    where: { userId: ownerId, email, verifiedAt: { not: null }, removedAt: null },
    select: { id: true },
  });
  if (!mailbox) return;
  const mail = { addressId: mailbox.id, template: "address_taken" };
  const recent = await tx.mail.count({
    where: { ...mail, createdAt: { gt: new Date(Date.now() - DAY_MS) } },
  });
  if (recent === 0) await queueMail(tx, mail);
}

export type VerificationMailResult =
  | { asked: true }
  | { asked: false; reason: "verified" | "too-many" };

/**
 * Mails the link once more to the login address of a session's person, three times an hour at most. Says
 * the same when the address is another account's.
 */
export async function mailVerificationAgain(
  session: CurrentSession,
  from: RequestSource,
): Promise<VerificationMailResult> {
  const { userId, email } = session;
  return transaction(async (tx) => {
    await lockAddress(tx, email);
    await lockUser(tx, userId); // before the session, as everything that changes a person's account does
    await holdSession(tx, session.id, "live");
    const user = await tx.user.findUniqueOrThrow({
      where: { id: userId },
      select: { verifiedEmail: true },
    });
    if (user.verifiedEmail) return { asked: false, reason: "verified" };
    const asked = await askForVerification(tx, { userId, email, from });
    return asked ? { asked } : { asked, reason: "too-many" };
  });
}

/**
 * Mails the link once more unless the account had three within the hour, which its events tell: for an
 * account that gets none the count is the same. The transaction holds the address.
 */
export async function askForVerification(
  tx: Tx,
  { userId, email, from }: { userId: string; email: string; from: RequestSource },
): Promise<boolean> {
  const recent = await tx.auditEvent.count({
    where: {
      userId,
      type: { in: ["account_created", "administrator_created", "address_verification_requested"] },
      at: { gt: new Date(Date.now() - HOUR_MS) },
    },
  });
  if (recent >= MAILS_AN_HOUR) return false;
  await recordAuditEvent(tx, { type: "address_verification_requested", userId, from });
  await mailVerification(tx, { userId, email });
  return true;
}

import "server-only";
import { db, type Tx, transaction } from "../db/client";
import { lockUser } from "../db/lock-user";
import { hasMethod } from "../mfa/has-method";
import { holdLoginChallenge, type LoginChallenge } from "../mfa/login-challenge";
import { mailLink } from "../notices/mail-links";

const MAILS_AN_HOUR = 3;
const HOUR_MS = 3_600_000;
const MINUTES_LEFT = 15; // a link with more is mailed no second time: a login lasts ten minutes

/** What stands between the password and a person's session after their methods were reset. */
export type PendingReset = {
  userId: string;
  email: string;
  /** The mailbox the link goes to. */
  addressId: string;
  /**
   * The password was set after the reset, which whoever reads the mail can do alone: mail is no second proof
   * then, and an administrator has to look at the person again.
   */
  isPasswordNewer: boolean;
};

/**
 * The reset that a person's next login has to begin with; `undefined` if there was none, or a method was
 * enrolled since. Throws where nothing can be mailed any more. In a transaction, it needs its `tx`.
 */
export async function findPendingReset(userId: string, tx?: Tx): Promise<PendingReset | undefined> {
  const prisma = tx ?? (await db());
  const user = await prisma.user.findUnique({
    where: { id: userId },
    select: { email: true, mfaResetAt: true, passwordChangedAt: true },
  });
  if (!user?.mfaResetAt || (await hasMethod(prisma, userId))) return undefined;
  const { email, mfaResetAt, passwordChangedAt } = user;
  const address = await findLoginMailbox(prisma, { userId, email });
  if (!address) throw new Error("A person whose methods were reset has no verified address.");
  const isPasswordNewer = passwordChangedAt > mfaResetAt;
  return { userId, email, addressId: address.id, isPasswordNewer };
}

/** The verified mailbox that a person logs in with. */
export async function findLoginMailbox(
  tx: Tx,
  { userId, email }: { userId: string; email: string },
): Promise<{ id: string } | undefined> {
  const address = await tx.address.findFirst({
    where: { userId, email, verifiedAt: { not: null }, removedAt: null },
    select: { id: true },
  });
  return address ?? undefined;
}

/**
 * Mails the link for a login whose password was right, in the transaction that says so; none while one is
 * still good, since it works in any browser that has the password, and at most three an hour.
 */
export async function mailFirstLink(tx: Tx, reset: PendingReset): Promise<void> {
  const { userId, addressId } = reset;
  const good = await tx.mailLink.count({
    where: {
      userId,
      addressId,
      purpose: "reset-login",
      usedAt: null,
      expiresAt: { gt: new Date(Date.now() + MINUTES_LEFT * 60_000) },
    },
  });
  if (good === 0) await mailAnother(tx, reset);
}

export type MailedLinkRepetition = { sent: true } | { sent: false; reason: "too-many" | "over" };

/** Mails the link of a login again, at most three times an hour; the link before it dies. */
export async function mailLinkAgain({
  id,
  userId,
}: Pick<LoginChallenge, "id" | "userId">): Promise<MailedLinkRepetition> {
  return transaction(async (tx) => {
    await lockUser(tx, userId);
    await holdLoginChallenge(tx, id);
    const reset = await findPendingReset(userId, tx);
    if (!reset || reset.isPasswordNewer) return { sent: false, reason: "over" };
    return (await mailAnother(tx, reset)) ? { sent: true } : { sent: false, reason: "too-many" };
  });
}

/** Says whether it did. */
async function mailAnother(tx: Tx, reset: PendingReset): Promise<boolean> {
  if (reset.isPasswordNewer) return false;
  const { userId, addressId } = reset;
  const template = "reset_login";
  const recent = await tx.mail.count({
    where: { addressId, template, createdAt: { gt: new Date(Date.now() - HOUR_MS) } },
  });
  if (recent >= MAILS_AN_HOUR) return false;
  await mailLink(tx, { purpose: "reset-login", template, userId, addressId });
  return true;
}

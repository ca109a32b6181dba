import "server-only";
import { setTimeout as sleep } from "node:timers/promises";
import { config } from "../config";
import { db, type Tx, transaction } from "../db/client";
import { lockAddress } from "../db/lock-address";
import { lockUser } from "../db/lock-user";
import { takeHashPlace } from "../hash-queue";
import { withinFailureLimits } from "../mfa/failure-limits";
import { endLoginChallengesOf } from "../mfa/login-challenge";
import { logUnmailedReset, recordAuditEvent } from "../notices/audit-event";
import { findMailLink, mailLink, spendMailLink } from "../notices/mail-links";
import type { RequestSource } from "../request-source";
import { findAccountsOfAddress } from "./accounts-of-address";
import { type EmailAddress, parseEmailAddress } from "./email-address";
import { liftAllWaits } from "./lift-all-waits";
import { type PasswordRefusal, parseNewPassword } from "./password-policy";
import { passwordThrottle } from "./password-throttle";
import { endAllSessions } from "./session-rows";
import { storePasswordDigest } from "./store-password-digest";
import { askForVerification } from "./verification-mail";

const MAILS_AN_HOUR = 3;
const HOUR_MS = 3_600_000;
/** Longer than any branch takes, so that the time of the answer tells none of them (ASVS 6.3.8). */
const ANSWER_MS = 400;

/**
 * Mails a link that sets a new password, to the owner of an address. If nobody has verified the address,
 * the newest account at it gets its verification mail again, since nothing else goes to such an address.
 * Answers alike and after the same time, whoever has the address; refuses what is no address. What sends no
 * mail is logged and leaves no event.
 */
export async function requestPasswordReset(
  input: string,
  from: RequestSource,
): Promise<{ asked: true; email: EmailAddress } | { asked: false; reason: "invalid" }> {
  const email = parseEmailAddress(input);
  if (!email) return { asked: false, reason: "invalid" };
  const asking = transaction((tx) => ask(tx, email, from));
  await Promise.all([asking, sleep(ANSWER_MS)]);
  return { asked: true, email };
}

async function ask(tx: Tx, email: EmailAddress, from: RequestSource): Promise<void> {
  await lockAddress(tx, email);
  const accounts = await findAccountsOfAddress(tx, email);
  const usable = accounts.filter(({ disabledAt }) => disabledAt === null);
  const [first] = accounts;
  const owner = first?.isVerified ? first : undefined;
  const newest = usable.at(-1);
  const userId = owner?.id ?? newest?.id;
  const isMailed = owner
    ? owner.disabledAt === null && (await mailResetLink(tx, { userId: owner.id, email }))
    : newest !== undefined && (await askForVerification(tx, { userId: newest.id, email, from }));
  if (isMailed) await recordAuditEvent(tx, { type: "password_reset_requested", userId, from });
  else logUnmailedReset({ subject: passwordThrottle(email).subject, userId, from });
}

/** Says whether the mail is on its way. */
async function mailResetLink(
  tx: Tx,
  { userId, email }: { userId: string; email: EmailAddress },
): Promise<boolean> {
  const mailbox = await tx.address.findFirst({
    where: { userId, email, verifiedAt: { not: null }, removedAt: null },
    select: { id: true },
  });
  if (!mailbox) return false;
  const addressId = mailbox.id;
  const template = "reset_password";
  const recent = await tx.mail.count({
    where: { addressId, template, createdAt: { gt: new Date(Date.now() - HOUR_MS) } },
  });
  if (recent >= MAILS_AN_HOUR) return false;
  await mailLink(tx, { purpose: "reset-password", template, userId, addressId });
  return true;
}

/** Whose password a link sets; `undefined` when it is spent or over. Changes nothing. */
export async function findPasswordReset(token: string): Promise<{ email: string } | undefined> {
  const found = await findReset(token);
  return found && { email: found.user.email };
}

export type PasswordResetResult =
  | { reset: true; userId: string }
  /** The link is spent or over. */
  | { reset: false; reason: "over" }
  /** Too many failures of strangers (TH-09). */
  | { reset: false; reason: "waiting"; until: Date }
  /** Costs neither a hash nor the link. */
  | { reset: false; reason: "refused"; refusal: PasswordRefusal }
  | { reset: false; reason: "busy" };

/**
 * Sets the password of whoever holds a reset link, once. All sessions and login challenges end, and waits
 * end with them, since the owner is here; counts of failures stay. Verification methods are as they were: the
 * next login asks for them, and none begins here (63B §4.2.1.2; OWASP Forgot Password). The browser is to be
 * known from then on (`rememberBrowser`), or whoever still floods the login would win each free attempt there.
 */
export async function resetPassword(
  { token, chosen }: { token: string; chosen: string },
  from: RequestSource,
): Promise<PasswordResetResult> {
  const over = { reset: false, reason: "over" } as const;
  if (token === "") return over;
  const lookUp = await withinFailureLimits(
    { door: "mail-link", from, hasFailed: (link) => link === undefined },
    () => findReset(token),
  );
  if (lookUp.limited) return { reset: false, reason: "waiting", until: lookUp.until };
  if (!lookUp.value) return over;
  const { link, user } = lookUp.value;
  const { id: userId, email } = user;
  const context = [user.name, email, new URL(config().APP_URL).hostname];
  const parsed = parseNewPassword(chosen, context);
  if (parsed.refusal) return { reset: false, reason: "refused", refusal: parsed.refusal };
  const place = takeHashPlace("known-passwords");
  if (!place) return { reset: false, reason: "busy" };
  try {
    const { password } = parsed;
    const result = await storePasswordDigest<PasswordResetResult>(
      place,
      { password, email, exceptId: userId },
      async (tx, passwordDigest) => {
        await lockUser(tx, userId);
        if (!(await spendMailLink(tx, link))) return over;
        const { count } = await tx.user.updateMany({
          where: { id: userId, email, disabledAt: null },
          data: { passwordDigest, passwordChangedAt: new Date() },
        });
        if (count !== 1) return over;
        await endAllSessions(tx, userId);
        await endLoginChallengesOf(tx, userId);
        await liftAllWaits(tx, { userId, address: email });
        await recordAuditEvent(tx, { type: "password_reset", userId, from });
        return { reset: true, userId };
      },
    );
    return result?.stored ?? { reset: false, reason: "busy" };
  } finally {
    place.release();
  }
}

async function findReset(token: string) {
  const link = await findMailLink(token, "reset-password");
  if (!link) return undefined;
  const prisma = await db();
  const user = await prisma.user.findFirst({
    where: { id: link.userId, verifiedEmail: { not: null }, disabledAt: null },
    select: { id: true, name: true, email: true },
  });
  const email = user && parseEmailAddress(user.email);
  return email ? { link, user: { ...user, email } } : undefined;
}

import "server-only";
import { db, type Tx, transaction } from "../db/client";
import { lockAddress } from "../db/lock-address";
import { lockUser } from "../db/lock-user";
import { withinFailureLimits } from "../mfa/failure-limits";
import { recordAuditEvent } from "../notices/audit-event";
import { findMailLink, type MailLink, spendMailLink } from "../notices/mail-links";
import { PORTAL_ITSELF, type RequestSource } from "../request-source";
import { findAccountsOfAddress } from "./accounts-of-address";
import { applyAddressChangeIfReady } from "./change-address";
import { RELEASE_DAYS, releaseAccount } from "./release-account";

/** What a link to verify an address is about: enough to see whether the account is one's own. */
export type AddressVerification = {
  email: string;
  name: string;
  createdAt: Date;
  /** What the browser called itself that made the account; empty if unknown. */
  createdWith: string;
  /** Whether the account is only there until somebody verifies it, and so can be disowned. */
  canBeDisowned: boolean;
};

/** What a verification link is about; `undefined` when it is spent or over. Changes nothing. */
export async function findAddressVerification(
  token: string,
): Promise<AddressVerification | undefined> {
  const link = await findMailLink(token, "verify-address");
  const mailbox = link && (await findMailbox(await db(), link));
  if (!mailbox) return undefined;
  const { email, user } = mailbox;
  const prisma = await db();
  const creation = await prisma.auditEvent.findFirst({
    where: { userId: user.id, type: { in: ["account_created", "administrator_created"] } },
    select: { userAgent: true },
    orderBy: { at: "asc" },
  });
  return {
    email,
    name: user.name,
    createdAt: user.createdAt,
    createdWith: creation?.userAgent ?? "",
    canBeDisowned: canBeDisowned(mailbox),
  };
}

export type AddressVerificationResult =
  | { verified: true }
  /** The link is spent or over. */
  | { verified: false; reason: "over" }
  /** Too many failures of strangers (TH-09); the link goes on working. */
  | { verified: false; reason: "later" }
  /** Another account has verified the address. */
  | { verified: false; reason: "taken" };

/**
 * Verifies the mailbox that a link was mailed to, once, and for whoever holds the link. For a login address
 * the account becomes the address's owner, and all others that bear it unverified are released: nobody can
 * keep an address from its owner, or wait in an account at it.
 */
export async function verifyAddress(
  token: string,
  from: RequestSource,
): Promise<AddressVerificationResult> {
  const over = { verified: false, reason: "over" } as const;
  if (token === "") return over;
  const lookUp = await lookUpLink(token, from);
  if (lookUp.limited) return { verified: false, reason: "later" };
  if (!lookUp.value) return over;
  const { link, email: address } = lookUp.value;
  return transaction(async (tx) => {
    await lockAddress(tx, address);
    await lockUser(tx, link.userId);
    const mailbox = await findMailbox(tx, link);
    if (!mailbox || !(await spendMailLink(tx, link))) return over;
    if (!(await markVerified(tx, mailbox, from))) return { verified: false, reason: "taken" };
    const change = await applyAddressChangeIfReady(tx, { userId: link.userId, from });
    if (change === "taken") return { verified: false, reason: "taken" };
    return { verified: true };
  });
}

/**
 * Makes a login address its account's own at the word of whoever has access to the server, as `verifyAddress` does
 * for whoever reads the mailbox. The transaction holds the address and the person. Says whether it could: not when
 * another account has verified the address.
 */
export async function vouchForLoginAddress(
  tx: Tx,
  { userId, email }: { userId: string; email: string },
): Promise<boolean> {
  const address = await tx.address.findFirstOrThrow({
    where: { userId, email, removedAt: null },
    select: { id: true },
  });
  const mailbox = await findMailbox(tx, { addressId: address.id, userId });
  return mailbox !== undefined && (await markVerified(tx, mailbox, PORTAL_ITSELF));
}

/** Says whether it could: a login address is of one account only, and those that bear it unverified are released. */
async function markVerified(tx: Tx, mailbox: Mailbox, from: RequestSource): Promise<boolean> {
  const { id: addressId, email, user } = mailbox;
  const others = (await findAccountsOfAddress(tx, email)).filter(({ id }) => id !== user.id);
  const isLogin = email === user.email;
  if (isLogin && others.some(({ isVerified }) => isVerified)) return false;
  await tx.address.update({ where: { id: addressId }, data: { verifiedAt: new Date() } });
  if (isLogin) {
    await tx.user.update({ where: { id: user.id }, data: { verifiedEmail: email } });
    for (const { id } of others) await releaseAccount(tx, { userId: id, from });
  }
  await recordAuditEvent(tx, { type: "address_verified", userId: user.id, addressId, from });
  return true;
}

/**
 * Deletes the unverified account that a link was mailed for, at the word of whoever reads the mailbox: it is
 * not theirs. `over` when the link is, or the account has a verified address or administers; `later` after
 * too many failures of strangers (TH-09), when the link goes on working.
 */
export async function disownAccount(
  token: string,
  from: RequestSource,
): Promise<"disowned" | "over" | "later"> {
  if (token === "") return "over";
  const lookUp = await lookUpLink(token, from);
  if (lookUp.limited) return "later";
  if (!lookUp.value) return "over";
  const { link } = lookUp.value;
  return transaction(async (tx) => {
    await lockUser(tx, link.userId);
    const mailbox = await findMailbox(tx, link);
    if (!mailbox || !canBeDisowned(mailbox) || !(await spendMailLink(tx, link))) return "over";
    return (await releaseAccount(tx, { userId: link.userId, from })) ? "disowned" : "over";
  });
}

/** The live link of a token and its mailbox; a token of neither is a failure of a stranger. */
function lookUpLink(token: string, from: RequestSource) {
  return withinFailureLimits(
    { door: "mail-link", from, hasFailed: (found) => found === undefined },
    async () => {
      const link = await findMailLink(token, "verify-address");
      const mailbox = link && (await findMailbox(await db(), link));
      return mailbox && { link, email: mailbox.email };
    },
  );
}

/** A login address that is not verified yet. */
export type UnverifiedAddress = {
  email: string;
  /** When the account is released unless the address is verified; never for an administrator. */
  releasedAt: Date | undefined;
};

/** The login address of a person if it is not verified yet. */
export async function findUnverifiedAddress(
  userId: string,
): Promise<UnverifiedAddress | undefined> {
  const prisma = await db();
  const user = await prisma.user.findFirst({
    where: { id: userId, verifiedEmail: null },
    select: { email: true, createdAt: true, role: true },
  });
  if (!user) return undefined;
  const end = new Date(user.createdAt.getTime() + RELEASE_DAYS * 86_400_000);
  return { email: user.email, releasedAt: user.role === "ADMINISTRATOR" ? undefined : end };
}

/** A second mailbox is only one more; an account that was verified, or administers, is somebody's. */
const canBeDisowned = ({ email, user }: Mailbox) =>
  email === user.email && user.verifiedEmail === null && user.role !== "ADMINISTRATOR";

type Mailbox = NonNullable<Awaited<ReturnType<typeof findMailbox>>>;

/** The mailbox of a link with its person, as long as it is theirs. */
async function findMailbox(
  client: Tx,
  { addressId, userId }: Pick<MailLink, "addressId" | "userId">,
) {
  const address = await client.address.findFirst({
    where: { id: addressId, userId, removedAt: null },
    select: { id: true, email: true },
  });
  const user = await client.user.findFirst({
    where: { id: userId, disabledAt: null },
    select: { id: true, name: true, email: true, verifiedEmail: true, role: true, createdAt: true },
  });
  return address && user ? { ...address, user } : undefined;
}

import "server-only";
import { createHmac, randomUUID } from "node:crypto";
import { db, type Tx } from "../db/client";
import { currentKeyId, deriveKey } from "../keys";
import { hashToken } from "../random-token";
import { queueMail } from "./outbox";

/** What following a link does, by a POST after its page. */
export type MailLinkPurpose =
  | "verify-address"
  | "reset-password"
  | "confirm-address-change"
  | "reset-login";

export type MailLink = {
  id: string;
  purpose: MailLinkPurpose;
  userId: string;
  addressId: string;
  addressChangeId: string | null;
};

/** How long a link lives. What gets somebody in is an hour at most (63B §4.2.1.2); the others wait for people who are away. */
const LIFE_HOURS: Record<MailLinkPurpose, number> = {
  "verify-address": 7 * 24,
  "reset-password": 1,
  "confirm-address-change": 72,
  "reset-login": 1,
};

/**
 * Makes a single-use link and queues the mail that carries it. The database has the hash of its token;
 * the outbox derives the token again when it sends. Links of the same purpose to the same mailbox die.
 */
export async function mailLink(
  tx: Tx,
  {
    template,
    eventId,
    ...link
  }: Omit<MailLink, "id" | "addressChangeId"> & {
    addressChangeId?: string;
    template: string;
    eventId?: string;
  },
): Promise<void> {
  const { purpose, userId, addressId } = link;
  const id = randomUUID();
  const keyId = currentKeyId();
  const createdAt = new Date();
  const expiresAt = new Date(createdAt.getTime() + LIFE_HOURS[purpose] * 3_600_000);
  const token = deriveMailLinkToken({ id, keyId, purpose });
  await tx.mailLink.deleteMany({ where: { userId, purpose, addressId, usedAt: null } });
  await tx.mailLink.create({
    data: { id, keyId, ...link, tokenHash: hashToken(token), createdAt, expiresAt },
  });
  await queueMail(tx, { addressId, template, linkId: id, ...(eventId && { eventId }) });
}

/** The token of a link: 256 bits that only who has the key and the id can compute. */
export function deriveMailLinkToken({
  id,
  keyId,
  purpose,
}: {
  id: string;
  keyId: string;
  purpose: string;
}): string {
  return createHmac("sha256", deriveKey("mail links", keyId))
    .update(`${purpose} ${id}`)
    .digest("base64url");
}

/** The live link behind a token, for the page that asks before anything is done; `undefined` if it is spent or over. */
export async function findMailLink(
  token: string,
  purpose: MailLinkPurpose,
): Promise<MailLink | undefined> {
  const prisma = await db();
  const link = await prisma.mailLink.findFirst({
    where: { tokenHash: hashToken(token), ...live(purpose) },
    select: { id: true, userId: true, addressId: true, addressChangeId: true },
  });
  return link ? { ...link, purpose } : undefined;
}

/** What a link is or was for, also once it is spent or over: which page has the words for that. */
export async function findMailLinkPurpose(token: string): Promise<string | undefined> {
  const prisma = await db();
  const link = await prisma.mailLink.findUnique({
    where: { tokenHash: hashToken(token) },
    select: { purpose: true },
  });
  return link?.purpose;
}

/** Ends the links of a person that get somebody in, in the transaction that changes what they would do. */
export async function endLinksIn(tx: Tx, userId: string): Promise<void> {
  const purpose = { in: ["reset-password", "reset-login"] };
  await tx.mailLink.deleteMany({ where: { userId, purpose, usedAt: null } });
}

/** Spends a link, once, in the transaction that does what it is for. Says whether it was still live. */
export async function spendMailLink(tx: Tx, { id, purpose }: MailLink): Promise<boolean> {
  const { count } = await tx.mailLink.updateMany({
    where: { id, ...live(purpose) },
    data: { usedAt: new Date() },
  });
  return count === 1;
}

const live = (purpose: MailLinkPurpose) => ({
  purpose,
  usedAt: null,
  expiresAt: { gt: new Date() },
});

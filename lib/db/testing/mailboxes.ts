import { deriveMailLinkToken, type MailLinkPurpose } from "../../notices/mail-links";
import { db } from "../client";
import type { Person } from "./people";

/** Gives a person one more mailbox, added a minute ago and verified. Returns its id and address. */
export async function storeMailbox({ userId }: Person): Promise<{ id: string; email: string }> {
  const prisma = await db();
  const now = new Date();
  const email = `${crypto.randomUUID()}@example.org`;
  const { id } = await prisma.address.create({
    data: { userId, email, addedAt: new Date(now.getTime() - 60_000), verifiedAt: now },
  });
  return { id, email };
}

/** A person's mailbox by its address, the newest if there were several. */
export async function mailboxOf({ userId }: Person, email: string) {
  const prisma = await db();
  const where = { userId, email };
  return prisma.address.findFirstOrThrow({ where, orderBy: { addedAt: "desc" } });
}

/** What was mailed to a person's mailboxes of an address, oldest first: the templates of the outbox. */
export async function mailTo({ userId }: Person, email: string): Promise<string[]> {
  const prisma = await db();
  const mailboxes = await prisma.address.findMany({ where: { userId, email } });
  const mails = await prisma.mail.findMany({
    where: { addressId: { in: mailboxes.map(({ id }) => id) } },
    orderBy: [{ createdAt: "asc" }, { id: "asc" }],
  });
  return mails.map(({ template }) => template);
}

/** The token of the newest link of a purpose that was mailed to a person's mailbox; `""` if it is gone. */
export async function tokenTo(
  { userId, email }: Person,
  purpose: MailLinkPurpose,
): Promise<string> {
  const prisma = await db();
  const mailboxes = await prisma.address.findMany({ where: { userId, email } });
  const link = await prisma.mailLink.findFirst({
    where: { addressId: { in: mailboxes.map(({ id }) => id) }, purpose },
    orderBy: { createdAt: "desc" },
  });
  return link ? deriveMailLinkToken(link) : "";
}

import "server-only";
import { afterCommit, type Tx } from "../db/client";

/** One mail to one mailbox. It names rows; its text is composed when it is sent. */
export type QueuedMail = {
  addressId: string;
  /** The name of its text in messages/. */
  template: string;
  eventId?: string;
  linkId?: string;
};

/** Queues a mail in the transaction whose facts it tells; it leaves after the commit, or never. */
export async function queueMail(tx: Tx, mail: QueuedMail): Promise<void> {
  const now = new Date();
  await tx.mail.create({ data: { ...mail, createdAt: now, nextAttemptAt: now } });
  afterCommit(tx, wakeOutbox);
}

/** Queues one mail to each verified address of a person (63B §4.6), but for one that gets another mail of it. */
export async function queueNotice(
  tx: Tx,
  {
    userId,
    eventId,
    template,
    exceptId,
  }: { userId: string; eventId: string; template: string; exceptId?: string },
): Promise<void> {
  const addresses = await tx.address.findMany({
    where: {
      userId,
      verifiedAt: { not: null },
      removedAt: null,
      ...(exceptId && { id: { not: exceptId } }),
    },
    select: { id: true },
  });
  for (const { id } of addresses) await queueMail(tx, { addressId: id, template, eventId });
}

/** Has `act` called once, the next time this process commits a mail; an earlier wish is forgotten. */
export function onOutboxWoken(act: () => void): void {
  hooks[WAKE] = act;
}

/** Has this server look for mail to send at once, and not at its next round. */
function wakeOutbox(): void {
  hooks[WAKE]?.();
}

// Next.js loads this module once for each of its bundles; the process has one worker.
const WAKE = Symbol.for("sparekey.wake-outbox");
const hooks = globalThis as { [WAKE]?: () => void };

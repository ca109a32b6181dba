import "server-only";
import { setTimeout as sleep } from "node:timers/promises";
import { db } from "../db/client";
import { log } from "../log";
import { composeMail, type OutboxMail } from "./compose-mail";
import { onOutboxWoken } from "./outbox";
import { closeSmtp, sendMail } from "./send-mail";

const BATCH = 10;
const POLL_MS = 5_000; // how late a mail is whose server ended between its commit and its sending
const LEASE_SECONDS = 120; // longer than one sending takes with all its time limits
const FIRST_WAIT_SECONDS = 10;
const LONGEST_WAIT_SECONDS = 3_600;
const GIVE_UP_DAYS = 5; // RFC 5321 §4.5.4.1: four to five
const END_MS = 5_000;

/**
 * Sends queued mail until it is ended: whenever this server queued some, and every few seconds what any
 * server left. Returns what ends it, which lets the mail that is on its way go out first.
 */
export function startOutboxWorker(): () => Promise<void> {
  const ending = new AbortController();
  const ended = keepSending(ending.signal);
  return async () => {
    ending.abort();
    await Promise.race([ended, sleep(END_MS, undefined, { ref: false })]);
    closeSmtp();
  };
}

async function keepSending(ending: AbortSignal): Promise<void> {
  while (!ending.aborted) {
    // Listening begins before the look, or a mail queued meanwhile would wait for the next one.
    const woken = new Promise<void>((resolve) => onOutboxWoken(resolve));
    const claimed = await sendDueMailOrLog();
    if (claimed < BATCH) await Promise.race([woken, pause(ending)]);
  }
}

async function sendDueMailOrLog(): Promise<number> {
  try {
    return await sendDueMail();
  } catch (error) {
    log.error({ event: "outbox_failed", error: nameOf(error) }, "The outbox could not be read");
    return 0;
  }
}

const pause = (ending: AbortSignal) =>
  sleep(POLL_MS, undefined, { ref: false, signal: ending }).catch(() => undefined);

/**
 * Sends up to ten mails that are due, and says how many it tried. Any number of servers may do so at
 * once: each mail is claimed by one. At least once is promised: a server that ends between sending and
 * saying so has its mail sent again, with the same Message-ID.
 */
export async function sendDueMail(): Promise<number> {
  const mails = await claimDueMail();
  await Promise.all(mails.map(deliver));
  return mails.length;
}

type ClaimedMail = OutboxMail & { attempts: number };

/**
 * Claims due mail in one statement. The claim is a lease: until it ends no other server touches the
 * mail, and after it any of them tries again, so that a killed server's mail is not lost.
 */
async function claimDueMail(): Promise<ClaimedMail[]> {
  const prisma = await db();
  const now = new Date();
  const leaseEnd = new Date(now.getTime() + LEASE_SECONDS * 1000);
  return prisma.$queryRaw<ClaimedMail[]>`
    WITH due AS MATERIALIZED (
      SELECT "id" FROM "Mail"
      WHERE "sentAt" IS NULL AND "failedAt" IS NULL AND "nextAttemptAt" <= ${now}::timestamptz
      ORDER BY "nextAttemptAt" LIMIT ${BATCH}::int FOR UPDATE SKIP LOCKED)
    UPDATE "Mail" SET "attempts" = "attempts" + 1, "nextAttemptAt" = ${leaseEnd}::timestamptz
    WHERE "id" IN (SELECT "id" FROM due)
    RETURNING "id", "addressId", "template", "eventId", "linkId", "createdAt", "attempts"`;
}

async function deliver(mail: ClaimedMail): Promise<void> {
  const { id, template, attempts } = mail;
  try {
    const letter = await composeMail(mail);
    if (!letter) return await drop(mail);
    await sendMail(letter);
    const prisma = await db();
    await prisma.mail.update({ where: { id }, data: { sentAt: new Date() } });
    log.info({ event: "mail_sent", mailId: id, template, attempts }, "Mail sent");
  } catch (error) {
    await postpone(mail, error);
  }
}

/** What it would tell or link to is gone: nobody waits for it. */
async function drop({ id, template }: ClaimedMail): Promise<void> {
  const prisma = await db();
  await prisma.mail.deleteMany({ where: { id } });
  log.info({ event: "mail_dropped", mailId: id, template }, "Mail dropped: nothing left to tell");
}

/** Tries again later, each time after twice as long; after days it is given up. Always logged (63B §4.1.2.1). */
async function postpone(mail: ClaimedMail, error: unknown): Promise<void> {
  const { id, template, attempts, createdAt } = mail;
  const now = new Date();
  const seconds = Math.min(FIRST_WAIT_SECONDS * 2 ** (attempts - 1), LONGEST_WAIT_SECONDS);
  const nextAttemptAt = new Date(now.getTime() + seconds * 1000);
  const isOver = now.getTime() - createdAt.getTime() > GIVE_UP_DAYS * 86_400_000;
  const facts = { mailId: id, template, attempts, ...describeFailure(error) };
  if (isOver) log.error({ event: "mail_given_up", ...facts }, "Mail given up");
  else
    log.warn({ event: "mail_failed", ...facts, nextAttemptAt }, "Mail not sent, will be retried");
  const prisma = await db();
  // Not if the lease ended meanwhile and another server has it.
  await prisma.mail.updateMany({
    where: { id, attempts, sentAt: null },
    data: isOver ? { failedAt: now } : { nextAttemptAt },
  });
}

/** What an operator needs to know, and no more: an answer of a mail server may repeat the mail. */
function describeFailure(error: unknown) {
  const { code, responseCode, command } = Object(error);
  return { error: nameOf(error), code, responseCode, command };
}

const nameOf = (error: unknown) => (error instanceof Error ? error.name : typeof error);

import "server-only";
import { setTimeout as sleep } from "node:timers/promises";
import { db, transaction } from "../db/client";
import { lockUser } from "../db/lock-user";
import { log } from "../log";
import { compactEnrollmentTally, noteEnrollmentDay } from "../mfa/enrollment-totals";
import { endExpiredTemporaryCodes } from "../mfa/temporary-codes";
import { PORTAL_ITSELF } from "../request-source";
import { applyDueAddressChanges } from "./change-address";
import { RELEASE_DAYS, releaseAccount } from "./release-account";

const ROUND_MS = 10 * 60_000;
const END_MS = 5_000;
const RELEASES_A_ROUND = 100; // each is a transaction; the rest waits for the next round

const [MINUTE, DAY] = [60_000, 86_400_000];
const ago = (milliseconds: number) => new Date(Date.now() - milliseconds);

/** What is done, each by itself; the numbers are rows cleared away. Any server may do any of it, at any time. */
const TASKS: Record<string, () => Promise<unknown>> = {
  applyDueAddressChanges,
  forgetKeptForms,
  releaseUnverifiedAccounts, // before the addresses, which go with their people
  deleteAddressesOfNobody,
  deleteLoginChallenges,
  deleteSessions,
  endExpiredTemporaryCodes,
  deletePendingApps,
  deletePairings,
  deleteWebauthnChallenges,
  deleteApprovalRequests,
  deletePasswordThrottles,
  deleteClearedThrottles,
  deleteThrottlesOfNobody,
  deleteRateLimits,
  deleteMailLinks,
  deleteInvitations,
  deleteMail,
  compactEnrollmentTally,
  noteEnrollmentDay,
};

/** Clears away at once, and every ten minutes, what nobody needs any more. Returns what ends it. */
export function startHousekeeping(): () => Promise<void> {
  const ending = new AbortController();
  const ended = keepHouse(ending.signal);
  return async () => {
    ending.abort();
    await Promise.race([ended, sleep(END_MS, undefined, { ref: false })]);
  };
}

async function keepHouse(ending: AbortSignal): Promise<void> {
  while (!ending.aborted) {
    await clearAway();
    await sleep(ROUND_MS, undefined, { ref: false, signal: ending }).catch(() => undefined);
  }
}

/** One round. A task that fails is logged and tried again in the next; the others go on. */
export async function clearAway(): Promise<void> {
  for (const [task, run] of Object.entries(TASKS)) {
    try {
      const rows = await run();
      if (typeof rows === "number" && rows > 0)
        log.info({ event: "housekeeping", task, rows }, "Cleared away");
    } catch (error) {
      const name = error instanceof Error ? error.name : typeof error;
      log.error({ event: "housekeeping_failed", task, error: name }, "Not cleared away");
    }
  }
}

/** What was typed is kept as long as a fresh proof takes, and no longer. */
async function forgetKeptForms(): Promise<number> {
  const prisma = await db();
  const { count } = await prisma.loginChallenge.updateMany({
    where: { sealedForm: { not: null }, createdAt: { lt: ago(10 * MINUTE) } },
    data: { sealedForm: null, formKeyId: null },
  });
  return count;
}

/** Accounts whose address nobody verified in a week: the address may be somebody else's. */
async function releaseUnverifiedAccounts(): Promise<number> {
  const prisma = await db();
  const users = await prisma.user.findMany({
    where: { verifiedEmail: null, role: "USER", createdAt: { lt: ago(RELEASE_DAYS * DAY) } },
    select: { id: true },
    take: RELEASES_A_ROUND,
  });
  let released = 0;
  for (const { id: userId } of users) {
    const done = await transaction(async (tx) => {
      await lockUser(tx, userId);
      return releaseAccount(tx, { userId, from: PORTAL_ITSELF });
    });
    if (done) released += 1;
  }
  return released;
}

/**
 * Mailboxes of deleted accounts, once the last mail to them has left. One that was invited stays: its event is to
 * tell whom an administrator let in, and holds its id alone.
 */
async function deleteAddressesOfNobody(): Promise<number> {
  const prisma = await db();
  return prisma.$executeRaw`
    DELETE FROM "Address" a
    WHERE NOT EXISTS (SELECT 1 FROM "User" u WHERE u."id" = a."userId")
      AND NOT EXISTS (SELECT 1 FROM "Mail" m
        WHERE m."addressId" = a."id" AND m."sentAt" IS NULL AND m."failedAt" IS NULL)
      AND NOT EXISTS (SELECT 1 FROM "AuditEvent" e
        WHERE e."addressId" = a."id" AND e."type" = 'invitation_sent')`;
}

async function deleteLoginChallenges(): Promise<number> {
  const prisma = await db();
  const { count } = await prisma.loginChallenge.deleteMany({
    where: { expiresAt: { lt: ago(DAY) } },
  });
  return count;
}

/** Sessions that are over. Idle ones are only refused: their people see in the history that they were. */
async function deleteSessions(): Promise<number> {
  const prisma = await db();
  const { count } = await prisma.session.deleteMany({ where: { expiresAt: { lt: ago(0) } } });
  return count;
}

async function deletePendingApps(): Promise<number> {
  const prisma = await db();
  const { count } = await prisma.authenticatorApp.deleteMany({
    where: { verifiedAt: null, pendingUntil: { lt: ago(0) } },
  });
  return count;
}

/** A day on, "that took too long" can still be told. What was connected stays (63B §4.1). */
async function deletePairings(): Promise<number> {
  const prisma = await db();
  const { count } = await prisma.pairing.deleteMany({ where: { expiresAt: { lt: ago(DAY) } } });
  return count;
}

/** A day on, as for pairings; at once those of nobody, which a stranger can ask for by the million. */
async function deleteWebauthnChallenges(): Promise<number> {
  const prisma = await db();
  const { count } = await prisma.webauthnChallenge.deleteMany({
    where: {
      OR: [{ expiresAt: { lt: ago(DAY) } }, { userId: null, expiresAt: { lt: ago(0) } }],
    },
  });
  return count;
}

/** No limit looks back as far; what was approved and denied stays on record by its events. */
async function deleteApprovalRequests(): Promise<number> {
  const prisma = await db();
  const { count } = await prisma.approvalRequest.deleteMany({
    where: { createdAt: { lt: ago(30 * DAY) } },
  });
  return count;
}

/** A stranger can fail at any address; after a month his count is forgotten. */
async function deletePasswordThrottles(): Promise<number> {
  const prisma = await db();
  const { count } = await prisma.throttle.deleteMany({
    where: { method: "password", lastAttemptAt: { lt: ago(30 * DAY) } },
  });
  return count;
}

/** The counts of other methods stay until they are cleared (63B §3.2.2: consecutive failures). */
async function deleteClearedThrottles(): Promise<number> {
  const prisma = await db();
  const { count } = await prisma.throttle.deleteMany({
    where: { method: { not: "password" }, failures: 0, lastAttemptAt: { lt: ago(30 * DAY) } },
  });
  return count;
}

/** The counts of deleted accounts. A password's may be an address's, and go after a month; all others bear a user's id. */
async function deleteThrottlesOfNobody(): Promise<number> {
  const prisma = await db();
  return prisma.$executeRaw`
    DELETE FROM "Throttle" t
    WHERE t."method" <> 'password' AND NOT EXISTS (SELECT 1 FROM "User" u
      WHERE u."id" = CASE WHEN t."method" <> 'password' THEN t."subject"::uuid END)`;
}

async function deleteRateLimits(): Promise<number> {
  const prisma = await db();
  const { count } = await prisma.rateLimiterFlexible.deleteMany({
    where: { expire: { lt: ago(0) } },
  });
  return count;
}

async function deleteMailLinks(): Promise<number> {
  const prisma = await db();
  const { count } = await prisma.mailLink.deleteMany({
    where: { OR: [{ usedAt: { lt: ago(7 * DAY) } }, { expiresAt: { lt: ago(7 * DAY) } }] },
  });
  return count;
}

/** Whom it went to, who sent it, and what it made of whom stays on record by its events. */
async function deleteInvitations(): Promise<number> {
  const prisma = await db();
  const isOver = { lt: ago(7 * DAY) };
  const { count } = await prisma.invitation.deleteMany({
    where: { OR: [{ usedAt: isOver }, { cancelledAt: isOver }, { expiresAt: isOver }] },
  });
  return count;
}

/** Mail that was sent, or given up, a month ago. */
async function deleteMail(): Promise<number> {
  const prisma = await db();
  const { count } = await prisma.mail.deleteMany({
    where: { OR: [{ sentAt: { lt: ago(30 * DAY) } }, { failedAt: { lt: ago(30 * DAY) } }] },
  });
  return count;
}

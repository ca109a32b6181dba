import "server-only";
import { db, type Tx } from "../db/client";
import type { ThrottledMethod } from "./method-names";

/** Whose attempts at what: a user id, or for the password a keyed hash of the address. */
export type ThrottleKey = {
  subject: string;
  method: ThrottledMethod;
  /** A known browser's own count; without one, all others share theirs. */
  lane?: string;
};

/** One counted attempt. `round` tells whether the count was cleared since. */
export type Reservation = ThrottleKey & { failures: number; round: number };

export type ReservationResult =
  | { reserved: true; reservation: Reservation }
  | { reserved: false; reason: "waiting" | "disabled"; until: Date };

/**
 * Seconds to wait after the n-th consecutive failure, then an hour each: people mistype a few times,
 * and a hundred failures take 3.7 days (63B §3.2.2: waits of 30 seconds to an hour).
 */
export const WAITS_SECONDS = [0, 0, 0, 0, 30, 60, 120, 240, 480, 900, 1800, 3600];

/** Long past, and not "now": another server's clock may be a moment behind. */
const NO_WAIT = new Date(0);

/** 63B §3.2.2: no more than 100 consecutive failures; then the method waits to be bound again. */
export const MAX_FAILURES = 100;

/**
 * Counts an attempt before it is judged, in one conditional statement that commits by itself, so
 * that no number of parallel guesses gets past the cap (ASVS 15.4.2). Refuses with the end of the
 * wait, or as disabled; a refusal counts nothing.
 */
export async function reserveAttempt({
  subject,
  method,
  lane = "",
}: ThrottleKey): Promise<ReservationResult> {
  const now = new Date();
  const prisma = await db();
  const [row] = await prisma.$queryRaw<{ failures: number; round: number }[]>`
    INSERT INTO "Throttle" AS t ("subject", "method", "lane", "failures", "round", "nextAttemptAt", "lastAttemptAt")
    VALUES (${subject}, ${method}, ${lane}, 1, 0, ${NO_WAIT}::timestamptz, ${now}::timestamptz)
    ON CONFLICT ("subject", "method", "lane") DO UPDATE SET
      "failures" = t."failures" + 1,
      "lastAttemptAt" = ${now}::timestamptz,
      "nextAttemptAt" = (
        SELECT CASE WHEN wait.seconds = 0 THEN ${NO_WAIT}::timestamptz
          ELSE ${now}::timestamptz + make_interval(secs => wait.seconds) END
        FROM (SELECT (${WAITS_SECONDS}::int[])[
          LEAST(t."failures" + 1, ${WAITS_SECONDS.length}::int)] AS seconds) wait)
    WHERE t."nextAttemptAt" <= ${now}::timestamptz AND (t."failures" < ${MAX_FAILURES}::int OR ${!canBeDisabled(method)}::boolean)
    RETURNING t."failures", t."round"`;
  if (row) return { reserved: true, reservation: { subject, method, lane, ...row } };
  const throttle = await prisma.throttle.findUniqueOrThrow({
    where: { subject_method_lane: { subject, method, lane } },
  });
  const reason = isDisabled(method, throttle.failures) ? "disabled" : "waiting";
  return { reserved: false, reason, until: throttle.nextAttemptAt };
}

/**
 * Takes back a reservation that turned out to be no guess, with the wait it began. Does nothing if
 * the count was cleared since. A reservation is only made when no wait runs, so none is restored. In a
 * transaction, it needs its `tx`.
 */
export async function giveBackAttempt(
  { subject, method, lane = "", round }: Reservation,
  tx?: Tx,
): Promise<void> {
  const prisma = tx ?? (await db());
  await prisma.throttle.updateMany({
    where: { subject, method, lane, round, failures: { gt: 0 } },
    data: { failures: { decrement: 1 }, nextAttemptAt: NO_WAIT },
  });
}

/** Forgets the failures of one method, in the transaction in which it succeeded (63B §3.2.2). */
export async function clearFailures(
  tx: Tx,
  { subject, method, lane = "" }: ThrottleKey,
): Promise<void> {
  await tx.throttle.updateMany({
    where: { subject, method, lane },
    data: { failures: 0, round: { increment: 1 }, nextAttemptAt: NO_WAIT },
  });
}

/** The methods of a person that a hundred failures have disabled. */
export async function findDisabledMethods(userId: string, tx?: Tx): Promise<string[]> {
  const prisma = tx ?? (await db());
  const rows = await prisma.throttle.findMany({ where: { subject: userId } });
  return rows
    .filter(({ method, failures }) => isDisabled(method, failures))
    .map(({ method }) => method);
}

/**
 * What would refuse an attempt now, counting none; `undefined` if it would be judged. In a transaction, it
 * needs its `tx`.
 */
export async function findBarrier(
  { subject, method, lane = "" }: ThrottleKey,
  tx?: Tx,
): Promise<{ reason: "waiting" | "disabled"; until: Date } | undefined> {
  const prisma = tx ?? (await db());
  const row = await prisma.throttle.findUnique({
    where: { subject_method_lane: { subject, method, lane } },
  });
  if (!row) return undefined;
  const until = row.nextAttemptAt;
  if (isDisabled(method, row.failures)) return { reason: "disabled", until };
  return until > new Date() ? { reason: "waiting", until } : undefined;
}

/** Whether the last of this many consecutive failures began a wait. */
export function beginsWait(failures: number): boolean {
  return WAITS_SECONDS.slice(0, failures).some((seconds) => seconds > 0);
}

/** Whether this many consecutive failures disable the method. */
export function isDisabled(method: string, failures: number): boolean {
  return canBeDisabled(method) && failures >= MAX_FAILURES;
}

// A stranger can fail at a password; disabling it would let him lock anybody out. Its waits stay.
const canBeDisabled = (method: string) => method !== "password";

/**
 * Ends the waits of a method in every lane and keeps the counts: for somebody who proved to be the owner
 * in another way, as by resetting the password.
 */
export async function liftWaits(tx: Tx, { subject, method }: ThrottleKey): Promise<void> {
  await tx.throttle.updateMany({ where: { subject, method }, data: { nextAttemptAt: NO_WAIT } });
}

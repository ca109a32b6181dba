import "server-only";
import { timingSafeEqual } from "node:crypto";
import { afterCommit, db, type Tx, transaction } from "../db/client";
import { lockUser } from "../db/lock-user";
import { logRefusedTry, recordAuditEvent } from "../notices/audit-event";
import { queueNotice } from "../notices/outbox";
import type { RequestSource } from "../request-source";
import { isPausing, MAX_WRONG_NUMBERS, openNumber, unanswered } from "./approval-requests";
import { wakeApprovalWatchers } from "./approval-watch";
import { recordFailedAnswer } from "./challenge-answer";
import { endChallenge, holdLoginChallenge, LoginChallengeOver } from "./login-challenge";
import { giveBackAttempt, type Reservation, reserveAttempt } from "./throttle";

/** What a Sparekey Authenticator answers; its signature was verified. */
export type ApprovalAnswer = {
  authenticator: { id: string; userId: string };
  requestId: string;
  decision: "approved" | "denied";
  /** As typed or scanned on the phone; none when denying. */
  number: string;
  from: RequestSource;
  /** Runs in the transaction that denies: whoever that login or step-up let in is not the owner. */
  onDenied: (tx: Tx, challenge: DeniedChallenge) => Promise<void>;
};

/** A login, or the step-up of a session, that was denied; perhaps after another method had completed it. */
export type DeniedChallenge = { id: string; sessionId: string | null; satisfiedAt: Date | null };

export type ApprovalAnswerResult =
  | { answered: true }
  /** Denied, and too late: somebody had got in with another method, and is out again. */
  | { answered: true; hadGotIn: true }
  /** Not six digits: approving alone never succeeds (63B §3.1.3.1). Counted nothing. */
  | { answered: false; reason: "number" }
  | { answered: false; reason: "wrong"; left: number }
  /** Too many wrong numbers, over all requests. Counted nothing. */
  | { answered: false; reason: "waiting"; until: Date }
  | { answered: false; reason: "disabled" }
  /** The phone was reported lost, or removed meanwhile. */
  | { answered: false; reason: "suspended" }
  /** Nobody's, or another person's. */
  | { answered: false; reason: "unknown" }
  /** Expired, replaced, answered before, or its login ended. */
  | { answered: false; reason: "over" };

/**
 * Answers a request of the authenticator's own person, once (PU-03). Approving needs the number from the
 * login screen (PU-01). A number is counted before it is judged: on the request, which ends at three wrong
 * ones, and on the method's throttle, which new requests do not reset (PU-02); a right one is given back.
 * Denying ends the login challenge, is told by mail, and at the third begins a pause (PU-04, PU-07). It counts
 * also where the login is over, while the request would last: whoever began it and left again is told of as well.
 * Where another method had completed it, nobody is told that nobody got in, and `onDenied` puts them out.
 */
export async function answerApprovalRequest(answer: ApprovalAnswer): Promise<ApprovalAnswerResult> {
  const { authenticator, requestId: id, decision, number } = answer;
  const { userId } = authenticator;
  if (decision === "approved" && !/^\d{6}$/.test(number))
    return { answered: false, reason: "number" };
  const prisma = await db();
  if ((await prisma.sparekeyAuthenticator.count({ where: working(authenticator) })) === 0)
    return { answered: false, reason: "suspended" };
  if ((await prisma.approvalRequest.count({ where: { id, userId } })) === 0)
    return { answered: false, reason: "unknown" };
  return decision === "denied" ? deny(answer) : approve(answer);
}

const working = ({ id, userId }: ApprovalAnswer["authenticator"]) => ({
  id,
  userId,
  removedAt: null,
  suspendedAt: null,
});

async function approve(answer: ApprovalAnswer): Promise<ApprovalAnswerResult> {
  const { authenticator, requestId: id, number, from } = answer;
  const { userId } = authenticator;
  const prisma = await db();
  const isOpen = { id, userId, ...unanswered(), wrongNumbers: { lt: MAX_WRONG_NUMBERS } };
  if ((await prisma.approvalRequest.count({ where: isOpen })) === 0)
    return { answered: false, reason: "over" };
  const attempt = await reserveAttempt({ subject: userId, method: "notification" });
  if (!attempt.reserved) {
    const { reason, until } = attempt;
    logRefusedTry({ reason, userId, method: "notification", from });
    return reason === "waiting"
      ? { answered: false, reason, until }
      : { answered: false, reason: "disabled" };
  }
  const { reservation } = attempt;
  const [request] = await prisma.approvalRequest.updateManyAndReturn({
    where: { ...isOpen, ...unanswered() },
    data: { wrongNumbers: { increment: 1 } },
  });
  if (!request) {
    await giveBackAttempt(reservation);
    return { answered: false, reason: "over" };
  }
  if (!isSame(number, openNumber(request))) return refuseNumber(request, { reservation, from });
  const isApproved = await record(answer, async (tx) => {
    await holdLoginChallenge(tx, request.loginChallengeId);
    await giveBackAttempt(reservation, tx);
  });
  if (!isApproved) await giveBackAttempt(reservation);
  return isApproved ? { answered: true } : { answered: false, reason: "over" };
}

async function refuseNumber(
  request: RequestSource & {
    id: string;
    userId: string;
    loginChallengeId: string;
    wrongNumbers: number;
  },
  { reservation, from: answeredFrom }: { reservation: Reservation; from: RequestSource },
): Promise<ApprovalAnswerResult> {
  const { id, userId, loginChallengeId, wrongNumbers, address, userAgent } = request;
  const left = MAX_WRONG_NUMBERS - wrongNumbers;
  const challenge = { id: loginChallengeId, userId };
  // As for a denial: the owner wants to know who it was, not where their phone is.
  await recordFailedAnswer({ challenge, reservation, from: { address, userAgent }, answeredFrom });
  if (left <= 0) {
    const prisma = await db();
    await prisma.approvalRequest.updateMany({
      where: { id, ...unanswered() },
      data: { endedAt: new Date() },
    });
    wakeApprovalWatchers();
  }
  return { answered: false, reason: "wrong", left: Math.max(0, left) };
}

async function deny(answer: ApprovalAnswer): Promise<ApprovalAnswerResult> {
  const { authenticator, requestId: id, from } = answer;
  const { userId } = authenticator;
  let hadGotIn = false;
  const isDenied = await record(answer, async (tx, name) => {
    const request = await tx.approvalRequest.findUniqueOrThrow({ where: { id } });
    const challenge = await endDenied(tx, request.loginChallengeId);
    hadGotIn = challenge.satisfiedAt !== null;
    const { address, userAgent } = request;
    const eventId = await recordAuditEvent(tx, {
      type: "notification_denied",
      userId,
      sessionId: challenge.sessionId ?? undefined,
      method: "notification",
      methodName: name,
      from: { address, userAgent }, // the owner wants to know who it was, not where their phone is
    });
    await queueNotice(tx, { userId, eventId, template: templateOf(challenge) });
    if (await isPausing(tx, userId)) {
      const event = { userId, method: "notification", from };
      await recordAuditEvent(tx, { type: "notifications_paused", ...event });
    }
    await answer.onDenied(tx, challenge);
  });
  if (!isDenied) return { answered: false, reason: "over" };
  return hadGotIn ? { answered: true, hadGotIn } : { answered: true };
}

/** Ends what is denied, first of all: nothing completes it any more. Throws `LoginChallengeOver` if it is gone. */
async function endDenied(tx: Tx, id: string): Promise<DeniedChallenge> {
  await endChallenge(tx, id);
  const challenge = await tx.loginChallenge.findUnique({
    where: { id },
    select: { id: true, sessionId: true, satisfiedAt: true },
  });
  if (!challenge) throw new LoginChallengeOver();
  return challenge;
}

function templateOf({ satisfiedAt, sessionId }: DeniedChallenge) {
  if (satisfiedAt) return "session_denied";
  return sessionId ? "step_up_denied" : "notification_denied";
}

class AnsweredMeanwhile extends Error {}

/**
 * Records the one answer to a request with what follows from it, and the use of the phone, which must still
 * be connected. Says whether this was the one.
 */
async function record(
  { authenticator, requestId: id, decision, from }: ApprovalAnswer,
  consequences: (tx: Tx, name: string) => Promise<void>,
): Promise<boolean> {
  const { id: authenticatorId, userId } = authenticator;
  const answeredAt = new Date();
  const used = {
    lastUsedAt: answeredAt,
    lastUsedAddress: from.address,
    lastUsedUserAgent: from.userAgent,
  };
  try {
    await transaction(async (tx) => {
      await lockUser(tx, userId); // first, as everything that changes a person's phones does
      const [phone] = await tx.sparekeyAuthenticator.updateManyAndReturn({
        where: working(authenticator),
        data: used,
        select: { name: true },
      });
      const { count } = await tx.approvalRequest.updateMany({
        where: { id, userId, ...(decision === "denied" ? deniable() : unanswered()) },
        data: {
          decision,
          answeredAt,
          authenticatorId,
          ...(decision === "approved" && { wrongNumbers: { decrement: 1 } }), // its own, which was none
        },
      });
      if (!phone || count !== 1) throw new AnsweredMeanwhile();
      await consequences(tx, phone.name);
      if (decision === "approved") {
        const event = { userId, method: "notification", methodName: phone.name, from };
        await recordAuditEvent(tx, { type: "notification_approved", ...event });
      }
      afterCommit(tx, wakeApprovalWatchers);
    });
    return true;
  } catch (error) {
    if (error instanceof AnsweredMeanwhile || error instanceof LoginChallengeOver) return false;
    throw error;
  }
}

/** The login may be over, and the request with it: `endDenied` tells whether it had let somebody in. */
const deniable = () => ({ decision: null, expiresAt: { gt: new Date() } });

const isSame = (given: string, wanted: string) =>
  timingSafeEqual(Buffer.from(given), Buffer.from(wanted));

import "server-only";
import { db, type Tx, transaction } from "../db/client";
import { lockUser } from "../db/lock-user";
import { type NotAccepted, whenAccepted } from "./accepted-method";
import { approvedAndUnused } from "./approval-requests";
import type { ChallengeAnswer } from "./challenge-answer";
import { LoginChallengeOver, satisfyLoginChallenge } from "./login-challenge";
import { clearFailures } from "./throttle";

/** An answer that was given on a phone: nothing is typed. */
export type NotificationAnswer<T> = Pick<ChallengeAnswer<T>, "challenge"> & {
  /** As in `ChallengeAnswer`; it gets until when logins with the phone are restricted. */
  onSatisfied: (tx: Tx, probationUntil: Date | null) => Promise<T>;
};

export type NotificationResult<T> =
  | { verified: true; value: T }
  /** No answer yet, none in time, or used before. Costs nothing. */
  | { verified: false; reason: "not-approved" }
  | { verified: false; reason: "challenge-over" }
  | NotAccepted;

/**
 * Completes a login challenge whose own request was approved: no other login's approval counts, and none
 * counts twice or two minutes later (PU-03; ASVS 6.6.2). The phone must still be connected. The approval is
 * used in the transaction that satisfies the challenge and runs `onSatisfied`.
 */
export async function verifyNotification<T>(
  answer: NotificationAnswer<T>,
): Promise<NotificationResult<T>> {
  return whenAccepted({ ...answer, method: "notification" }, () => complete(answer));
}

async function complete<T>({
  challenge,
  onSatisfied,
}: NotificationAnswer<T>): Promise<NotificationResult<T>> {
  const { id: loginChallengeId, userId } = challenge;
  const prisma = await db();
  const approved = await prisma.approvalRequest.findFirst({
    where: { loginChallengeId, userId, ...approvedAndUnused() },
    orderBy: { answeredAt: "desc" },
    select: { id: true, authenticatorId: true },
  });
  if (!approved?.authenticatorId) return { verified: false, reason: "not-approved" };
  const { id, authenticatorId } = approved;
  try {
    const value = await transaction(async (tx) => {
      await lockUser(tx, userId); // first, as everything that changes a person's phones does
      const phone = await tx.sparekeyAuthenticator.findFirst({
        where: { id: authenticatorId, userId, removedAt: null, suspendedAt: null },
        select: { probationUntil: true },
      });
      const { count } = await tx.approvalRequest.updateMany({
        where: { id, loginChallengeId, ...approvedAndUnused() },
        data: { usedAt: new Date() },
      });
      if (!phone || count !== 1) throw new NotApproved();
      await satisfyLoginChallenge(tx, challenge, "notification");
      await clearFailures(tx, { subject: userId, method: "notification" });
      return onSatisfied(tx, phone.probationUntil);
    });
    return { verified: true, value };
  } catch (error) {
    if (error instanceof NotApproved) return { verified: false, reason: "not-approved" };
    if (error instanceof LoginChallengeOver) return { verified: false, reason: "challenge-over" };
    throw error;
  }
}

class NotApproved extends Error {}

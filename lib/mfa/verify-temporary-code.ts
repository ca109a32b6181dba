import "server-only";
import { db, transaction } from "../db/client";
import { lockUser } from "../db/lock-user";
import { takeHashPlace } from "../hash-queue";
import { logRefusedTry, recordAuditEvent } from "../notices/audit-event";
import type { RequestSource } from "../request-source";
import { type ChallengeAnswer, recordFailedAnswer, type Unjudged } from "./challenge-answer";
import { LoginChallengeOver, recordChallengeSlip, satisfyLoginChallenge } from "./login-challenge";
import type { StoredDigest } from "./sealed-digest";
import { parseTemporaryCode, type TemporaryCodeTypo } from "./temporary-code";
import { matchesTemporaryCode, type TemporaryCodeRow } from "./temporary-code-digest";
import { ended, isLive } from "./temporary-codes";
import { clearFailures, giveBackAttempt, reserveAttempt } from "./throttle";

export type TemporaryCodeResult<T> =
  | { verified: true; value: T }
  | Unjudged
  /** Cost no attempt and no hash. */
  | { verified: false; reason: "typo"; typo: TemporaryCodeTypo }
  /** Wrong, used, ended, expired, or never made: not told apart. */
  | { verified: false; reason: "wrong" };

const METHOD = "temporary-code";
/** Half of it is 40 bits: ten guesses win once in 10^11. Making a code clears the count. */
const FAILURES_OF_A_CODE = 10;

/**
 * Answers a login challenge with both halves of a temporary code. Each answer that is no typo is one attempt,
 * counted before it is judged, and one hash. The right code loses one of its uses in the transaction that
 * satisfies the challenge and runs `onSatisfied`: whatever races or crashes. Ten wrong ones end it.
 */
export async function verifyTemporaryCode<T>(
  answer: ChallengeAnswer<T>,
): Promise<TemporaryCodeResult<T>> {
  const { challenge, input, from } = answer;
  const { userId } = challenge;
  const { code, typo } = parseTemporaryCode(input);
  if (!code) {
    await recordChallengeSlip(challenge.id);
    return { verified: false, reason: "typo", typo };
  }
  const place = takeHashPlace("codes");
  if (!place) return { verified: false, reason: "busy" };
  try {
    const attempt = await reserveAttempt({ subject: userId, method: METHOD });
    if (!attempt.reserved) {
      logRefusedTry({ reason: attempt.reason, userId, method: METHOD, from });
      return { verified: false, reason: attempt.reason, until: attempt.until };
    }
    const { reservation } = attempt;
    const stored = await findStored(userId);
    if (!(await matchesTemporaryCode(place, code, stored)) || !stored) {
      if (stored && reservation.failures >= FAILURES_OF_A_CODE) await endGuessed(stored.row, from);
      await recordFailedAnswer({ challenge, reservation, from });
      return { verified: false, reason: "wrong" };
    }
    const outcome = await spend(answer, stored.row);
    if (!outcome.verified) await giveBackAttempt(reservation); // lost to another: no guess
    return outcome;
  } finally {
    place.release();
  }
}

async function findStored(
  userId: string,
): Promise<{ digest: StoredDigest; row: TemporaryCodeRow } | undefined> {
  const prisma = await db();
  const code = await prisma.temporaryCode.findFirst({
    where: { userId, ...isLive() },
    orderBy: { createdAt: "desc" },
  });
  if (!code?.salt || !code.sealedDigest) return undefined;
  const { id, salt, cost, sealedDigest, keyId } = code;
  return { digest: { salt, cost, sealedDigest, keyId }, row: { userId, id } };
}

/** Ends the code that was judged, and none that was made meanwhile: nobody has guessed at that one. */
async function endGuessed({ userId, id }: TemporaryCodeRow, from: RequestSource): Promise<void> {
  await transaction(async (tx) => {
    const { count } = await tx.temporaryCode.updateMany({
      where: { id, userId, ...isLive() },
      data: ended("guessed"),
    });
    if (count > 0) await recordAuditEvent(tx, { type: "temporary_code_ended", userId, from });
  });
}

/** The code was used up, ended or replaced while it was judged. */
class TemporaryCodeOver extends Error {}

async function spend<T>(
  { challenge, from, onSatisfied }: ChallengeAnswer<T>,
  { userId, id }: TemporaryCodeRow,
): Promise<TemporaryCodeResult<T>> {
  try {
    const value = await transaction(async (tx) => {
      await lockUser(tx, userId);
      const { count } = await tx.temporaryCode.updateMany({
        where: { id, userId, ...isLive() },
        data: { usesLeft: { decrement: 1 }, lastUsedAt: new Date() },
      });
      if (count !== 1) throw new TemporaryCodeOver();
      await tx.temporaryCode.updateMany({ where: { id, usesLeft: 0 }, data: ended("used") });
      await satisfyLoginChallenge(tx, challenge, METHOD);
      await clearFailures(tx, { subject: userId, method: METHOD });
      await recordAuditEvent(tx, { type: "temporary_code_used", userId, method: METHOD, from });
      return onSatisfied(tx);
    });
    return { verified: true, value };
  } catch (error) {
    if (error instanceof LoginChallengeOver) return { verified: false, reason: "challenge-over" };
    if (error instanceof TemporaryCodeOver) return { verified: false, reason: "wrong" };
    throw error;
  }
}

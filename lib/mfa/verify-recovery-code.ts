import "server-only";
import { db, type Tx, transaction } from "../db/client";
import { lockUser } from "../db/lock-user";
import { takeHashPlace } from "../hash-queue";
import { logRefusedTry, recordAuditEvent } from "../notices/audit-event";
import type { RequestSource } from "../request-source";
import { type NotAccepted, whenAccepted } from "./accepted-method";
import { type ChallengeAnswer, recordFailedAnswer, type Unjudged } from "./challenge-answer";
import { endReplacedSet, parseSetEnd, type SetEnd } from "./end-recovery-code-sets";
import { LoginChallengeOver, recordChallengeSlip, satisfyLoginChallenge } from "./login-challenge";
import { liftReportsOnTheLast } from "./loss-report";
import { currentPolicy } from "./policy";
import { parseRecoveryCode, type RecoveryCode, type RecoveryCodeTypo } from "./recovery-code";
import { matchesDigest } from "./recovery-code-digest";
import type { StoredDigest } from "./sealed-digest";
import { clearFailures, giveBackAttempt, reserveAttempt } from "./throttle";
import { countUnusedCodes } from "./unused-codes";

export type RecoveryCodeResult<T> =
  | { verified: true; value: T }
  | Unjudged
  | NotAccepted
  | { verified: false; reason: "typo"; typo: RecoveryCodeTypo }
  | { verified: false; reason: "replaced"; letter: string; replacedAt: Date; endedBy: SetEnd }
  /** Wrong or already used: the two are not told apart. */
  | { verified: false; reason: "wrong" };

/**
 * Answers a login challenge with a recovery code. A typo, a code of a replaced set, anything during a wait
 * and what the policy refuses cost no attempt and no hash. Everything else is one attempt, counted before it is
 * judged, one row and one hash (RC-17). The right code is spent in the transaction that satisfies the
 * challenge and runs `onSatisfied`: once, whatever races or crashes (RC-05, RC-06; ASVS 2.3.4).
 * A spent code that matches is no guess: its attempt is given back.
 */
export async function verifyRecoveryCode<T>(
  answer: ChallengeAnswer<T>,
): Promise<RecoveryCodeResult<T>> {
  return whenAccepted({ ...answer, method: "recovery-codes" }, () => read(answer));
}

async function read<T>(answer: ChallengeAnswer<T>): Promise<RecoveryCodeResult<T>> {
  const { challenge, input, from } = answer;
  const { code, typo } = parseRecoveryCode(input);
  if (!code) {
    await recordChallengeSlip(challenge.id);
    return { verified: false, reason: "typo", typo };
  }
  const named = await findNamedCode(challenge.userId, code);
  if (named?.set.endedAt) {
    await recordChallengeSlip(challenge.id);
    logReplaced({ userId: challenge.userId, from });
    return {
      verified: false,
      reason: "replaced",
      letter: code.letter,
      replacedAt: named.set.endedAt,
      endedBy: parseSetEnd(named.set.endedBy),
    };
  }
  if (challenge.satisfiedAt && named?.row?.loginChallengeId !== challenge.id) {
    return { verified: false, reason: "challenge-over" };
  }
  return judge(answer, code, named?.row);
}

const logReplaced = (whose: { userId: string; from: RequestSource }) =>
  logRefusedTry({ reason: "replaced", method: "recovery-codes", ...whose });

type NamedRow = {
  setId: string;
  number: number;
  loginChallengeId: string | null;
  digest: StoredDigest;
};

/** The newest set with the code's letter, and the one row in it that bears the code's number. */
async function findNamedCode(
  userId: string,
  code: RecoveryCode,
): Promise<
  { set: { endedAt: Date | null; endedBy: string | null }; row: NamedRow | undefined } | undefined
> {
  const prisma = await db();
  const set = await prisma.recoveryCodeSet.findFirst({
    where: { userId, letter: code.letter },
    orderBy: { generatedAt: "desc" },
    include: { codes: { where: { number: code.number } } },
  });
  if (!set) return undefined;
  const [row] = set.codes;
  if (!row?.salt || !row.sealedDigest) return { set, row: undefined };
  const { salt, sealedDigest, cost, keyId, number, loginChallengeId } = row;
  return {
    set,
    row: { setId: set.id, number, loginChallengeId, digest: { salt, sealedDigest, cost, keyId } },
  };
}

async function judge<T>(
  answer: ChallengeAnswer<T>,
  code: RecoveryCode,
  row: NamedRow | undefined,
): Promise<RecoveryCodeResult<T>> {
  const { challenge, from } = answer;
  const { userId } = challenge;
  const place = takeHashPlace("codes");
  if (!place) return { verified: false, reason: "busy" };
  try {
    const attempt = await reserveAttempt({ subject: userId, method: "recovery-codes" });
    if (!attempt.reserved) {
      logRefusedTry({ reason: attempt.reason, userId, method: "recovery-codes", from });
      return { verified: false, reason: attempt.reason, until: attempt.until };
    }
    const { reservation } = attempt;
    const stored = row && {
      digest: row.digest,
      row: { userId, setId: row.setId, number: row.number },
    };
    if (!(await matchesDigest(place, code, stored)) || !row) {
      await recordFailedAnswer({ challenge, reservation, from });
      return { verified: false, reason: "wrong" };
    }
    const outcome = await (challenge.satisfiedAt ? repeat(answer) : spend(answer, code, row));
    // Spending cleared the count; what was repeated, or lost to another, was no guess.
    if (challenge.satisfiedAt || !outcome.verified) await giveBackAttempt(reservation);
    return outcome;
  } finally {
    place.release();
  }
}

/**
 * The code that satisfied this challenge came again: whoever sent it has both, so the answer was lost.
 * Nothing is spent.
 */
async function repeat<T>({ onRepeated }: ChallengeAnswer<T>): Promise<RecoveryCodeResult<T>> {
  const value = onRepeated && (await transaction(onRepeated));
  return value === undefined
    ? { verified: false, reason: "challenge-over" }
    : { verified: true, value };
}

/** The code was spent before this transaction, or by another one at the same moment. */
class CodeAlreadySpent extends Error {}

/**
 * Tells the person besides, when so few codes of all live sets are left (RC-19); administrators choose when
 * that is. With the last one go the loss reports that would now keep the owner out (LC-05).
 */
async function warnOfFew(
  tx: Tx,
  event: { userId: string; setLetter: string; from: RequestSource },
): Promise<void> {
  const { userId, from } = event;
  const codesLeft = await countUnusedCodes(userId, tx);
  const { lowCodes } = await currentPolicy(tx);
  if (codesLeft === 0) {
    await recordAuditEvent(tx, { type: "recovery_codes_gone", ...event, codesLeft });
    await liftReportsOnTheLast(tx, { userId, from });
  } else if (codesLeft === lowCodes) {
    await recordAuditEvent(tx, { type: "recovery_codes_low", ...event, codesLeft });
  }
}

async function spend<T>(
  { challenge, from, onSatisfied }: ChallengeAnswer<T>,
  code: RecoveryCode,
  { setId, number }: NamedRow,
): Promise<RecoveryCodeResult<T>> {
  const { userId } = challenge;
  const event = { userId, setLetter: code.letter, codeNumber: number, from };
  try {
    const value = await transaction(async (tx) => {
      await lockUser(tx, userId); // first, as everything that changes a person's codes does
      const { count } = await tx.recoveryCode.updateMany({
        // A set that ended meanwhile has lost its digests.
        where: { setId, number, usedAt: null, sealedDigest: { not: null } },
        data: {
          usedAt: new Date(),
          usedAddress: from.address,
          usedUserAgent: from.userAgent,
          loginChallengeId: challenge.id,
        },
      });
      if (count !== 1) throw new CodeAlreadySpent();
      await satisfyLoginChallenge(tx, challenge, "recovery-codes");
      await clearFailures(tx, { subject: userId, method: "recovery-codes" });
      const codesLeft = await tx.recoveryCode.count({ where: { setId, usedAt: null } });
      await recordAuditEvent(tx, { type: "recovery_code_used", ...event, codesLeft });
      await endReplacedSet(tx, { userId, setId, from });
      await warnOfFew(tx, { userId, setLetter: code.letter, from });
      return onSatisfied(tx);
    });
    return { verified: true, value };
  } catch (error) {
    if (error instanceof LoginChallengeOver) return { verified: false, reason: "challenge-over" };
    if (!(error instanceof CodeAlreadySpent)) throw error;
    const ended = await findEnd(setId);
    if (ended) {
      logReplaced({ userId, from });
      return { verified: false, reason: "replaced", letter: code.letter, ...ended };
    }
    await recordReuse(challenge.id, event);
    return { verified: false, reason: "wrong" };
  }
}

/** When and how the set ended, if it did while its code was being judged. */
async function findEnd(setId: string): Promise<{ replacedAt: Date; endedBy: SetEnd } | undefined> {
  const prisma = await db();
  const set = await prisma.recoveryCodeSet.findUniqueOrThrow({
    where: { id: setId },
    select: { endedAt: true, endedBy: true },
  });
  return set.endedAt ? { replacedAt: set.endedAt, endedBy: parseSetEnd(set.endedBy) } : undefined;
}

async function recordReuse(
  challengeId: string,
  event: Omit<Parameters<typeof recordAuditEvent>[1], "type">,
): Promise<void> {
  await recordChallengeSlip(challengeId);
  await transaction((tx) => recordAuditEvent(tx, { type: "recovery_code_reused", ...event }));
}

import "server-only";
import { transaction } from "../db/client";
import { lockUser } from "../db/lock-user";
import { logRefusedTry } from "../notices/audit-event";
import { type NotAccepted, whenAccepted } from "./accepted-method";
import { findAuthenticatorApp, openEnrolledSeed, spendStep } from "./authenticator-app";
import { findStep, parseAuthenticatorCode } from "./authenticator-code";
import { type ChallengeAnswer, recordFailedAnswer, type Unjudged } from "./challenge-answer";
import { LoginChallengeOver, recordChallengeSlip, satisfyLoginChallenge } from "./login-challenge";
import { clearFailures, giveBackAttempt, reserveAttempt } from "./throttle";

export type AuthenticatorCodeResult<T> =
  | { verified: true; value: T }
  | Unjudged
  | NotAccepted
  /** Not six digits; cost no attempt. */
  | { verified: false; reason: "format" }
  | { verified: false; reason: "wrong" }
  /** The app was reported lost; cost no attempt, and is recorded as a failed answer. */
  | { verified: false; reason: "suspended"; since: Date }
  /** Right, but its time step was used before; the next code will do. Cost no attempt. */
  | { verified: false; reason: "already-used" };

/**
 * Answers a login challenge with a code of the enrolled app. Counted before it is judged; the time
 * step is spent in the transaction that satisfies the challenge and runs `onSatisfied` (63B §3.1.4.2).
 */
export async function verifyAuthenticatorCode<T>(
  answer: ChallengeAnswer<T>,
): Promise<AuthenticatorCodeResult<T>> {
  return whenAccepted({ ...answer, method: "authenticator-app" }, () => judge(answer));
}

async function judge<T>(answer: ChallengeAnswer<T>): Promise<AuthenticatorCodeResult<T>> {
  const { challenge, input, from } = answer;
  const { userId } = challenge;
  const code = parseAuthenticatorCode(input);
  if (!code) {
    await recordChallengeSlip(challenge.id);
    return { verified: false, reason: "format" };
  }
  const suspendedAt = (await findAuthenticatorApp(userId))?.suspendedAt;
  if (suspendedAt) {
    // Whoever tries it has the password, and maybe the lost app: its person is told (TH-12).
    const reservation = { method: "authenticator-app", failures: 0 } as const;
    await recordFailedAnswer({ challenge, reservation, from });
    return { verified: false, reason: "suspended", since: suspendedAt };
  }
  const attempt = await reserveAttempt({ subject: userId, method: "authenticator-app" });
  if (!attempt.reserved) {
    logRefusedTry({ reason: attempt.reason, userId, method: "authenticator-app", from });
    return { verified: false, reason: attempt.reason, until: attempt.until };
  }
  const { reservation } = attempt;
  const app = await openEnrolledSeed(userId);
  const step = app && findStep(app.seed, code, new Date());
  if (!app || !step) {
    await recordFailedAnswer({ challenge, reservation, from });
    return { verified: false, reason: "wrong" };
  }
  const outcome = await satisfy(answer, { appId: app.appId, step });
  if (!outcome.verified) {
    if (outcome.reason === "already-used") {
      logRefusedTry({ reason: "already-used", userId, method: "authenticator-app", from });
    }
    await giveBackAttempt(reservation);
    await recordChallengeSlip(challenge.id);
  }
  return outcome;
}

class StepAlreadyUsed extends Error {}

async function satisfy<T>(
  { challenge, from, onSatisfied }: ChallengeAnswer<T>,
  spent: { appId: string; step: number },
): Promise<AuthenticatorCodeResult<T>> {
  try {
    const value = await transaction(async (tx) => {
      await lockUser(tx, challenge.userId); // first, as everything that changes a person's app does
      if (!(await spendStep(tx, { ...spent, from }))) throw new StepAlreadyUsed();
      await satisfyLoginChallenge(tx, challenge, "authenticator-app");
      await clearFailures(tx, { subject: challenge.userId, method: "authenticator-app" });
      return onSatisfied(tx);
    });
    return { verified: true, value };
  } catch (error) {
    if (error instanceof StepAlreadyUsed) return { verified: false, reason: "already-used" };
    if (error instanceof LoginChallengeOver) return { verified: false, reason: "challenge-over" };
    throw error;
  }
}

import "server-only";
import { type Tx, transaction } from "../db/client";
import { recordAuditEvent } from "../notices/audit-event";
import { queueNotice } from "../notices/outbox";
import type { RequestSource } from "../request-source";
import { countFailure } from "./failure-limits";
import { type LoginChallenge, recordChallengeFailure } from "./login-challenge";
import { liftReportsOnTheLast } from "./loss-report";
import { beginsWait, isDisabled, type Reservation } from "./throttle";

/** One answer to a login challenge. */
export type ChallengeAnswer<T> = {
  challenge: LoginChallenge;
  /** What the person typed, as it came. */
  input: string;
  from: RequestSource;
  /**
   * Called inside the transaction that satisfies the challenge: what it does there commits together
   * with the spent code, or not at all. Level and methods are those of the login so far.
   */
  onSatisfied: (tx: Tx) => Promise<T>;
  /**
   * Called instead when the challenge was satisfied with this very code moments ago and its answer was
   * lost; nothing to give means that it is over.
   */
  onRepeated?: (tx: Tx) => Promise<T | undefined>;
};

/** Why an answer could not be judged, whatever the method. Nothing was counted but for `challenge-over`. */
export type Unjudged =
  | { verified: false; reason: "busy" }
  | { verified: false; reason: "waiting" | "disabled"; until: Date }
  | { verified: false; reason: "challenge-over" };

/**
 * Counts a wrong answer on its challenge and for its network address, and records it, with the wait or the
 * disabling that it caused. The first one of each challenge is mailed: whoever gave it has the password, or
 * a session (ASVS 6.3.5). Where the method was disabled and was the last that worked, loss reports are lifted.
 */
export async function recordFailedAnswer({
  challenge,
  reservation,
  from,
  answeredFrom = from,
}: {
  challenge: Pick<LoginChallenge, "id" | "userId">;
  /** The count of the method so far; none where nothing can be guessed. */
  reservation: Pick<Reservation, "method" | "failures">;
  /** Who logs in, as the owner is told. */
  from: RequestSource;
  /** The phone, where one answers for another browser: failures are counted where the guesses are made. */
  answeredFrom?: RequestSource;
}): Promise<void> {
  const { userId } = challenge;
  const { method, failures } = reservation;
  await transaction(async (tx) => {
    const counted = await recordChallengeFailure(tx, challenge.id);
    const sessionId = counted.sessionId ?? undefined;
    const type = "method_failed";
    const eventId = await recordAuditEvent(tx, { type, userId, sessionId, method, from });
    if (counted.failures === 1) {
      const template = sessionId ? "step_up_failed" : "method_failed";
      await queueNotice(tx, { userId, eventId, template });
    }
    if (isDisabled(method, failures)) {
      await recordAuditEvent(tx, { type: "method_disabled", userId, method, from });
      await liftReportsOnTheLast(tx, { userId, from });
    } else if (beginsWait(failures)) {
      await recordAuditEvent(tx, { type: "method_waiting", userId, method, from });
    }
  });
  await countFailure(answeredFrom);
}

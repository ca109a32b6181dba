import "server-only";
import { config } from "../config";
import { db } from "../db/client";
import { lockUser } from "../db/lock-user";
import { takeHashPlace } from "../hash-queue";
import { endLoginChallengesOf } from "../mfa/login-challenge";
import { clearFailures, giveBackAttempt, reserveAttempt } from "../mfa/throttle";
import { logRefusedTry, recordAuditEvent } from "../notices/audit-event";
import type { RequestSource } from "../request-source";
import type { CurrentSession } from "./current-session";
import { liftAllWaits } from "./lift-all-waits";
import { verifyPassword } from "./password-digest";
import { normalizePassword, type PasswordRefusal, parseNewPassword } from "./password-policy";
import { ownPasswordThrottle } from "./password-throttle";
import { recordPasswordFailure } from "./record-password-failure";
import { endOtherSessions, holdSession } from "./session-rows";
import { storePasswordDigest } from "./store-password-digest";

export type PasswordChangeResult =
  | { changed: true }
  | { changed: false; reason: "current-wrong" }
  | { changed: false; reason: "refused"; refusal: PasswordRefusal }
  | { changed: false; reason: "unchanged" }
  | { changed: false; reason: "waiting"; until: Date }
  | { changed: false; reason: "busy" };

/**
 * Changes the password of a fresh session's person, who types the current one too (ASVS 6.2.3).
 * Login challenges end with it, and, if the person asks, all other sessions (ASVS 7.4.3). Waits end as
 * well, since whoever began them may have known the old password; counts of other people's failures stay.
 */
export async function changePassword({
  session,
  current,
  chosen,
  endOthers,
  from,
}: {
  session: CurrentSession;
  current: string;
  chosen: string;
  endOthers: "end-others" | "keep-others";
  from: RequestSource;
}): Promise<PasswordChangeResult> {
  const { userId, name, email } = session;
  const context = [name, email, new URL(config().APP_URL).hostname];
  const parsed = parseNewPassword(chosen, context);
  if (parsed.refusal) return { changed: false, reason: "refused", refusal: parsed.refusal };
  const place = takeHashPlace("known-passwords");
  if (!place) return { changed: false, reason: "busy" };
  try {
    const throttle = ownPasswordThrottle(userId);
    const attempt = await reserveAttempt(throttle);
    if (!attempt.reserved) {
      logRefusedTry({ reason: attempt.reason, userId, method: "password", from });
      return { changed: false, reason: "waiting", until: attempt.until };
    }
    const prisma = await db();
    const { passwordDigest: old } = await prisma.user.findUniqueOrThrow({ where: { id: userId } });
    const { verified } = await verifyPassword(place, current, old);
    if (!verified) {
      const { reservation } = attempt;
      await recordPasswordFailure({ type: "password_change_failed", userId, reservation, from });
      return { changed: false, reason: "current-wrong" };
    }
    if (normalizePassword(current) === parsed.password) {
      await giveBackAttempt(attempt.reservation);
      return { changed: false, reason: "unchanged" };
    }
    const { password } = parsed;
    const result = await storePasswordDigest<PasswordChangeResult>(
      place,
      { password, email, exceptId: userId },
      async (tx, passwordDigest) => {
        await lockUser(tx, userId);
        await holdSession(tx, session.id, "fresh");
        const { count } = await tx.user.updateMany({
          where: { id: userId, passwordDigest: old },
          data: { passwordDigest, passwordChangedAt: new Date() },
        });
        if (count !== 1) return { changed: false, reason: "current-wrong" };
        // The current password was right, which clears the count of this form alone. At the login nobody
        // proved anything: there the counts stay and only the waits end.
        await clearFailures(tx, throttle);
        await liftAllWaits(tx, { userId, address: email });
        await endLoginChallengesOf(tx, userId);
        if (endOthers === "end-others") {
          await endOtherSessions(tx, { userId, exceptId: session.id });
        }
        const event = { userId, sessionId: session.id, from };
        await recordAuditEvent(tx, { type: "password_changed", ...event });
        return { changed: true };
      },
    );
    if (result) return result.stored;
    await giveBackAttempt(attempt.reservation);
    return { changed: false, reason: "busy" };
  } finally {
    place.release();
  }
}

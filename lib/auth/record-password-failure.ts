import "server-only";
import { transaction } from "../db/client";
import { beginsWait, type Reservation } from "../mfa/throttle";
import { recordAuditEvent } from "../notices/audit-event";
import type { RequestSource } from "../request-source";

/**
 * Records a password that was judged and wrong, at the login or inside a session, and the wait that it began
 * (ASVS 16.3.1). `userId` is that of whoever is to see it in their history, if anybody is.
 */
export async function recordPasswordFailure({
  type,
  userId,
  reservation,
  from,
}: {
  type: "login_failed" | "method_failed" | "password_change_failed";
  userId: string | undefined;
  reservation: Reservation;
  from: RequestSource;
}): Promise<void> {
  const event = { userId, method: "password", from };
  await transaction(async (tx) => {
    await recordAuditEvent(tx, { type, ...event });
    if (beginsWait(reservation.failures)) {
      await recordAuditEvent(tx, { type: "method_waiting", ...event });
    }
  });
}

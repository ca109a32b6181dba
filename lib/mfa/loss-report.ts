import "server-only";
import { type Tx, transaction } from "../db/client";
import { lockUser } from "../db/lock-user";
import { recordAuditEvent } from "../notices/audit-event";
import type { RequestSource } from "../request-source";
import { liftSuspension, suspendAuthenticatorApp } from "./authenticator-app";
import { isDisabled } from "./throttle";

export type LossReportResult =
  | { suspended: true }
  /** It is the only method that works: without it the owner could not get in (63B §4.3). */
  | { suspended: false; reason: "last-usable" }
  | { suspended: false; reason: "nothing-to-suspend" };

/**
 * Suspends the person's authenticator app, which they reported lost: it stays enrolled, so multi-factor
 * authentication stays on, and is refused until another method lifts it (63B §4.3). The password is
 * enough to report; it never suspends the last usable method, and never recovery codes.
 */
export async function reportAuthenticatorLost({
  userId,
  from,
  authorize,
}: {
  userId: string;
  from: RequestSource;
  /** Called first in the transaction; throws if the login or session may not do this any more. */
  authorize: (tx: Tx) => Promise<unknown>;
}): Promise<LossReportResult> {
  return transaction(async (tx) => {
    await lockUser(tx, userId);
    await authorize(tx);
    if (!(await hasUsableCodes(tx, userId))) return { suspended: false, reason: "last-usable" };
    if (!(await suspendAuthenticatorApp(tx, userId))) {
      return { suspended: false, reason: "nothing-to-suspend" };
    }
    const method = "authenticator-app";
    await recordAuditEvent(tx, { type: "authenticator_app_suspended", userId, method, from });
    return { suspended: true };
  });
}

export type LiftResult =
  | { lifted: true }
  /** The session was proved by the very method that was reported lost. */
  | { lifted: false; reason: "needs-other-method" }
  | { lifted: false; reason: "nothing-to-lift" };

/** Takes a loss report back, for a session that another method proved. */
export async function liftLossReport({
  userId,
  from,
  authorize,
}: {
  userId: string;
  from: RequestSource;
  /** Called first in the transaction; throws, or gives the methods that proved the session. */
  authorize: (tx: Tx) => Promise<{ amr: string[] }>;
}): Promise<LiftResult> {
  return transaction(async (tx) => {
    await lockUser(tx, userId);
    const { amr } = await authorize(tx);
    if (!amr.includes("recovery")) return { lifted: false, reason: "needs-other-method" };
    if (!(await liftSuspension(tx, userId))) return { lifted: false, reason: "nothing-to-lift" };
    await recordAuditEvent(tx, {
      type: "authenticator_app_suspension_lifted",
      userId,
      method: "authenticator-app",
      from,
    });
    return { lifted: true };
  });
}

async function hasUsableCodes(tx: Tx, userId: string): Promise<boolean> {
  const unused = await tx.recoveryCode.count({
    where: { userId, usedAt: null, sealedDigest: { not: null } },
  });
  const throttle = await tx.throttle.findFirst({
    where: { subject: userId, method: "recovery-codes" },
    select: { failures: true },
  });
  return unused > 0 && !isDisabled("recovery-codes", throttle?.failures ?? 0);
}

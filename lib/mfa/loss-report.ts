import "server-only";
import { type Tx, transaction } from "../db/client";
import { lockUser } from "../db/lock-user";
import { recordAuditEvent } from "../notices/audit-event";
import type { RequestSource } from "../request-source";
import { liftSuspension, suspendAuthenticatorApp } from "./authenticator-app";
import { type EnrolledMethod, methodsOfAmr } from "./method-names";
import {
  acceptedMethods,
  type EnrolledMethods,
  findEnrolledMethods,
  usableMethods,
  without,
  withoutUnsavedSets,
} from "./methods";
import { liftSparekeySuspension, suspendSparekeyAuthenticator } from "./sparekey-authenticators";

/** What can be reported lost: never recovery codes, a security key or a passkey (63B §4.3). */
export type LosableMethod = Exclude<EnrolledMethod, { method: "security-key" }>;

export type LossReportResult =
  | { suspended: true }
  | { suspended: false; reason: LossReportObstacle | "nothing-to-suspend" };

/** Why a report is refused. */
export type LossReportObstacle =
  /** Nothing else works: without it the owner could not get in (63B §4.3). */
  | "last-usable"
  /** Only codes would be left that nobody is known to have, and the password is no proof of having them. */
  | "codes-unsaved"
  /** Without it the policy would accept a method that it refuses now, and the password is no proof for that. */
  | "only-accepted"
  /** Another one is reported lost already, and the password alone is no proof for a second. */
  | "one-already";

/** What the person has shown: their password at the login, or that they are logged in. */
export type LossProof = "password" | "session";

/** What would refuse a report, if anything does. */
export function findLossReportObstacle(
  methods: EnrolledMethods,
  { lost, proof }: { lost: LosableMethod; proof: LossProof },
): LossReportObstacle | undefined {
  const left = without(methods, lost);
  const usable = usableMethods(left);
  if (usable.length === 0) return "last-usable";
  if (proof === "session") return undefined;
  if (usableMethods(withoutUnsavedSets(left)).length === 0) return "codes-unsaved";
  if (!usable.every((method) => acceptedMethods(methods).includes(method))) return "only-accepted";
  return hasSuspended(left) ? "one-already" : undefined;
}

/**
 * Suspends an authenticator app or a phone, which its person reported lost: it stays enrolled, so
 * multi-factor authentication stays on, and is refused until another method lifts it (63B §4.3). The
 * password alone is enough to report one, never a second, and never one without which the policy would
 * accept a weaker method (TH-14), or only codes were left that nobody is known to have. The last usable
 * method is never suspended.
 */
export async function reportLost({
  userId,
  lost,
  proof,
  from,
  authorize,
}: {
  userId: string;
  lost: LosableMethod;
  proof: LossProof;
  from: RequestSource;
  /** Called first in the transaction; throws if the login or session may not do this any more. */
  authorize: (tx: Tx) => Promise<unknown>;
}): Promise<LossReportResult> {
  return transaction(async (tx) => {
    await lockUser(tx, userId);
    await authorize(tx);
    const methods = await findEnrolledMethods(userId, tx);
    const obstacle = findLossReportObstacle(methods, { lost, proof });
    if (obstacle) return { suspended: false, reason: obstacle };
    const told = await suspend(tx, { userId, lost });
    if (!told) return { suspended: false, reason: "nothing-to-suspend" };
    await recordAuditEvent(tx, { userId, method: lost.method, from, ...told });
    return { suspended: true };
  });
}

const hasSuspended = ({ authenticatorApp, sparekeyAuthenticators }: EnrolledMethods) =>
  [authenticatorApp, ...sparekeyAuthenticators].some((one) => one?.suspendedAt);

type Told = { methodName?: string } & (
  | { type: "authenticator_app_suspended" }
  | { type: "sparekey_authenticator_suspended" }
);

async function suspend(
  tx: Tx,
  { userId, lost }: { userId: string; lost: LosableMethod },
): Promise<Told | undefined> {
  if (lost.method === "authenticator-app") {
    const suspended = await suspendAuthenticatorApp(tx, userId);
    return suspended ? { type: "authenticator_app_suspended" } : undefined;
  }
  const methodName = await suspendSparekeyAuthenticator(tx, { userId, id: lost.id });
  return methodName === undefined
    ? undefined
    : { type: "sparekey_authenticator_suspended", methodName };
}

export type LiftResult =
  | { lifted: true }
  /** The session was proved by the very method that was reported lost. */
  | { lifted: false; reason: "needs-other-method" }
  | { lifted: false; reason: "nothing-to-lift" };

/** Takes a loss report back, for a session that another method proved, or the same on another phone since. */
export async function liftLossReport({
  userId,
  lost,
  from,
  authorize,
}: {
  userId: string;
  lost: LosableMethod;
  from: RequestSource;
  /** Called first in the transaction; throws, or gives the methods that proved the session, and when. */
  authorize: (tx: Tx) => Promise<{ amr: string[]; authTime: Date }>;
}): Promise<LiftResult> {
  return transaction(async (tx) => {
    await lockUser(tx, userId);
    const { amr, authTime } = await authorize(tx);
    const methods = await findEnrolledMethods(userId, tx);
    const suspendedAt = findSuspension(methods, lost);
    if (!suspendedAt) return { lifted: false, reason: "nothing-to-lift" };
    const proved = methodsOfAmr(amr);
    const isOther = proved.some((method) => method !== lost.method);
    const isSince = proved.length > 0 && authTime > suspendedAt; // a lost one could not have been it
    if (!isOther && !isSince) return { lifted: false, reason: "needs-other-method" };
    await lift(tx, { userId, lost, from });
    return { lifted: true };
  });
}

function findSuspension(methods: EnrolledMethods, lost: LosableMethod): Date | null | undefined {
  return lost.method === "authenticator-app"
    ? methods.authenticatorApp?.suspendedAt
    : methods.sparekeyAuthenticators.find(({ id }) => id === lost.id)?.suspendedAt;
}

async function lift(
  tx: Tx,
  { userId, lost, from }: { userId: string; lost: LosableMethod; from: RequestSource },
): Promise<void> {
  const { method } = lost;
  if (method === "authenticator-app") {
    await liftSuspension(tx, userId);
    const type = "authenticator_app_suspension_lifted";
    await recordAuditEvent(tx, { type, userId, method, from });
  } else {
    const methodName = await liftSparekeySuspension(tx, { userId, id: lost.id });
    const type = "sparekey_authenticator_suspension_lifted";
    await recordAuditEvent(tx, { type, userId, method, methodName, from });
  }
}

/**
 * Lifts every loss report of a person who has no other usable method left, in the transaction that took
 * it away: a suspension never keeps the owner out.
 */
export async function liftReportsOnTheLast(
  tx: Tx,
  { userId, from }: { userId: string; from: RequestSource },
): Promise<void> {
  const methods = await findEnrolledMethods(userId, tx);
  if (usableMethods(methods).length > 0) return;
  if (methods.authenticatorApp?.suspendedAt) {
    await lift(tx, { userId, lost: { method: "authenticator-app" }, from });
  }
  for (const { id, suspendedAt } of methods.sparekeyAuthenticators) {
    if (suspendedAt) await lift(tx, { userId, lost: { method: "notification", id }, from });
  }
}

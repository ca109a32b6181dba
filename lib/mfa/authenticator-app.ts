import "server-only";
import { randomUUID } from "node:crypto";
import { db, type Tx, transaction } from "../db/client";
import { lockUser } from "../db/lock-user";
import { currentKeyId } from "../keys";
import { recordAuditEvent } from "../notices/audit-event";
import type { RequestSource } from "../request-source";
import { reseal, seal, unseal } from "../seal";
import { describeSeed, findStep, generateSeed, parseAuthenticatorCode } from "./authenticator-code";
import { hasMethod } from "./has-method";
import { isProvedByOther } from "./method-names";
import { probation } from "./probation";
import { clearFailures } from "./throttle";

/** An enrollment that waits for its first code. The seed is plaintext, for the answer to one POST. */
export type PendingEnrollment = { setupKey: string; uri: string };

export type EnrollmentResult<T> =
  | { verified: true; value: T }
  | { verified: false; reason: "format" | "wrong"; pending: PendingEnrollment }
  /** Nothing is pending, or not any more: start again. */
  | { verified: false; reason: "expired" };

const PENDING_MINUTES = 10; // OT-11: time to find the phone, no longer
const APPS_AT_ONCE = 500;
const MIN_MINUTES_LEFT = 5; // shown again with less, it would end under the person's hands

/** A pending seed is shown to the session that began it and to no other: whoever saw it could keep it. */
export type PendingOwner = { userId: string; sessionId: string };

/**
 * Begins to enroll an authenticator app, or shows the one that is pending again, so that a double
 * click does not change the picture being scanned. Until its first code verifies, the account is as
 * before (OT-08). `issuer` and `account` are what the app will display.
 */
export async function beginAuthenticatorApp(
  owner: PendingOwner,
  display: { issuer: string; account: string },
): Promise<PendingEnrollment> {
  return transaction(async (tx) => {
    await lockUser(tx, owner.userId);
    const pending = await findPending(tx, owner, MIN_MINUTES_LEFT);
    return describeSeed(pending?.seed ?? (await storeNewSeed(tx, owner)), display);
  });
}

/**
 * Enrolls the pending app if the code is one of its own. An app enrolled before ends in the same
 * transaction. The first method, and a session that another method than the app proved, clear the app's
 * failures; a session that is restricted puts the new app on probation. `onVerified` runs in the transaction and is told whether
 * this is the first method, or replaced an app.
 */
export async function verifyAuthenticatorAppEnrollment<T>({
  userId,
  sessionId,
  input,
  display,
  from,
  authorize,
  onVerified,
}: PendingOwner & {
  input: string;
  display: { issuer: string; account: string };
  from: RequestSource;
  /**
   * Called first in the transaction: throws if the session may not do this any more, and tells what
   * proved it and until when it is restricted.
   */
  authorize: (tx: Tx) => Promise<EnrollingSession>;
  onVerified: (tx: Tx, enrolled: { first: boolean; replaced: boolean }) => Promise<T>;
}): Promise<EnrollmentResult<T>> {
  const pending = await findPending(await db(), { userId, sessionId });
  if (!pending) return { verified: false, reason: "expired" };
  const code = parseAuthenticatorCode(input);
  const step = code && findStep(pending.seed, code, new Date());
  if (!step) {
    const reason = code ? "wrong" : "format";
    return { verified: false, reason, pending: describeSeed(pending.seed, display) };
  }
  const outcome = await transaction(async (tx) => {
    await lockUser(tx, userId); // a login with the password alone must see this method or end with it
    const { amr, restrictedUntil } = await authorize(tx);
    const first = !(await hasMethod(tx, userId));
    const { count } = await tx.authenticatorApp.updateMany({
      where: { id: pending.id, ...isPending() },
      data: {
        verifiedAt: new Date(),
        pendingUntil: null,
        lastUsedAt: new Date(),
        lastUsedStep: step,
        lastUsedAddress: from.address,
        lastUsedUserAgent: from.userAgent,
        probationUntil: probation(restrictedUntil),
      },
    });
    if (count !== 1) return undefined;
    const replaced = await endPreviousApps(tx, { userId, exceptId: pending.id });
    // A count from before is that of an app that was removed, where this is the first method.
    if (first || isProvedByOther(amr, "authenticator-app")) {
      await clearFailures(tx, { subject: userId, method: "authenticator-app" });
    }
    const type = replaced ? "authenticator_app_replaced" : "authenticator_app_added";
    await recordAuditEvent(tx, { type, userId, method: "authenticator-app", from });
    return { value: await onVerified(tx, { first, replaced }) };
  });
  return outcome ? { verified: true, ...outcome } : { verified: false, reason: "expired" };
}

/** What proved a session, and until when it is restricted. */
type EnrollingSession = { amr: readonly string[]; restrictedUntil: Date | null };

/** Until when logins with the person's app are restricted, because it was enrolled after a recovery code; `null` if they are not. */
export async function findProbation(tx: Tx, userId: string): Promise<Date | null> {
  const app = await tx.authenticatorApp.findFirst({
    where: { userId, ...isEnrolled, probationUntil: { gt: new Date() } },
    select: { probationUntil: true },
  });
  return app?.probationUntil ?? null;
}

/** The same for a page. */
export async function findProbationEnd(userId: string): Promise<Date | null> {
  return findProbation(await db(), userId);
}

/** An enrolled app, as its person sees it. */
export type AuthenticatorAppSummary = {
  addedAt: Date;
  lastUsedAt: Date | null;
  lastUsedAddress: string | null;
  lastUsedUserAgent: string | null;
  /** Reported lost. */
  suspendedAt: Date | null;
};

/** When the person's app was added, and when and from where it was last used. */
export async function findAuthenticatorApp(
  userId: string,
  tx?: Tx,
): Promise<AuthenticatorAppSummary | undefined> {
  const prisma = tx ?? (await db());
  const app = await prisma.authenticatorApp.findFirst({
    where: { userId, ...isEnrolled },
    select: {
      verifiedAt: true,
      lastUsedAt: true,
      lastUsedAddress: true,
      lastUsedUserAgent: true,
      suspendedAt: true,
    },
  });
  if (!app?.verifiedAt) return undefined;
  const { verifiedAt: addedAt, ...used } = app;
  return { addedAt, ...used };
}

/** Suspends the person's app: reported lost. Says whether there was one that was not suspended yet. */
export async function suspendAuthenticatorApp(tx: Tx, userId: string): Promise<boolean> {
  const { count } = await tx.authenticatorApp.updateMany({
    where: { userId, ...isEnrolled, suspendedAt: null },
    data: { suspendedAt: new Date() },
  });
  return count > 0;
}

/** Lifts a suspension. Says whether there was one. */
export async function liftSuspension(tx: Tx, userId: string): Promise<boolean> {
  const { count } = await tx.authenticatorApp.updateMany({
    where: { userId, ...isEnrolled, suspendedAt: { not: null } },
    data: { suspendedAt: null },
  });
  return count > 0;
}

/** Removes the person's app and its seed; when it was added and used stays (63B §4.1). Says whether there was one. */
export async function removeAuthenticatorApps(tx: Tx, userId: string): Promise<boolean> {
  const { count } = await tx.authenticatorApp.updateMany({
    where: { userId, ...isEnrolled },
    data: { removedAt: new Date(), sealedSeed: null },
  });
  return count > 0;
}

/** The seed of the enrolled app, for `verifyAuthenticatorCode` alone. */
export async function openEnrolledSeed(
  userId: string,
): Promise<{ appId: string; seed: Buffer } | undefined> {
  const prisma = await db();
  const app = await prisma.authenticatorApp.findFirst({
    where: { userId, ...isEnrolled, suspendedAt: null },
  });
  return app?.sealedSeed ? { appId: app.id, seed: openSeed(app) } : undefined;
}

/**
 * Spends a time step of an app: each step once, and none before it (RFC 6238 §5.2). One conditional
 * statement; says whether the step was still free.
 */
export async function spendStep(
  tx: Tx,
  { appId, step, from }: { appId: string; step: number; from: RequestSource },
): Promise<boolean> {
  const { count } = await tx.authenticatorApp.updateMany({
    where: {
      id: appId,
      removedAt: null,
      suspendedAt: null,
      OR: [{ lastUsedStep: null }, { lastUsedStep: { lt: step } }],
    },
    data: {
      lastUsedStep: step,
      lastUsedAt: new Date(),
      lastUsedAddress: from.address,
      lastUsedUserAgent: from.userAgent,
    },
  });
  return count === 1;
}

/**
 * Seals the seeds that older keys sealed with the newest one, so that a key can be retired (OT-03). Says how
 * many it sealed, and how many did not open, which stay as they are. Servers may be at work.
 */
export async function rewrapAuthenticatorSeeds(): Promise<{ rewrapped: number; failed: number }> {
  const prisma = await db();
  const older = { keyId: { not: currentKeyId() }, sealedSeed: { not: null } };
  const told = { rewrapped: 0, failed: 0 };
  for (let last: string | undefined; ; ) {
    const apps = await prisma.authenticatorApp.findMany({
      where: { ...older, ...(last && { id: { gt: last } }) },
      orderBy: { id: "asc" },
      take: APPS_AT_ONCE,
    });
    for (const { id, userId, sealedSeed, keyId } of apps) {
      const sealed = sealedSeed ?? new Uint8Array();
      const again = reseal("authenticator app seeds", { sealed, keyId }, [userId, id]);
      told[again ? "rewrapped" : "failed"] += 1;
      if (!again) continue;
      await prisma.authenticatorApp.updateMany({
        where: { id, keyId, sealedSeed: { not: null } }, // an app that ended has lost its seed
        data: { sealedSeed: again.sealed, keyId: again.keyId },
      });
    }
    last = apps.at(-1)?.id;
    if (!last) return told;
  }
}

const isEnrolled = { verifiedAt: { not: null }, removedAt: null };
const isPending = (minutesLeft = 0) => ({
  verifiedAt: null,
  removedAt: null,
  pendingUntil: { gt: new Date(Date.now() + minutesLeft * 60_000) },
});

async function findPending(
  tx: Tx,
  owner: PendingOwner,
  minutesLeft = 0,
): Promise<{ id: string; seed: Buffer } | undefined> {
  const app = await tx.authenticatorApp.findFirst({
    where: { ...owner, ...isPending(minutesLeft) },
    orderBy: { createdAt: "desc" },
  });
  return app?.sealedSeed ? { id: app.id, seed: openSeed(app) } : undefined;
}

async function storeNewSeed(tx: Tx, owner: PendingOwner): Promise<Buffer> {
  const id = randomUUID();
  const seed = generateSeed();
  const { sealed, keyId } = seal("authenticator app seeds", seed, [owner.userId, id]);
  const createdAt = new Date();
  const pendingUntil = new Date(createdAt.getTime() + PENDING_MINUTES * 60_000);
  await tx.authenticatorApp.deleteMany({ where: { ...owner, verifiedAt: null } });
  await tx.authenticatorApp.create({
    data: { id, ...owner, sealedSeed: sealed, keyId, createdAt, pendingUntil },
  });
  return seed;
}

/** Says whether there was one. */
async function endPreviousApps(
  tx: Tx,
  { userId, exceptId }: { userId: string; exceptId: string },
): Promise<boolean> {
  await tx.authenticatorApp.deleteMany({ where: { userId, verifiedAt: null } });
  const { count } = await tx.authenticatorApp.updateMany({
    where: { userId, ...isEnrolled, id: { not: exceptId } },
    data: { removedAt: new Date(), sealedSeed: null },
  });
  return count > 0;
}

type SealedSeed = { id: string; userId: string; sealedSeed: Uint8Array | null; keyId: string };

function openSeed({ id, userId, sealedSeed, keyId }: SealedSeed): Buffer {
  if (!sealedSeed) throw new Error("The app has no seed any more.");
  return unseal("authenticator app seeds", { sealed: sealedSeed, keyId }, [userId, id]);
}

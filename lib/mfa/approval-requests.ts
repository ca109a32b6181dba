import "server-only";
import { randomInt, randomUUID } from "node:crypto";
import { afterCommit, db, type Tx } from "../db/client";
import { lockUser } from "../db/lock-user";
import { logRefusedTry, recordAuditEvent } from "../notices/audit-event";
import { pushToAuthenticators } from "../notices/push";
import { hashToken } from "../random-token";
import type { RequestSource } from "../request-source";
import { seal, unseal } from "../seal";
import { isAccepted } from "./accepted-method";
import { wakeApprovalWatchers } from "./approval-watch";
import { holdLoginChallenge, type LoginChallenge } from "./login-challenge";
import { findBarrier } from "./throttle";

/** Why no notification is sent; nothing is stored then (PU-04). */
export type ApprovalRefusal =
  /** `often`: five in ten minutes. `unanswered`: ten since the last success. `denied`: a pause. */
  | { reason: "often" | "unanswered" | "denied" | "waiting"; until: Date }
  /** `no-phone`: nothing is connected that is not reported lost. `not-accepted`: the policy refuses them. */
  | { reason: "disabled" | "no-phone" | "not-accepted" };

export type ApprovalRequestResult =
  | { sent: true; id: string; expiresAt: Date }
  | ({ sent: false } & ApprovalRefusal);

/** What became of a request. `used`: it completed its login. */
export type ApprovalState =
  | "waiting"
  | "approved"
  | "denied"
  | "expired"
  | "replaced"
  | "wrong-numbers"
  | "used";

/** A wrong number may be a slip; a third one ends the request (PU-02). */
export const MAX_WRONG_NUMBERS = 3;

const [SECOND, MINUTE, HOUR] = [1_000, 60_000, 3_600_000];
const ANSWER_MS = 120 * SECOND; // PU-03 allows ten minutes
const USE_MS = 120 * SECOND; // the page goes on by itself; without scripts somebody has to come back to it
const NUMBERS = 1_000_000; // six digits (63B §3.1.3.2)

/** PU-04: how many, in how long. */
const OFTEN = { requests: 5, ms: 10 * MINUTE };
const UNANSWERED = { requests: 10, ms: 24 * HOUR };
const DENIED = { requests: 3, ms: HOUR };

/**
 * Asks the person's phones to approve a login or a step-up, in the transaction of the POST that wants it;
 * they are rung after the commit. The number that the screen shows is six random digits, stored encrypted
 * (63B §3.1.3.2). One request is open at a time: a newer ends the older. Refuses, and stores nothing, at
 * the limits of PU-04. Throws `LoginChallengeOver`.
 */
export async function createApprovalRequest(
  tx: Tx,
  {
    challenge,
    from,
  }: { challenge: Pick<LoginChallenge, "id" | "userId" | "expiresAt">; from: RequestSource },
): Promise<ApprovalRequestResult> {
  const { id: loginChallengeId, userId } = challenge;
  await lockUser(tx, userId); // so that two at once count each other
  await holdLoginChallenge(tx, loginChallengeId);
  const refusal = await findApprovalRefusal(userId, tx);
  if (refusal) {
    afterCommit(tx, () => logRefusal(refusal, { userId, from }));
    return { sent: false, ...refusal };
  }
  const createdAt = new Date();
  await tx.approvalRequest.updateMany({
    where: { userId, ...unanswered() },
    data: { endedAt: createdAt },
  });
  const id = randomUUID();
  const expiresAt = new Date(
    Math.min(createdAt.getTime() + ANSWER_MS, challenge.expiresAt.getTime()),
  );
  const sealed = sealNumber(generateNumber(), { userId, id });
  await tx.approvalRequest.create({
    data: { id, userId, loginChallengeId, ...sealed, createdAt, expiresAt, ...from },
  });
  await recordAuditEvent(tx, { type: "notification_sent", userId, method: "notification", from });
  afterCommit(tx, () => {
    wakeApprovalWatchers();
    void pushToAuthenticators({ userId, requestId: id, expiresAt });
  });
  return { sent: true, id, expiresAt };
}

/**
 * Why no notification would be sent to the person now; `undefined` if one would. Of several reasons, the one
 * that lasts longest.
 */
export async function findApprovalRefusal(
  userId: string,
  tx?: Tx,
): Promise<ApprovalRefusal | undefined> {
  const prisma = tx ?? (await db());
  const phones = await prisma.sparekeyAuthenticator.count({
    where: { userId, removedAt: null, suspendedAt: null },
  });
  if (phones === 0) return { reason: "no-phone" };
  if (!(await isAccepted({ userId, method: "notification" }, tx))) {
    return { reason: "not-accepted" };
  }
  const barrier = await findBarrier({ subject: userId, method: "notification" }, tx);
  if (barrier?.reason === "disabled") return { reason: "disabled" };
  const now = Date.now();
  const unsettled = { userId, settledAt: null };
  const sent = await prisma.approvalRequest.findMany({
    where: { ...unsettled, createdAt: { gt: new Date(now - UNANSWERED.ms) } },
    orderBy: { createdAt: "desc" },
    take: UNANSWERED.requests,
    select: { createdAt: true },
  });
  const denied = await prisma.approvalRequest.findMany({
    where: { ...unsettled, decision: "denied" },
    orderBy: { answeredAt: "asc" },
    select: { answeredAt: true },
  });
  const thirds = denied.filter((_, place) => (place + 1) % DENIED.requests === 0);
  const ends = [
    { reason: "often", since: sent[OFTEN.requests - 1]?.createdAt, ms: OFTEN.ms },
    { reason: "unanswered", since: sent[UNANSWERED.requests - 1]?.createdAt, ms: UNANSWERED.ms },
    { reason: "denied", since: thirds.at(-1)?.answeredAt, ms: DENIED.ms },
  ] as const;
  const refusals = [
    ...(barrier ? [{ reason: "waiting" as const, until: barrier.until }] : []),
    ...ends.flatMap(({ reason, since, ms }) =>
      since ? [{ reason, until: new Date(since.getTime() + ms) }] : [],
    ),
  ];
  const [longest] = refusals
    .filter(({ until }) => until.getTime() > now)
    .toSorted((a, b) => b.until.getTime() - a.until.getTime());
  return longest;
}

/** Whether the person's denial, just recorded, is every third since the last success: a pause follows it. */
export async function isPausing(tx: Tx, userId: string): Promise<boolean> {
  const denied = await tx.approvalRequest.count({
    where: { userId, settledAt: null, decision: "denied" },
  });
  return denied > 0 && denied % DENIED.requests === 0;
}

/**
 * Forgets what the limits counted, in the transaction in which the person logs in or proves themselves anew,
 * with whatever method (63B §3.1.3.2: since the last success), or takes the password from whoever caused them.
 */
export async function settleApprovalRequests(tx: Tx, userId: string): Promise<void> {
  await tx.approvalRequest.updateMany({
    where: { userId, settledAt: null },
    data: { settledAt: new Date() },
  });
}

/** The newest request of a login or step-up. Only one that waits for its answer has a number. */
export type ShownRequest = {
  id: string;
  state: ApprovalState;
  expiresAt: Date;
  number: string | undefined;
};

/** What the screen of a login or step-up shows: its newest request, if it has one. */
export async function findShownRequest({
  id: loginChallengeId,
  userId,
}: Pick<LoginChallenge, "id" | "userId">): Promise<ShownRequest | undefined> {
  const prisma = await db();
  const request = await prisma.approvalRequest.findFirst({
    where: { loginChallengeId, userId },
    orderBy: { createdAt: "desc" },
  });
  if (!request) return undefined;
  const { id, expiresAt } = request;
  const state = stateOf(request);
  return { id, state, expiresAt, number: state === "waiting" ? openNumber(request) : undefined };
}

/** What a waiting screen asks for, and whose requests it watches. */
export type WatchedRequest = { userId: string; state: ApprovalState; expiresAt: Date };

/**
 * A request for the browser that has the token of its login, also when the login is over; `undefined` for
 * any other browser (PU-15).
 */
export async function findRequestOfLogin(
  id: string,
  token: string,
): Promise<WatchedRequest | undefined> {
  return findRequest(id, { tokenHash: hashToken(token), sessionId: null });
}

/** A request for the session that it is to step up; `undefined` for any other. */
export async function findRequestOfSession(
  id: string,
  sessionId: string,
): Promise<WatchedRequest | undefined> {
  return findRequest(id, { sessionId });
}

async function findRequest(
  id: string,
  owner: { tokenHash: string; sessionId: null } | { sessionId: string },
): Promise<WatchedRequest | undefined> {
  const prisma = await db();
  const request = await prisma.approvalRequest.findUnique({ where: { id } });
  if (!request) return undefined;
  const { loginChallengeId, userId, expiresAt } = request;
  const challenge = await prisma.loginChallenge.findUnique({
    where: { id: loginChallengeId, userId, ...owner },
    select: { endedAt: true },
  });
  if (!challenge) return undefined;
  const state = stateOf(request);
  if (state !== "waiting" || !challenge.endedAt) return { userId, expiresAt, state };
  // Its login is over, perhaps by what was said to an older notification of it.
  const isDenied = (await countDenied(loginChallengeId)) > 0;
  return { userId, expiresAt, state: isDenied ? "denied" : "replaced" };
}

/** Whether the login behind a token was denied on a phone before it let anybody in. */
export async function wasDenied(token: string): Promise<boolean> {
  const prisma = await db();
  const challenge = await prisma.loginChallenge.findUnique({
    where: { tokenHash: hashToken(token), satisfiedAt: null },
    select: { id: true },
  });
  return challenge !== null && (await countDenied(challenge.id)) > 0;
}

async function countDenied(loginChallengeId: string): Promise<number> {
  const prisma = await db();
  return prisma.approvalRequest.count({ where: { loginChallengeId, decision: "denied" } });
}

/** What a phone is asked: who wants in, from where. Never the number, which only the screen knows (PU-01). */
export type OpenRequest = {
  id: string;
  /** What the account logs in with. */
  email: string;
  /** Whether somebody logs in, or is logged in and proves who they are. */
  occasion: "login" | "step-up";
  createdAt: Date;
  expiresAt: Date;
  address: string;
  userAgent: string;
};

/** The open requests that a connected Sparekey Authenticator can answer; none once it is suspended. */
export async function findOpenRequests({
  id: authenticatorId,
  userId,
}: {
  id: string;
  userId: string;
}): Promise<OpenRequest[]> {
  const prisma = await db();
  const works = await prisma.sparekeyAuthenticator.count({
    where: { id: authenticatorId, userId, removedAt: null, suspendedAt: null },
  });
  if (works === 0) return [];
  const requests = await prisma.approvalRequest.findMany({
    where: { userId, ...unanswered() },
    orderBy: { createdAt: "asc" },
    select: {
      id: true,
      loginChallengeId: true,
      createdAt: true,
      expiresAt: true,
      address: true,
      userAgent: true,
      user: { select: { email: true } },
    },
  });
  const challenges = await prisma.loginChallenge.findMany({
    where: {
      id: { in: requests.map(({ loginChallengeId }) => loginChallengeId) },
      satisfiedAt: null,
      endedAt: null,
    },
    select: { id: true, sessionId: true },
  });
  const sessionOf = new Map(challenges.map(({ id, sessionId }) => [id, sessionId]));
  return requests.flatMap(({ loginChallengeId, user: { email }, ...request }) => {
    const sessionId = sessionOf.get(loginChallengeId);
    if (sessionId === undefined) return [];
    return [{ ...request, email, occasion: sessionId === null ? "login" : "step-up" }];
  });
}

/** Requests that may still be answered, as a condition. */
export const unanswered = () => ({
  decision: null,
  endedAt: null,
  expiresAt: { gt: new Date() },
});

/** Answers that may still complete their login, as a condition: given within the last two minutes. */
export const approvedAndUnused = () => ({
  decision: "approved",
  usedAt: null,
  answeredAt: { gt: new Date(Date.now() - USE_MS) },
});

function stateOf(request: {
  decision: string | null;
  answeredAt: Date | null;
  usedAt: Date | null;
  endedAt: Date | null;
  expiresAt: Date;
  wrongNumbers: number;
}): ApprovalState {
  const { decision, answeredAt, usedAt, endedAt, expiresAt, wrongNumbers } = request;
  const now = Date.now();
  // One that ended before had let somebody in: their other tabs are not told that nobody did.
  if (decision === "denied") return endedAt ? "replaced" : "denied";
  if (usedAt) return "used";
  if (decision === "approved" && answeredAt) {
    return answeredAt.getTime() + USE_MS > now ? "approved" : "expired";
  }
  if (endedAt) return wrongNumbers >= MAX_WRONG_NUMBERS ? "wrong-numbers" : "replaced";
  return expiresAt.getTime() > now ? "waiting" : "expired";
}

const generateNumber = () => String(randomInt(NUMBERS)).padStart(6, "0");

const numberBelongsTo = ({ userId, id }: { userId: string; id: string }) => [userId, id];

function sealNumber(number: string, row: { userId: string; id: string }) {
  const { sealed, keyId } = seal("approval numbers", Buffer.from(number), numberBelongsTo(row));
  return { sealedNumber: sealed, keyId };
}

/** The six digits of a request. Throws if they belong to another row. */
export function openNumber(request: {
  id: string;
  userId: string;
  sealedNumber: Uint8Array;
  keyId: string;
}): string {
  const { sealedNumber: sealed, keyId } = request;
  return unseal("approval numbers", { sealed, keyId }, numberBelongsTo(request)).toString();
}

function logRefusal(
  { reason }: ApprovalRefusal,
  { userId, from }: { userId: string; from: RequestSource },
): void {
  if (reason === "no-phone") return;
  const isAsGiven = reason === "disabled" || reason === "not-accepted";
  const refused = isAsGiven ? reason : "waiting";
  logRefusedTry({ reason: refused, userId, method: "notification", from });
}

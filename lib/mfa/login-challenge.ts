import "server-only";
import { afterCommit, db, type Tx, transaction } from "../db/client";
import type { Prisma } from "../db/generated/client";
import { lockUser } from "../db/lock-user";
import { recordAuditEvent } from "../notices/audit-event";
import { hashToken, randomToken } from "../random-token";
import type { RequestSource } from "../request-source";
import { isAccepted } from "./accepted-method";
import { wakeApprovalWatchers } from "./approval-watch";
import type { VerificationMethod } from "./method-names";

/** A person who gave the right password and no second factor yet. */
export type LoginChallenge = {
  id: string;
  userId: string;
  email: string;
  returnTo: string;
  expiresAt: Date;
  /** When it was satisfied, if it is not live any more but may be repeated. */
  satisfiedAt?: Date;
};

/** The challenge ended while an answer to it was on its way; the transaction is rolled back. */
export class LoginChallengeOver extends Error {}

const CHALLENGE_MINUTES = 10; // ASVS 6.5.5 allows no more; people must find their sheet
const MIN_MINUTES_LEFT = 2; // to step up: a notification lasts as long (PU-03)
export const MAX_FAILURES = 10; // TH-13
export const MAX_SLIPS = 30; // typos cost no attempt, but nobody makes thirty
const REPEAT_SECONDS = 60; // an answer that was lost is asked for again by then

/**
 * Begins a challenge for a person whose password was right, in the transaction that says so.
 * `returnTo` is a path of this portal. Returns the token for the browser's cookie: 256 bits, of
 * which the database has the hash (TH-13).
 */
export async function beginLoginChallenge(
  tx: Tx,
  { userId, returnTo, from }: { userId: string; returnTo: string; from: RequestSource },
): Promise<{ id: string; token: string; expiresAt: Date }> {
  const token = randomToken();
  const challenge = await tx.loginChallenge.create({
    data: { tokenHash: hashToken(token), userId, returnTo, ...newLife() },
    select: ENDS,
  });
  await recordAuditEvent(tx, { type: "login_challenge_begun", userId, from });
  return { ...challenge, token };
}

/**
 * The live challenge that steps a session up, begun if there is none. It is found by its session, needs
 * no token, and is judged like any other: ten wrong answers end it, however many requests begin it at once. One
 * that would end under the person's hands gets its ten minutes anew, and keeps its failures and what was typed.
 */
export async function beginStepUp({
  sessionId,
  userId,
  email,
  returnTo,
}: {
  sessionId: string;
  userId: string;
  email: string;
  returnTo: string;
}): Promise<LoginChallenge> {
  const challenge = await transaction(async (tx) => {
    await lockUser(tx, userId); // two at once would begin one each, with ten failures each
    const found = await tx.loginChallenge.findFirst({
      where: { sessionId, ...live() },
      select: ENDS,
      orderBy: { createdAt: "desc" },
    });
    if (found && found.expiresAt.getTime() >= Date.now() + MIN_MINUTES_LEFT * 60_000) return found;
    const life = newLife();
    if (found)
      return tx.loginChallenge.update({ where: { id: found.id }, data: life, select: ENDS });
    const owner = { userId, sessionId, tokenHash: hashToken(randomToken()) };
    return tx.loginChallenge.create({ data: { ...owner, returnTo, ...life }, select: ENDS });
  });
  return { ...challenge, userId, email, returnTo };
}

const ENDS = { id: true, expiresAt: true } as const;

function newLife(): { createdAt: Date; expiresAt: Date } {
  const createdAt = new Date();
  return { createdAt, expiresAt: new Date(createdAt.getTime() + CHALLENGE_MINUTES * 60_000) };
}

/** The live challenge that steps a session up, if one was begun: for a page, which begins none. */
export async function findStepUp(sessionId: string): Promise<{ id: string } | undefined> {
  const prisma = await db();
  const found = await prisma.loginChallenge.findFirst({
    where: { sessionId, ...live() },
    select: { id: true },
    orderBy: { createdAt: "desc" },
  });
  return found ?? undefined;
}

/** The live challenge behind a token, or `undefined` if it never was, is over, or its person is disabled. */
export async function findLoginChallenge(token: string): Promise<LoginChallenge | undefined> {
  return findChallenge(token, live());
}

/**
 * The challenge behind a token that was satisfied within the last minute: the same code may be sent
 * again by a browser that never got the answer.
 */
export async function findSatisfiedChallenge(token: string): Promise<LoginChallenge | undefined> {
  const since = new Date(Date.now() - REPEAT_SECONDS * 1000);
  return findChallenge(token, { satisfiedAt: { gt: since }, endedAt: null });
}

async function findChallenge(
  token: string,
  state: Prisma.LoginChallengeWhereInput,
): Promise<LoginChallenge | undefined> {
  const prisma = await db();
  const challenge = await prisma.loginChallenge.findFirst({
    where: {
      tokenHash: hashToken(token),
      sessionId: null,
      ...state,
      user: { disabledAt: null },
    },
    select: {
      id: true,
      userId: true,
      returnTo: true,
      expiresAt: true,
      satisfiedAt: true,
      user: { select: { email: true } },
    },
  });
  if (!challenge) return undefined;
  const { user, satisfiedAt, ...rest } = challenge;
  return { ...rest, email: user.email, ...(satisfiedAt && { satisfiedAt }) };
}

/**
 * Marks the challenge as satisfied by one of the person's methods, once. Throws `LoginChallengeOver` if it is
 * no longer live, or if the policy refuses the method (TH-14), which rolls back whatever the transaction
 * spent. Each method passes here, whatever it asked before. A notification that nobody answered ends with it: a
 * phone must not be asked about a login that is over (PU-07).
 */
export async function satisfyLoginChallenge(
  tx: Tx,
  { id, userId }: Pick<LoginChallenge, "id" | "userId">,
  method: VerificationMethod | "mailed-link",
): Promise<void> {
  if (!(await isAccepted({ userId, method }, tx))) throw new LoginChallengeOver();
  const { count } = await tx.loginChallenge.updateMany({
    where: { id, ...live(), user: { disabledAt: null } },
    data: { satisfiedAt: new Date() },
  });
  if (count !== 1) throw new LoginChallengeOver();
  await tx.approvalRequest.updateMany({
    where: { loginChallengeId: id, decision: null, endedAt: null },
    data: { endedAt: new Date() },
  });
  afterCommit(tx, wakeApprovalWatchers);
}

/** Holds a live challenge in the transaction that does something for it; throws `LoginChallengeOver`. */
export async function holdLoginChallenge(tx: Tx, id: string): Promise<void> {
  const { count } = await tx.loginChallenge.updateMany({
    where: { id, ...live(), user: { disabledAt: null } },
    data: { failures: { increment: 0 } },
  });
  if (count !== 1) throw new LoginChallengeOver();
}

/**
 * Counts a wrong answer; the tenth ends the challenge. Says how many there are now, and which session
 * it is to step up; none at a login.
 */
export async function recordChallengeFailure(
  tx: Tx,
  id: string,
): Promise<{ failures: number; sessionId: string | null }> {
  const challenge = await tx.loginChallenge.update({
    where: { id },
    data: { failures: { increment: 1 } },
    select: { failures: true, sessionId: true },
  });
  if (challenge.failures >= MAX_FAILURES) await endChallenge(tx, id);
  return challenge;
}

/** Counts an answer that was no guess; the thirtieth ends the challenge, so that slips are bounded too. */
export async function recordChallengeSlip(id: string): Promise<void> {
  const prisma = await db();
  const { slips } = await prisma.loginChallenge.update({
    where: { id },
    data: { slips: { increment: 1 } },
    select: { slips: true },
  });
  if (slips >= MAX_SLIPS) await endChallenge(prisma, id);
}

/** Ends the challenge behind a token, for a person who starts over. */
export async function endLoginChallenge(token: string): Promise<void> {
  const prisma = await db();
  await prisma.loginChallenge.updateMany({
    where: { tokenHash: hashToken(token), ...live() },
    data: { endedAt: new Date() },
  });
}

/** Ends all challenges of a person, in the transaction that changes the password (TH-13). */
export async function endLoginChallengesOf(tx: Tx, userId: string): Promise<void> {
  await tx.loginChallenge.updateMany({
    where: { userId, ...live() },
    data: { endedAt: new Date() },
  });
}

const live = () => ({ satisfiedAt: null, endedAt: null, expiresAt: { gt: new Date() } });

/** Ends one challenge, in the transaction that knows that it has to. */
export async function endChallenge(tx: Tx, id: string): Promise<void> {
  await tx.loginChallenge.updateMany({
    where: { id, endedAt: null },
    data: { endedAt: new Date() },
  });
}

import "server-only";
import { db, type Tx } from "../db/client";
import { isProvedByCode } from "../mfa/method-names";
import { hashToken, randomToken } from "../random-token";
import type { RequestSource } from "../request-source";

const OVERALL_HOURS = 24; // 63B §2.2.3: at most 24 hours at AAL2
const IDLE_MINUTES = 60; // 63B §2.2.3: at most an hour
const TOUCH_SECONDS = 60;

/** A token for the session cookie, in plaintext, and the time at which the session ends. */
export type SessionToken = { token: string; expiresAt: Date };

/** One live session with its person, as read on every request. */
export type SessionRow = {
  id: string;
  userId: string;
  aal: number;
  amr: string[];
  authTime: Date;
  expiresAt: Date;
  restrictedUntil: Date | null;
  user: { name: string; email: string; role: "USER" | "ADMINISTRATOR" };
};

/**
 * Opens a session in the transaction that accepts the last factor. 256 random bits, of which the
 * database has the hash; `authTime` is now. `previousToken` is the browser's session so far, which
 * ends (ASVS 7.2.4).
 */
export async function openSession(
  tx: Tx,
  {
    userId,
    amr,
    loginChallengeId,
    previousToken,
    limits = newLimits(),
    restrictedUntil,
    from,
  }: {
    userId: string;
    /** RFC 8176 values, and `recovery` or `temporary`, which it has none for (AM-01); `mfa` makes it level 2. */
    amr: string[];
    loginChallengeId?: string;
    previousToken: string | undefined;
    /** Those of the session it goes on from, where nothing was proved anew (SE-12). */
    limits?: { authTime: Date; expiresAt: Date };
    /** Until when it may not do what could keep the owner out; after a recovery or temporary code, to its end. */
    restrictedUntil?: Date | null;
    from: RequestSource;
  },
): Promise<SessionToken> {
  if (previousToken)
    await tx.session.deleteMany({ where: { tokenHash: hashToken(previousToken) } });
  const token = randomToken();
  const now = new Date();
  const { authTime, expiresAt } = limits;
  await tx.user.update({
    where: { id: userId },
    data: { lastLoginAt: authTime },
    select: { id: true },
  });
  await tx.session.create({
    data: {
      tokenHash: hashToken(token),
      userId,
      amr,
      aal: amr.includes("mfa") ? 2 : 1,
      authTime,
      createdAt: now,
      lastSeenAt: now,
      expiresAt,
      loginChallengeId,
      restrictedUntil: restrictedUntil ?? (isProvedByCode(amr) ? expiresAt : null),
      ...from,
    },
  });
  return { token, expiresAt };
}

function newLimits(): { authTime: Date; expiresAt: Date } {
  const authTime = new Date();
  return { authTime, expiresAt: new Date(authTime.getTime() + OVERALL_HOURS * 3_600_000) };
}

/**
 * What an act asks of a session: that it is live; that its person proved themselves within the last ten
 * minutes (SE-07); or besides that it is not restricted by a login with a recovery or temporary code.
 */
export type SessionDemand = "live" | "fresh" | "unrestricted";

/** The session of a request ended while the request was at work; its transaction is rolled back. */
export class SessionOver extends Error {}

/** The session is too old for the act, or restricted; its transaction is rolled back. */
export class SessionTooWeak extends Error {}

const FRESH_MINUTES = 10; // SE-07

/** Until when the proof of a session counts as fresh (SE-07). */
export const freshUntil = ({ authTime }: { authTime: Date }): Date =>
  new Date(authTime.getTime() + FRESH_MINUTES * 60_000);

/** Whether a session as read meets a demand; `holdSession` asks the database again. */
export function meetsDemand(
  { authTime, restrictedUntil }: { authTime: Date; restrictedUntil: Date | null },
  demand: SessionDemand,
): boolean {
  const now = new Date();
  if (demand === "live") return true;
  if (freshUntil({ authTime }) <= now) return false;
  return demand === "fresh" || !restrictedUntil || restrictedUntil <= now;
}

/**
 * Holds the session of a request that is about to change something, in the transaction that does:
 * logging out or changing the password meanwhile stops it. Throws `SessionOver`, or `SessionTooWeak`
 * when it does not meet the demand; the rule stands here, whatever a page or an action checked before.
 */
export async function holdSession(tx: Tx, id: string, demand: SessionDemand): Promise<HeldSession> {
  const { count } = await tx.session.updateMany({
    where: { id, expiresAt: { gt: new Date() } },
    data: { lastSeenAt: new Date() },
  });
  if (count !== 1) throw new SessionOver();
  const session = await tx.session.findUniqueOrThrow({
    where: { id },
    select: { amr: true, authTime: true, expiresAt: true, restrictedUntil: true },
  });
  if (!meetsDemand(session, demand)) throw new SessionTooWeak();
  return session;
}

/** The session as it is while its transaction holds it. */
export type HeldSession = {
  amr: string[];
  authTime: Date;
  expiresAt: Date;
  restrictedUntil: Date | null;
};

/**
 * Steps a session up in the transaction that accepts the proof: a new token (the old one dies, ASVS
 * 7.2.4), `authTime` now, and the methods of the proof; its end does not move (63B §2.2.3). Throws
 * `SessionOver` when it ended meanwhile.
 */
export async function stepUpSession(
  tx: Tx,
  { id, amr, restrictedUntil }: { id: string; amr: string[]; restrictedUntil: Date | null },
): Promise<SessionToken> {
  const { expiresAt } = await holdSession(tx, id, "live");
  const token = randomToken();
  const now = new Date();
  await tx.session.update({
    where: { id },
    data: {
      tokenHash: hashToken(token),
      amr,
      aal: amr.includes("mfa") ? 2 : 1,
      authTime: now,
      restrictedUntil: restrictedUntil ?? (isProvedByCode(amr) ? expiresAt : null),
    },
  });
  return { token, expiresAt };
}

/**
 * A fresh token for the session that a login challenge made, for a browser that never got the first
 * one: that one dies, so there is still one session. `undefined` when the session is gone.
 */
export async function reissueSessionToken(
  tx: Tx,
  loginChallengeId: string,
): Promise<SessionToken | undefined> {
  const token = randomToken();
  const { count } = await tx.session.updateMany({
    where: { loginChallengeId, expiresAt: { gt: new Date() } },
    data: { tokenHash: hashToken(token) },
  });
  if (count !== 1) return undefined;
  const { expiresAt } = await tx.session.findUniqueOrThrow({ where: { loginChallengeId } });
  return { token, expiresAt };
}

/**
 * Resumes the second-factor session behind a token that only rested too long: the person just gave their
 * password again, and the browser still has the session's secret (63B §2.2.3). It gets a new token and is
 * otherwise as it was, with the same end and the same proof. Gives `undefined` for any other session: one
 * of somebody else, one in use, or one past its end.
 */
export async function resumeSession(
  tx: Tx,
  { userId, token: restingToken }: { userId: string; token: string },
): Promise<(SessionToken & { id: string }) | undefined> {
  const now = new Date();
  const token = randomToken();
  const [session] = await tx.session.updateManyAndReturn({
    where: {
      tokenHash: hashToken(restingToken),
      userId,
      aal: 2,
      expiresAt: { gt: now },
      lastSeenAt: { lte: new Date(now.getTime() - IDLE_MINUTES * 60_000) },
    },
    data: { tokenHash: hashToken(token), lastSeenAt: now },
    select: { id: true, expiresAt: true },
  });
  return session && { ...session, token };
}

/** The live session behind a token: within 24 hours, used within the last hour, its person not disabled. */
export async function findSession(token: string): Promise<SessionRow | undefined> {
  const prisma = await db();
  const session = await prisma.session.findFirst({
    where: { tokenHash: hashToken(token), ...live() },
    select: {
      id: true,
      userId: true,
      aal: true,
      amr: true,
      authTime: true,
      expiresAt: true,
      restrictedUntil: true,
      user: { select: { name: true, email: true, role: true } },
    },
  });
  return session ?? undefined;
}

/** A session that is live or can be again, for its person to look at. */
export type ListedSession = {
  id: string;
  amr: string[];
  createdAt: Date;
  lastSeenAt: Date;
  expiresAt: Date;
  address: string;
  userAgent: string;
  /** Not used for over an hour: refused, until the password resumes it in its browser. */
  isResting: boolean;
};

/**
 * The sessions of a person that are live, or that the password alone resumes: whoever lost a browser has to
 * see those too, to end them. The last used first (ASVS 7.5.2).
 */
export async function listSessions(userId: string): Promise<ListedSession[]> {
  const prisma = await db();
  const { lastSeenAt: awake, ...open } = live();
  const sessions = await prisma.session.findMany({
    where: { userId, ...open, OR: [{ lastSeenAt: awake }, { aal: 2 }] }, // as `resumeSession`
    select: {
      id: true,
      amr: true,
      createdAt: true,
      lastSeenAt: true,
      expiresAt: true,
      address: true,
      userAgent: true,
    },
    orderBy: [{ lastSeenAt: "desc" }, { id: "desc" }],
  });
  return sessions.map((session) => ({
    ...session,
    isResting: session.lastSeenAt <= awake.gt,
  }));
}

const live = () => ({
  expiresAt: { gt: new Date() },
  lastSeenAt: { gt: new Date(Date.now() - IDLE_MINUTES * 60_000) },
  user: { disabledAt: null },
});

/**
 * Notes that the person used the session, at most once a minute. One that meanwhile rested for too long
 * stays as it is: a request that was under way cannot wake it (ASVS 7.3.1).
 */
export async function touchSession(id: string): Promise<void> {
  const prisma = await db();
  const now = Date.now();
  await prisma.session.updateMany({
    where: {
      id,
      lastSeenAt: {
        gt: new Date(now - IDLE_MINUTES * 60_000),
        lt: new Date(now - TOUCH_SECONDS * 1000),
      },
    },
    data: { lastSeenAt: new Date(now) },
  });
}

/** Ends the session behind a token at once (ASVS 7.4.1). Says whose it was. */
export async function endSession(
  tx: Tx,
  token: string,
): Promise<{ id: string; userId: string } | undefined> {
  const session = await tx.session.findUnique({
    where: { tokenHash: hashToken(token) },
    select: { id: true, userId: true },
  });
  if (session) await tx.session.deleteMany({ where: { id: session.id } });
  return session ?? undefined;
}

/** Ends one session of a person. Says whether it was there. */
export async function endSessionById(
  tx: Tx,
  { id, userId }: { id: string; userId: string },
): Promise<boolean> {
  const { count } = await tx.session.deleteMany({ where: { id, userId } });
  return count === 1;
}

/**
 * Ends the sessions that a login challenge was for: the one to be stepped up, or the one it opened once it was
 * satisfied, with whatever was opened since (enrolling a method gives a session a new row). Says which.
 */
export async function endSessionsOfChallenge(
  tx: Tx,
  challenge: { id: string; userId: string; sessionId: string | null; satisfiedAt: Date | null },
): Promise<string[]> {
  const { id: loginChallengeId, userId, sessionId, satisfiedAt } = challenge;
  const which = [
    ...(sessionId ? [{ id: sessionId }] : []),
    ...(satisfiedAt ? [{ loginChallengeId }, { createdAt: { gte: satisfiedAt } }] : []),
  ];
  const ended = await tx.session.findMany({ where: { userId, OR: which }, select: { id: true } });
  const ids = ended.map(({ id }) => id);
  await tx.session.deleteMany({ where: { id: { in: ids } } });
  return ids;
}

/** Ends all sessions of a person but one. Says how many. */
export async function endOtherSessions(
  tx: Tx,
  { userId, exceptId }: { userId: string; exceptId: string },
): Promise<number> {
  const { count } = await tx.session.deleteMany({ where: { userId, id: { not: exceptId } } });
  return count;
}

/** Ends all sessions of a person. */
export async function endAllSessions(tx: Tx, userId: string): Promise<void> {
  await tx.session.deleteMany({ where: { userId } });
}

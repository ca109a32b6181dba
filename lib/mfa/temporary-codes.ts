import "server-only";
import { db, type Tx } from "../db/client";

/** How a code can end. */
export type TemporaryCodeEnd =
  | "used"
  | "ended"
  | "replaced"
  | "guessed"
  | "reset"
  | "disabled"
  | "expired";

/** A temporary code that still works. */
export type LiveTemporaryCode = {
  id: string;
  createdById: string;
  createdAt: Date;
  expiresAt: Date;
  usesLeft: number;
};

/** What a live code looks like. */
export const isLive = () => ({
  endedAt: null,
  usesLeft: { gt: 0 },
  expiresAt: { gt: new Date() },
  sealedDigest: { not: null },
});

/** What is written of a code that is over: its digest goes, its dates and counts stay. */
export const ended = (endedBy: TemporaryCodeEnd) => ({
  endedAt: new Date(),
  endedBy,
  salt: null,
  sealedDigest: null,
});

/** The person's code that works, if there is one: one at most does. In a transaction, it needs its `tx`. */
export async function findLiveTemporaryCode(
  userId: string,
  tx?: Tx,
): Promise<LiveTemporaryCode | undefined> {
  const prisma = tx ?? (await db());
  const code = await prisma.temporaryCode.findFirst({
    where: { userId, ...isLive() },
    orderBy: { createdAt: "desc" },
    select: { id: true, createdById: true, createdAt: true, expiresAt: true, usesLeft: true },
  });
  return code ?? undefined;
}

/** The id of the person's newest code, live or over: a page that knows an older one is out of date. */
export async function findNewestTemporaryCodeId(
  userId: string,
  tx?: Tx,
): Promise<string | undefined> {
  const prisma = tx ?? (await db());
  const newest = await prisma.temporaryCode.findFirst({
    where: { userId },
    orderBy: [{ createdAt: "desc" }, { id: "desc" }],
    select: { id: true },
  });
  return newest?.id;
}

/**
 * Ends the person's codes that did not end yet, and says how many. The caller holds the person (`lockUser`).
 */
export async function endTemporaryCodes(
  tx: Tx,
  { userId, endedBy }: { userId: string; endedBy: TemporaryCodeEnd },
): Promise<number> {
  const { count } = await tx.temporaryCode.updateMany({
    where: { userId, endedAt: null },
    data: ended(endedBy),
  });
  return count;
}

/** Ends the codes whose time is over, so that their digests are gone. Says how many. */
export async function endExpiredTemporaryCodes(): Promise<number> {
  const prisma = await db();
  const { count } = await prisma.temporaryCode.updateMany({
    where: { endedAt: null, expiresAt: { lte: new Date() } },
    data: ended("expired"),
  });
  return count;
}

const TOLD_HOURS = 24; // no session of the login that told it lives longer

/** Notes, in the transaction of a login with another method, that the person now sees which codes were made. */
export async function tellOfTemporaryCodes(tx: Tx, userId: string): Promise<void> {
  await tx.temporaryCode.updateMany({
    where: { userId, toldAt: null },
    data: { toldAt: new Date() },
  });
}

/**
 * When the newest code was made of which the person learns since their last login, or since it was made; a
 * login with a code itself tells nobody.
 */
export async function findUntoldTemporaryCode(userId: string): Promise<Date | undefined> {
  const prisma = await db();
  const since = new Date(Date.now() - TOLD_HOURS * 3_600_000);
  const code = await prisma.temporaryCode.findFirst({
    where: { userId, OR: [{ toldAt: null }, { toldAt: { gt: since } }] },
    orderBy: { createdAt: "desc" },
    select: { createdAt: true },
  });
  return code?.createdAt;
}

import "server-only";
import { db, type Tx } from "../db/client";

/** How many codes of a person would be accepted, of all live sets. In a transaction, it needs its `tx`. */
export async function countUnusedCodes(userId: string, tx?: Tx): Promise<number> {
  const prisma = tx ?? (await db());
  return prisma.recoveryCode.count({
    where: { userId, usedAt: null, sealedDigest: { not: null } },
  });
}

/** The recovery code that a session was opened or last stepped up with, by letter and number. */
export async function findCodeOfSession(
  sessionId: string,
): Promise<{ letter: string; number: number } | undefined> {
  const prisma = await db();
  const session = await prisma.session.findUnique({
    where: { id: sessionId },
    select: { loginChallengeId: true },
  });
  const stepUps = await prisma.loginChallenge.findMany({
    where: { sessionId, satisfiedAt: { not: null } },
    select: { id: true },
  });
  const challenges = [session?.loginChallengeId, ...stepUps.map(({ id }) => id)];
  const code = await prisma.recoveryCode.findFirst({
    where: { loginChallengeId: { in: challenges.filter((id) => typeof id === "string") } },
    orderBy: { usedAt: "desc" },
    select: { number: true, set: { select: { letter: true } } },
  });
  return code ? { letter: code.set.letter, number: code.number } : undefined;
}

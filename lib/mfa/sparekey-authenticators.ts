import "server-only";
import { db, type Tx } from "../db/client";

/** A connected Sparekey Authenticator, as its person sees it. */
export type SparekeyAuthenticatorSummary = {
  id: string;
  name: string;
  addedAt: Date;
  lastUsedAt: Date | null;
  lastUsedAddress: string | null;
  lastUsedUserAgent: string | null;
  /** Reported lost. */
  suspendedAt: Date | null;
  /** Whether Web Push reaches it; if not, its page has to be open. */
  hasPush: boolean;
};

const isConnected = { removedAt: null };

/** The connected Sparekey Authenticators of a person, the oldest first. */
export async function listSparekeyAuthenticators(
  userId: string,
  tx?: Tx,
): Promise<SparekeyAuthenticatorSummary[]> {
  const prisma = tx ?? (await db());
  const rows = await prisma.sparekeyAuthenticator.findMany({
    where: { userId, ...isConnected },
    orderBy: [{ addedAt: "asc" }, { id: "asc" }],
    select: {
      id: true,
      name: true,
      addedAt: true,
      lastUsedAt: true,
      lastUsedAddress: true,
      lastUsedUserAgent: true,
      suspendedAt: true,
      subscriptionKeyId: true,
    },
  });
  return rows.map(({ subscriptionKeyId, ...row }) => ({
    ...row,
    hasPush: subscriptionKeyId !== null,
  }));
}

/**
 * When the first of a person's phones that work comes off probation; `null` if there is one that is not on
 * it, or none at all.
 */
export async function findPhoneProbationEnd(userId: string): Promise<Date | null> {
  const prisma = await db();
  const phones = await prisma.sparekeyAuthenticator.findMany({
    where: { userId, ...isConnected, suspendedAt: null },
    select: { probationUntil: true },
  });
  const now = Date.now();
  const ends = phones.map(({ probationUntil }) => probationUntil?.getTime() ?? 0);
  const first = Math.min(...ends);
  return phones.length > 0 && first > now ? new Date(first) : null;
}

/** Names a Sparekey Authenticator of a person. Says whether it is theirs. */
export async function renameSparekeyAuthenticator(
  tx: Tx,
  { userId, id, name }: { userId: string; id: string; name: string },
): Promise<boolean> {
  const { count } = await tx.sparekeyAuthenticator.updateMany({
    where: { id, userId, ...isConnected },
    data: { name },
  });
  return count === 1;
}

/**
 * Disconnects a Sparekey Authenticator of a person: its key is refused from now on. When it was added and
 * used stays (63B §4.1). Gives its name, or nothing if it is not theirs.
 */
export async function removeSparekeyAuthenticator(
  tx: Tx,
  { userId, id }: { userId: string; id: string },
): Promise<string | undefined> {
  const [removed] = await tx.sparekeyAuthenticator.updateManyAndReturn({
    where: { id, userId, ...isConnected },
    data: { removedAt: new Date(), sealedSubscription: null, subscriptionKeyId: null },
    select: { name: true },
  });
  return removed?.name;
}

/** Suspends a Sparekey Authenticator: reported lost. Gives its name, or nothing if it was or is not theirs. */
export async function suspendSparekeyAuthenticator(
  tx: Tx,
  { userId, id }: { userId: string; id: string },
): Promise<string | undefined> {
  const [suspended] = await tx.sparekeyAuthenticator.updateManyAndReturn({
    where: { id, userId, ...isConnected, suspendedAt: null },
    data: { suspendedAt: new Date() },
    select: { name: true },
  });
  return suspended?.name;
}

/** Lifts the suspension of a Sparekey Authenticator. Gives its name, or nothing if there was none. */
export async function liftSparekeySuspension(
  tx: Tx,
  { userId, id }: { userId: string; id: string },
): Promise<string | undefined> {
  const [lifted] = await tx.sparekeyAuthenticator.updateManyAndReturn({
    where: { id, userId, ...isConnected, suspendedAt: { not: null } },
    data: { suspendedAt: null },
    select: { name: true },
  });
  return lifted?.name;
}

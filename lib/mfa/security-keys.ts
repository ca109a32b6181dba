import "server-only";
import { db, type Tx } from "../db/client";

/** A security key or passkey, as its person sees it. */
export type SecurityKeySummary = {
  id: string;
  name: string;
  /** base64url, as the browser names it. */
  credentialId: string;
  /** Whether it is kept with an account of its maker and can be on several devices. */
  backedUp: boolean;
  addedAt: Date;
  lastUsedAt: Date | null;
  lastUsedAddress: string | null;
  lastUsedUserAgent: string | null;
};

const isEnrolled = { removedAt: null };

/** The security keys and passkeys of a person, the oldest first. */
export async function listSecurityKeys(userId: string, tx?: Tx): Promise<SecurityKeySummary[]> {
  const prisma = tx ?? (await db());
  return prisma.securityKey.findMany({
    where: { userId, ...isEnrolled },
    orderBy: [{ addedAt: "asc" }, { id: "asc" }],
    select: {
      id: true,
      name: true,
      credentialId: true,
      backedUp: true,
      addedAt: true,
      lastUsedAt: true,
      lastUsedAddress: true,
      lastUsedUserAgent: true,
    },
  });
}

/** Names a security key of a person. Says whether it is theirs. */
export async function renameSecurityKey(
  tx: Tx,
  { userId, id, name }: { userId: string; id: string; name: string },
): Promise<boolean> {
  const { count } = await tx.securityKey.updateMany({
    where: { id, userId, ...isEnrolled },
    data: { name },
  });
  return count === 1;
}

/**
 * Removes a security key of a person: it is refused from now on, and can never be enrolled again. When it
 * was added and used stays (63B §4.1). Gives its name, or nothing if it is not theirs.
 */
export async function removeSecurityKey(
  tx: Tx,
  { userId, id }: { userId: string; id: string },
): Promise<string | undefined> {
  const [removed] = await tx.securityKey.updateManyAndReturn({
    where: { id, userId, ...isEnrolled },
    data: { removedAt: new Date() },
    select: { name: true },
  });
  return removed?.name;
}

/**
 * Which keys of a person work, by the names browsers have for them: the handle they know the person by and
 * the ids, both base64url. Nothing for somebody who never began to enroll one.
 */
export async function findAcceptedKeys(
  userId: string,
): Promise<{ userId: string; credentialIds: string[] } | undefined> {
  const prisma = await db();
  const user = await prisma.user.findUnique({
    where: { id: userId },
    select: {
      webauthnHandle: true,
      securityKeys: { where: isEnrolled, select: { credentialId: true } },
    },
  });
  if (!user?.webauthnHandle) return undefined;
  return {
    userId: Buffer.from(user.webauthnHandle).toString("base64url"),
    credentialIds: user.securityKeys.map(({ credentialId }) => credentialId),
  };
}

/**
 * When a key of the person first lifts a restriction, if none does yet because all were enrolled after a
 * recovery code; `null` if one does, or there is none.
 */
export async function findKeyProbationEnd(userId: string): Promise<Date | null> {
  const prisma = await db();
  const keys = await prisma.securityKey.findMany({
    where: { userId, ...isEnrolled },
    orderBy: { probationUntil: "asc" },
    select: { probationUntil: true },
  });
  const isOver = ({ probationUntil }: { probationUntil: Date | null }) =>
    probationUntil === null || probationUntil <= new Date();
  return keys.some(isOver) ? null : (keys[0]?.probationUntil ?? null);
}

import "server-only";
import { createHash } from "node:crypto";
import { deriveKey, knownKeyIds } from "../keys";
import { db } from "./client";

/** The ids of keys this database was used with that `SECRETS` lacks, or has with another key under the same id. */
export async function findMissingKeys(): Promise<string[]> {
  const prisma = await db();
  const known = new Map(knownKeyIds().map((id) => [id, fingerprint(id)]));
  const rows = await prisma.knownKey.findMany();
  return rows.filter((row) => known.get(row.id) !== row.fingerprint).map(({ id }) => id);
}

/** Notes the keys of `SECRETS` as ones that this database may need from now on. */
export async function registerKeys(): Promise<void> {
  const prisma = await db();
  const data = knownKeyIds().map((id) => ({
    id,
    fingerprint: fingerprint(id),
    firstUsedAt: new Date(),
  }));
  await prisma.knownKey.createMany({ data, skipDuplicates: true });
}

/**
 * What still needs a key: passwords until their next login; links, invitations, mailed halves, kept forms and
 * the numbers of notifications until they are over; the audit log's chain for ever.
 */
export type KeyUses = {
  id: string;
  passwords: number;
  codes: number;
  temporaryCodes: number;
  apps: number;
  subscriptions: number;
  serverKeys: number;
  seals: number;
  others: number;
};

/**
 * Forgets the older keys of `SECRETS` that nothing in the database needs any more, so that a start without
 * them is not refused. Returns all older keys with what needs them; those that are forgotten need nothing.
 */
export async function retireUnusedKeys(): Promise<KeyUses[]> {
  const prisma = await db();
  const [, ...older] = knownKeyIds();
  const uses = await Promise.all(older.map(countUses));
  const unused = uses.filter(({ id: _, ...counts }) => Object.values(counts).every((n) => n === 0));
  await prisma.knownKey.deleteMany({ where: { id: { in: unused.map(({ id }) => id) } } });
  return uses;
}

async function countUses(keyId: string): Promise<KeyUses> {
  const prisma = await db();
  const isLive = { expiresAt: { gt: new Date() } };
  const [
    passwords,
    codes,
    temporaryCodes,
    apps,
    subscriptions,
    serverKeys,
    seals,
    links,
    invitations,
    halves,
    forms,
    numbers,
  ] = await Promise.all([
    prisma.user.count({ where: { passwordDigest: { contains: `:${keyId}:` } } }),
    prisma.recoveryCode.count({ where: { keyId, sealedDigest: { not: null } } }),
    prisma.temporaryCode.count({ where: { keyId, sealedDigest: { not: null } } }),
    prisma.authenticatorApp.count({ where: { keyId, sealedSeed: { not: null } } }),
    prisma.sparekeyAuthenticator.count({ where: { subscriptionKeyId: keyId } }),
    prisma.serverKey.count({ where: { keyId } }),
    prisma.auditSeal.count({ where: { keyId } }),
    prisma.mailLink.count({ where: { keyId, usedAt: null, ...isLive } }),
    prisma.invitation.count({ where: { keyId, usedAt: null, cancelledAt: null, ...isLive } }),
    prisma.temporaryCode.count({ where: { mailedKeyId: keyId, endedAt: null, ...isLive } }),
    prisma.loginChallenge.count({ where: { formKeyId: keyId, ...isLive } }),
    prisma.approvalRequest.count({ where: { keyId, usedAt: null, endedAt: null, ...isLive } }),
  ]);
  const others = links + invitations + halves + forms + numbers;
  return {
    id: keyId,
    passwords,
    codes,
    temporaryCodes,
    apps,
    subscriptions,
    serverKeys,
    seals,
    others,
  };
}

/** Tells two keys under one id apart, and tells nothing of the key. */
function fingerprint(id: string): string {
  return createHash("sha256").update(deriveKey("key fingerprint", id)).digest("hex").slice(0, 16);
}

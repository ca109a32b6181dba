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

/** Tells two keys under one id apart, and tells nothing of the key. */
function fingerprint(id: string): string {
  return createHash("sha256").update(deriveKey("key fingerprint", id)).digest("hex").slice(0, 16);
}

import { randomBytes } from "node:crypto";
import { cpSync } from "node:fs";
import path from "node:path";
import { inject } from "vitest";
import { administer } from "./administer";

/**
 * Copies the migrated, empty database of this run, which is faster than making one: into `dataDir` on
 * PGlite, beside it on PostgreSQL, whose address is returned. `remove` leaves nothing but `dataDir`.
 */
export async function copyTemplate(
  dataDir: string,
): Promise<{ databaseUrl?: string; remove: () => Promise<void> }> {
  const { engine, location } = inject("template");
  if (engine === "postgres") return copyPostgres(location);
  cpSync(location, path.join(dataDir, "db"), { recursive: true });
  return { remove: async () => undefined };
}

async function copyPostgres(location: string) {
  const template = new URL(location).pathname.slice(1);
  const name = `sparekey_test_${randomBytes(6).toString("hex")}`;
  // From the maintenance database: a template must have no connections.
  const server = Object.assign(new URL(location), { pathname: "postgres" }).href;
  await administer(server, `CREATE DATABASE ${name} TEMPLATE ${template}`);
  return {
    databaseUrl: Object.assign(new URL(location), { pathname: name }).href,
    remove: () => administer(server, `DROP DATABASE ${name} WITH (FORCE)`),
  };
}

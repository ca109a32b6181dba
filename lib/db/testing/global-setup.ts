import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TestProject } from "vitest/node";
import { closeDatabase, db } from "../client";
import { administer } from "./administer";
import { type Engine, TEST_SECRETS } from "./test-environment";

declare module "vitest" {
  interface ProvidedContext {
    /** What a test file copies: a folder (PGlite), or a database by its address (PostgreSQL). */
    template: { engine: Engine; location: string };
  }
}

/** Makes one migrated database, which each test file copies: faster than migrating each time. */
export default async function makeTemplate(project: TestProject): Promise<() => Promise<void>> {
  process.env.SECRETS = TEST_SECRETS;
  const { engine, location, disconnect, remove } =
    process.env.TEST_ENGINE === "postgres" ? await emptyPostgres() : emptyFolder();
  try {
    await db();
  } finally {
    await closeDatabase();
    await disconnect();
  }
  project.provide("template", { engine, location });
  return remove;
}

function emptyFolder() {
  const folder = mkdtempSync(path.join(tmpdir(), "sparekey-template-"));
  process.env.DATA_DIR = folder;
  delete process.env.DATABASE_URL;
  return {
    engine: "pglite" as const,
    location: path.join(folder, "db"),
    disconnect: async () => undefined,
    remove: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

async function emptyPostgres() {
  const server = process.env.TEST_DATABASE_URL;
  if (!server) throw new Error("TEST_ENGINE=postgres needs TEST_DATABASE_URL; bin/test sets it.");
  const name = `sparekey_template_${randomBytes(6).toString("hex")}`;
  await administer(server, `CREATE DATABASE ${name}`);
  const location = Object.assign(new URL(server), { pathname: name }).href;
  process.env.DATABASE_URL = location;
  return {
    engine: "postgres" as const,
    location,
    // PostgreSQL copies only a database that nobody is connected to, and the migration engine's
    // connection outlives its work by some seconds.
    disconnect: () =>
      administer(
        server,
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`,
      ),
    remove: () => administer(server, `DROP DATABASE ${name} WITH (FORCE)`),
  };
}

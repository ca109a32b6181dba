import { randomBytes } from "node:crypto";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, inject } from "vitest";
import { administer } from "./administer";
import { TEST_SECRETS } from "./test-environment";

// Each test file has a database of its own, so files run beside each other and in any order.
const { engine, location } = inject("template");
const dataDir = mkdtempSync(path.join(tmpdir(), "sparekey-test-"));
Object.assign(process.env, {
  SECRETS: TEST_SECRETS,
  DATA_DIR: dataDir,
  APP_URL: "http://localhost:3000",
  LOG_LEVEL: "silent",
});
const removeDatabase = engine === "postgres" ? await copyPostgres() : copyFolder();

afterAll(async () => {
  const { closeDatabase } = await import("../client");
  await closeDatabase();
  await removeDatabase();
  rmSync(dataDir, { recursive: true, force: true });
});

function copyFolder() {
  delete process.env.DATABASE_URL;
  cpSync(location, path.join(dataDir, "db"), { recursive: true });
  return async () => undefined;
}

async function copyPostgres() {
  const template = new URL(location).pathname.slice(1);
  const name = `sparekey_test_${randomBytes(6).toString("hex")}`;
  // From the maintenance database: a template must have no connections.
  const server = Object.assign(new URL(location), { pathname: "postgres" }).href;
  await administer(server, `CREATE DATABASE ${name} TEMPLATE ${template}`);
  process.env.DATABASE_URL = Object.assign(new URL(location), { pathname: name }).href;
  return () => administer(server, `DROP DATABASE ${name} WITH (FORCE)`);
}

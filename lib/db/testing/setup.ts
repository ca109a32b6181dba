import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll } from "vitest";
import { copyTemplate } from "./copy-template";
import { TEST_SECRETS } from "./test-environment";

// Each test file has a database of its own, so files run beside each other and in any order.
const dataDir = mkdtempSync(path.join(tmpdir(), "sparekey-test-"));
Object.assign(process.env, {
  SECRETS: TEST_SECRETS,
  DATA_DIR: dataDir,
  APP_URL: "http://localhost:3000",
  LOG_LEVEL: "silent",
});
const { databaseUrl, remove } = await copyTemplate(dataDir);
if (databaseUrl) process.env.DATABASE_URL = databaseUrl;
else delete process.env.DATABASE_URL;

afterAll(async () => {
  const { closeDatabase } = await import("../client");
  await closeDatabase();
  await remove();
  rmSync(dataDir, { recursive: true, force: true });
});

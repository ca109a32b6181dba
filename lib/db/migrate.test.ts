import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { expect, test } from "vitest";
import { db } from "./client";
import { embeddedAdapter } from "./embedded-adapter";
import { diffMigrations } from "./migrate";

const MIGRATIONS = path.join(import.meta.dirname, "../../prisma/migrations");

test("the migrations lead to the schema, with nothing left to write", async () => {
  const scratch = new PGlite();
  try {
    const sql = await diffMigrations(embeddedAdapter(scratch));
    expect(sql.replace(/^--.*$/gm, "").trim()).toBe("");
  } finally {
    await scratch.close();
  }
});

test("every migration was applied once, and is on record as finished", async () => {
  const prisma = await db();
  const rows = await prisma.$queryRaw<{ name: string; finished: boolean }[]>`
    SELECT migration_name AS "name", finished_at IS NOT NULL AS "finished" FROM "_prisma_migrations"`;
  expect(rows.length).toBeGreaterThan(0);
  expect(rows.every(({ finished }) => finished)).toBe(true);
  expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
});

test("people from before addresses were verified keep their accounts: theirs count as verified", async () => {
  const scratch = new PGlite();
  try {
    for (const name of readdirSync(MIGRATIONS).sort()) {
      if (!/^\d/.test(name)) continue;
      if (name.endsWith("_recovery_in_full")) {
        await scratch.exec(`
          INSERT INTO "User" ("id", "email", "name", "passwordDigest", "passwordChangedAt", "createdAt")
          VALUES (gen_random_uuid(), 'ada@example.org', 'Ada', '', now(), now() - interval '90 days')`);
      }
      await scratch.exec(readFileSync(path.join(MIGRATIONS, name, "migration.sql"), "utf8"));
    }
    const { rows } = await scratch.query(`
      SELECT u."verifiedEmail", a."email", a."verifiedAt" IS NOT NULL AS "verified"
      FROM "User" u JOIN "Address" a ON a."userId" = u."id"`);
    const email = "ada@example.org";
    expect(rows).toEqual([{ verifiedEmail: email, email, verified: true }]);
  } finally {
    await scratch.close();
  }
});

test("a script that fails on the embedded database is not taken for done", async () => {
  const scratch = new PGlite();
  try {
    const adapter = await embeddedAdapter(scratch).connect();
    await expect(adapter.executeScript('ALTER TABLE "Nope" ADD COLUMN "x" TEXT')).rejects.toThrow(
      /Nope/,
    );
  } finally {
    await scratch.close();
  }
});

import { PGlite } from "@electric-sql/pglite";
import { expect, test } from "vitest";
import { db } from "./client";
import { embeddedAdapter } from "./embedded-adapter";
import { diffMigrations } from "./migrate";

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

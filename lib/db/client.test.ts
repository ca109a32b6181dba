import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, inject, test, vi } from "vitest";
import { recordAuditEvent } from "../notices/audit-event";
import { closeDatabase, db, transaction } from "./client";
import { administer } from "./testing/administer";
import { createPerson, FROM } from "./testing/people";
import { type Child, runChild } from "./testing/run-child";

/** The tables whose rows nobody changes, and a column of each. */
const ADDED_ONLY = { AuditEvent: "reason", AuditSeal: "keyId", Policy: "requirement" };

// First in this file: it opens the database.
test("LG-06 no query and no parameter of one is written anywhere, not even of one that fails", async () => {
  const written: string[] = [];
  const note = (...parts: unknown[]) => {
    written.push(parts.map(String).join(" "));
    return true;
  };
  const spies = [
    vi.spyOn(process.stdout, "write").mockImplementation(note),
    vi.spyOn(process.stderr, "write").mockImplementation(note),
    ...(["log", "info", "warn", "error", "debug"] as const).map((level) =>
      vi.spyOn(console, level).mockImplementation(note),
    ),
  ];
  try {
    const prisma = await db(); // the first time in this file: opened and migrated under these eyes
    await prisma.user.findFirst({ where: { email: "canary@example.org" } });
    await prisma.$queryRaw`SELECT ${"canary@example.org"}::text AS "address"`;
    await prisma.$queryRaw`SELECT ${"canary@example.org"}::uuid AS "id"`.catch(() => undefined);
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  const leaks = written.filter((line) => /canary|SELECT|prisma:/.test(line));
  expect(leaks).toEqual([]);
});

describe("the embedded database", () => {
  let dataDir: string;
  let children: Child[];
  beforeEach(() => {
    dataDir = mkdtempSync(path.join(tmpdir(), "sparekey-crash-"));
    children = [];
  });
  afterEach(async () => {
    for (const child of children) child.process.kill("SIGKILL");
    await Promise.all(children.map(({ ended }) => ended));
    rmSync(dataDir, { recursive: true, force: true });
  });

  function start(task: string): Child {
    const child = runChild([task], dataDir);
    children.push(child);
    return child;
  }

  test("kill -9 in the middle of writes loses no acknowledged row, and until then a second process is refused", async () => {
    const writer = start("write");
    await writer.line(/open/);
    const intruder = start("read");
    await intruder.ended;
    expect(intruder.process.exitCode).not.toBe(0);
    expect(intruder.errors()).toContain(`in use by process ${writer.process.pid}.`);
    expect(writer.lines.length, "it writes meanwhile").toBeGreaterThan(100);
    writer.process.kill("SIGKILL");
    await writer.ended;
    const reader = start("read");
    await reader.line(/^\d/);
    const said = performance.now();
    await reader.ended;
    expect(performance.now() - said, "who is done waits for no timer").toBeLessThan(5_000);
    const found = new Set(reader.lines.join("").split(" "));
    const acknowledged = writer.lines.filter((line) => line !== "open");
    expect(acknowledged.filter((number) => !found.has(number))).toEqual([]);
  }, 90_000);
});

describe("a transaction", () => {
  test("LG-04 that throws leaves nothing behind, however late", async () => {
    const { userId } = await createPerson();
    const work = transaction(async (tx) => {
      await tx.user.update({ where: { id: userId }, data: { name: "Eve" } });
      await recordAuditEvent(tx, { type: "login", userId, from: FROM });
      throw new Error("The power went out.");
    });
    await expect(work).rejects.toThrow("power");
    const prisma = await db();
    expect(await prisma.user.findUnique({ where: { id: userId } })).toMatchObject({ name: "Ada" });
    expect(await prisma.auditEvent.count({ where: { userId } })).toBe(0);
  });

  test("keeps what it wrote when the database is closed and opened again", async () => {
    const { userId } = await createPerson();
    await closeDatabase();
    const prisma = await db();
    expect(await prisma.user.findUnique({ where: { id: userId } })).toMatchObject({ name: "Ada" });
  });
});

test("LG-01 times are stored in UTC, whatever zone the database is set to", async () => {
  const prisma = await db();
  const [row] = await prisma.$queryRaw<
    { name: string }[]
  >`SELECT current_database()::text AS "name"`;
  await prisma.$executeRawUnsafe(`ALTER DATABASE "${row?.name}" SET timezone TO 'Asia/Tokyo'`);
  await closeDatabase();
  const before = Math.floor(Date.now() / 1000);
  const { userId } = await createPerson();
  const [stored] = await (await db()).$queryRaw<{ seconds: number }[]>`
    SELECT extract(epoch FROM "createdAt")::int AS "seconds" FROM "User" WHERE "id" = ${userId}::uuid`;
  expect(stored?.seconds).toBeGreaterThanOrEqual(before);
  expect(stored?.seconds).toBeLessThanOrEqual(before + 60);
});

// The embedded database has one user.
if (inject("template").engine === "postgres") {
  test("T17 with MIGRATION_DATABASE_URL the server works, and its own role can change no event and no seal", async () => {
    const server = Object.assign(new URL(inject("template").location), { pathname: "postgres" });
    const name = `sparekey_roles_${randomBytes(6).toString("hex")}`;
    const [owner, app] = [`${name}_owner`, `${name}_app`];
    const urlOf = (username: string) =>
      Object.assign(new URL(server), { pathname: name, username, password: "secret" }).href;
    try {
      await administer(server.href, `CREATE ROLE ${owner} LOGIN PASSWORD 'secret'`);
      await administer(server.href, `CREATE ROLE ${app} LOGIN PASSWORD 'secret'`);
      await administer(server.href, `CREATE DATABASE ${name} OWNER ${owner}`);
      // docs/decisions/012-audit-chain.md
      for (const statement of [
        `GRANT USAGE ON SCHEMA public TO ${app}`,
        `ALTER DEFAULT PRIVILEGES IN SCHEMA public
         GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ${app}`,
        `ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO ${app}`,
      ]) {
        await administer(urlOf(owner), statement);
      }
      const child = runChild(["audit"], "", urlOf(app), urlOf(owner));
      await child.ended;
      expect(child.errors()).toBe("");
      // The end of the chain is told whatever LOG_LEVEL is, and it is silent here.
      const head = expect.stringContaining('"event":"audit_sealed","position":3');
      expect(child.lines).toHaveLength(3);
      expect(child.lines).toEqual(expect.arrayContaining(["sealed 3", "whole", head]));
      for (const [table, column] of Object.entries(ADDED_ONLY)) {
        for (const statement of [
          `UPDATE "${table}" SET "${column}" = 'another'`,
          `DELETE FROM "${table}"`,
          `TRUNCATE "${table}"`,
          `ALTER TABLE "${table}" DISABLE TRIGGER USER`,
          `DROP TRIGGER "${table}_append_only" ON "${table}"`,
          `DROP TABLE "${table}"`,
        ]) {
          await expect(administer(urlOf(app), statement), statement).rejects.toThrow(
            /permission denied|must be owner/,
          );
        }
      }
      await administer(urlOf(app), `UPDATE "User" SET "name" = 'another'`);
    } finally {
      await administer(server.href, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      for (const role of [app, owner]) await administer(server.href, `DROP ROLE IF EXISTS ${role}`);
    }
  }, 60_000);
}

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { recordAuditEvent } from "../notices/audit-event";
import { closeDatabase, db, transaction } from "./client";
import { createPerson, FROM } from "./testing/people";
import { type Child, runChild } from "./testing/run-child";

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

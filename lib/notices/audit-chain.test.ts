import { beforeEach, describe, expect, inject, test, vi } from "vitest";
import { db, transaction } from "../db/client";
import { changeAuditLog } from "../db/testing/audit-tables";
import { createPerson, FROM } from "../db/testing/people";
import { setPolicy } from "../db/testing/policies";
import { lastingLog } from "../log";
import { recordAuditEvent } from "./audit-event";
import { sealAuditEvents } from "./seal-audit-events";
import { type LoggedHead, verifyAuditChain } from "./verify-audit-chain";

beforeEach(() =>
  changeAuditLog(`TRUNCATE "AuditSeal"`, `TRUNCATE "AuditEvent"`, `TRUNCATE "AuditPending"`),
);

describe("T17 the audit log", () => {
  test.each([
    ["AuditEvent", `"reason"`],
    ["AuditSeal", `"keyId"`],
    ["Policy", `"requirement"`],
  ])("is only added to: a row of %s is never changed or removed", async (table, column) => {
    await sealed(2);
    await setPolicy();
    const prisma = await db();
    for (const statement of [
      `UPDATE "${table}" SET ${column} = 'another'`,
      `DELETE FROM "${table}"`,
      `TRUNCATE "${table}"`,
      `TRUNCATE "${table}" CASCADE`,
    ]) {
      await expect(prisma.$executeRawUnsafe(statement), statement).rejects.toThrow(/only added/);
    }
    await expect(
      prisma.$transaction([
        prisma.$executeRawUnsafe("SET LOCAL session_replication_role = replica"),
        prisma.$executeRawUnsafe(`DELETE FROM "${table}"`),
      ]),
    ).rejects.toThrow(/only added/);
    expect(await verifyAuditChain()).toMatchObject({ whole: true, sealed: 2n });
  });

  test("is whole after events were added in any number, before and after they are sealed", async () => {
    expect(await verifyAuditChain()).toEqual({ whole: true, sealed: 0n, pending: 0, heads: 0 });
    await record(450);
    expect(await verifyAuditChain()).toMatchObject({ whole: true, sealed: 0n, pending: 450 });
    const batches = [await sealAuditEvents(), await sealAuditEvents(), await sealAuditEvents()];
    expect(batches).toEqual([200, 200, 50]);
    expect(await sealAuditEvents()).toBe(0);
    await record(3);
    expect(await verifyAuditChain()).toMatchObject({ whole: true, sealed: 450n, pending: 3 });
  });

  test("tells that any column of an event was changed", async () => {
    const prisma = await db();
    const columns = await prisma.$queryRaw<{ name: string }[]>`
      SELECT column_name::text AS "name" FROM information_schema.columns WHERE table_name = 'AuditEvent'`;
    expect(["id", ...Object.keys(CHANGES)].sort()).toEqual(columns.map(({ name }) => name).sort());
    await sealed(Object.keys(CHANGES).length + 1);
    for (const [index, [column, value]] of Object.entries(CHANGES).entries()) {
      // From the end: the first one that is wrong is told.
      const position = BigInt(Object.keys(CHANGES).length - index);
      await changeAuditLog(`UPDATE "AuditEvent" SET "${column}" = ${value} WHERE ${at(position)}`);
      expect(await verifyAuditChain(), column).toEqual(broken("changed", position));
    }
  });

  test("tells that two events changed places", async () => {
    await sealed(6);
    await changeAuditLog(
      `UPDATE "AuditSeal" SET "position" = -1 WHERE "position" = 2`,
      `UPDATE "AuditSeal" SET "position" = 2 WHERE "position" = 4`,
      `UPDATE "AuditSeal" SET "position" = 4 WHERE "position" = -1`,
    );
    expect(await verifyAuditChain()).toEqual(broken("changed", 2n));
  });

  test("tells that an event was removed, with and without its place", async () => {
    await sealed(4);
    await changeAuditLog(`DELETE FROM "AuditEvent" WHERE ${at(3)}`);
    expect(await verifyAuditChain()).toEqual(broken("removed", 3n));
    await changeAuditLog(`DELETE FROM "AuditSeal" WHERE "position" = 3`);
    expect(await verifyAuditChain()).toEqual(broken("missing-position", 3n));
    await changeAuditLog(`UPDATE "AuditSeal" SET "position" = 3 WHERE "position" = 4`);
    expect(await verifyAuditChain(), "closed up").toEqual(broken("changed", 3n));
  });

  test("tells that the contents of two events changed places", async () => {
    await sealed(4);
    await changeAuditLog(
      `UPDATE "AuditEvent" a SET "reason" = b."reason" FROM "AuditEvent" b
       WHERE a."reason" IN ('Reason 1', 'Reason 2') AND b."reason" IN ('Reason 1', 'Reason 2')
         AND a."id" <> b."id"`,
    );
    expect(await verifyAuditChain()).toEqual(broken("changed", 2n));
  });

  test("tells that an event was kept away from the chain", async () => {
    await sealed(2);
    await record(1);
    const prisma = await db();
    const [waiting] = await prisma.auditPending.findMany();
    await prisma.auditPending.deleteMany();
    const eventId = waiting?.eventId;
    expect(await verifyAuditChain()).toEqual({
      whole: false,
      found: { reason: "never-queued", eventId },
    });
  });

  test("tells that an event was removed before it was sealed, and seals the others", async () => {
    await record(3);
    const prisma = await db();
    const [first] = await prisma.auditEvent.findMany({ orderBy: { id: "asc" } });
    await changeAuditLog(`DELETE FROM "AuditEvent" WHERE "id" = '${first?.id}'`);
    expect(await sealAuditEvents()).toBe(2);
    expect(await verifyAuditChain()).toEqual({
      whole: false,
      found: { reason: "removed-waiting", eventId: first?.id },
    });
  });

  test("tells by the logged ends that its end was cut off, also after it grew again", async () => {
    const heads = [await sealed(3), await sealed(3)];
    expect(await verifyAuditChain(heads)).toMatchObject({ whole: true, heads: 2 });
    await changeAuditLog(
      `DELETE FROM "AuditEvent" WHERE "id" IN (SELECT "eventId" FROM "AuditSeal" WHERE "position" > 4)`,
      `DELETE FROM "AuditSeal" WHERE "position" > 4`,
    );
    expect(await verifyAuditChain(), "seen from inside").toMatchObject({ whole: true });
    expect(await verifyAuditChain(heads)).toEqual(broken("cut", 6n));
    heads.push(await sealed(5));
    expect(await verifyAuditChain(heads.slice(-1))).toMatchObject({ whole: true });
    expect(await verifyAuditChain(heads)).toEqual(broken("other-head", 6n));
  });

  test("cannot be made anew with a key of somebody's own", async () => {
    const head = await sealed(3);
    vi.resetModules();
    const key = Buffer.alloc(32, "of the thief").toString("base64");
    vi.stubEnv("SECRETS", `test:${key}`);
    const theirs = await import("./seal-audit-events");
    await changeAuditLog(
      `TRUNCATE "AuditSeal"`,
      `INSERT INTO "AuditPending" SELECT "id" FROM "AuditEvent"`,
    );
    await theirs.sealAuditEvents();
    vi.unstubAllEnvs();
    expect(await verifyAuditChain([head])).toEqual(broken("changed", 1n));
  });

  test("goes on over a new key of SECRETS, and names the old one when it is missing", async () => {
    await sealed(3);
    const newer = `newer:${Buffer.alloc(32, "the newer key").toString("base64")}`;
    const before = process.env.SECRETS;
    vi.resetModules();
    vi.stubEnv("SECRETS", `${newer},${before}`);
    const rotated = await import("./seal-audit-events");
    await record(2);
    expect(await rotated.sealAuditEvents()).toBe(2);
    const { retireUnusedKeys } = await import("../db/known-keys");
    expect(await retireUnusedKeys()).toMatchObject([{ id: "test", seals: 3 }]);
    const { verifyAuditChain: verify } = await import("./verify-audit-chain");
    expect(await verify()).toMatchObject({ whole: true, sealed: 5n });
    vi.resetModules();
    vi.stubEnv("SECRETS", newer);
    const lacking = await import("./verify-audit-chain");
    expect(await lacking.verifyAuditChain()).toEqual({
      whole: false,
      found: { reason: "unknown-key", position: 1n, keyId: "test" },
    });
    vi.unstubAllEnvs();
  });
});

describe("the sealer", () => {
  // The embedded database runs one transaction at a time.
  if (inject("template").engine === "postgres") {
    test("T17 no login waits for the chain, and a server that cannot seal leaves it to others", async () => {
      await transaction(async (tx) => {
        await tx.$executeRaw`SELECT pg_advisory_xact_lock(7273540)`;
        await tx.$executeRaw`LOCK TABLE "AuditSeal" IN ACCESS EXCLUSIVE MODE`;
        await record(3); // in transactions of their own, beside this one
        expect(await sealAuditEvents()).toBe(0);
      });
      expect(await sealAuditEvents()).toBe(3);
    });
  }

  test("T17 many at once make one chain", async () => {
    const recording = record(400);
    const counts = await Promise.all(
      Array.from({ length: 5 }, async () => {
        let sealed = 0;
        for (let round = 0; round < 30; round++) {
          const count = await sealAuditEvents();
          sealed += count;
        }
        return sealed;
      }),
    );
    await recording;
    const rest = [await sealAuditEvents(), await sealAuditEvents()];
    expect([...counts, ...rest].reduce((sum, count) => sum + count)).toBe(400);
    expect(await verifyAuditChain()).toMatchObject({ whole: true, sealed: 400n, pending: 0 });
  });

  test("T17 a server that ends between two batches loses nothing", async () => {
    await record(5);
    await expect(
      transaction(async (tx) => {
        await tx.auditPending.deleteMany();
        throw new Error("The power went out.");
      }),
    ).rejects.toThrow("power");
    expect(await sealAuditEvents()).toBe(5);
    expect(await verifyAuditChain()).toMatchObject({ whole: true, sealed: 5n, pending: 0 });
  });

  test("T17 logs the end of the chain, and nothing of an event", async () => {
    const info = vi.spyOn(lastingLog, "info");
    const head = await sealed(2);
    const lines = info.mock.calls.filter(([line]) => Object(line).event === "audit_sealed");
    expect(lines).toEqual([
      [{ event: "audit_sealed", position: 2, hash: head.hash }, "Audit events sealed"],
    ]);
    info.mockRestore();
  });

  test.each(["warn", "fatal", "silent"])(
    "T17 the end of the chain is told where LOG_LEVEL is %s",
    async (level) => {
      vi.stubEnv("LOG_LEVEL", level);
      vi.resetModules();
      const logs = await import("../log");
      expect(logs.log.isLevelEnabled("info")).toBe(false);
      expect(logs.lastingLog.isLevelEnabled("info")).toBe(true);
      vi.unstubAllEnvs();
    },
  );
});

/** Another value for every column. */
const CHANGES = {
  at: `"at" - interval '1 day'`,
  type: "'logout'",
  userId: "NULL",
  sessionId: "gen_random_uuid()",
  address: "'192.0.2.2'",
  userAgent: "''",
  setLetter: "'C'",
  codeNumber: "4",
  codesLeft: "9",
  method: "NULL",
  methodName: "'Red key'",
  addressId: "NULL",
  actorId: "NULL",
  reason: "NULL",
  details: `'{"hours":24,"uses":5}'`,
};

const broken = (reason: string, position: bigint) => ({
  whole: false,
  found: { reason, position },
});

/** The event at a position of the chain. */
const at = (position: bigint | number) =>
  `"id" = (SELECT "eventId" FROM "AuditSeal" WHERE "position" = ${position})`;

/** Records events that hold something in every column, one after the other. */
async function record(count: number): Promise<void> {
  const { userId } = await createPerson();
  for (let number = 0; number < count; number++) {
    await transaction((tx) =>
      recordAuditEvent(tx, {
        type: "login",
        userId,
        sessionId: userId,
        method: "otp",
        methodName: "Blue key",
        setLetter: "B",
        codeNumber: 3,
        codesLeft: 7,
        addressId: userId,
        actorId: userId,
        reason: `Reason ${number}`,
        from: FROM,
      }),
    );
  }
}

/** Records and seals events; the end of the chain as the log tells it. */
async function sealed(count: number): Promise<LoggedHead> {
  await record(count);
  await sealAuditEvents();
  const prisma = await db();
  const head = await prisma.auditSeal.findFirstOrThrow({ orderBy: { position: "desc" } });
  return { position: head.position, hash: Buffer.from(head.hash).toString("hex") };
}

import "server-only";
import { db } from "../db/client";
import type { AuditSeal } from "../db/generated/client";
import { knownKeyIds } from "../keys";
import { hashAuditEvent } from "./audit-chain";

const BATCH = 1_000;

/** An end of the chain as the log of a server told it. */
export type LoggedHead = { position: bigint /** 64 hexadecimal digits. */; hash: string };

/** What is wrong, and where: at a position of the chain, or with an event by its id. */
export type Break =
  | {
      reason: "missing-position" | "removed" | "changed" | "cut" | "other-head";
      position: bigint;
    }
  | { reason: "unknown-key"; position: bigint; keyId: string }
  | { reason: "never-queued" | "removed-waiting"; eventId: string };

export type ChainReport =
  | { whole: true; sealed: bigint; pending: number; heads: number }
  | { whole: false; found: Break };

/**
 * Computes the whole chain again, in batches, and compares it with what the database holds and with the
 * `heads` that were logged. Finds the first place where an event was changed, removed or moved, where a
 * seal is missing, where the end was cut off, and events that were kept away from the chain. Servers may
 * go on meanwhile. What it cannot see is an event that is gone from the table and from the queue before
 * it was sealed.
 */
export async function verifyAuditChain(
  heads: AsyncIterable<LoggedHead> | Iterable<LoggedHead> = [],
): Promise<ChainReport> {
  const chain = await walkChain();
  if ("reason" in chain) return { whole: false, found: chain };
  const compared = await compareHeads(heads);
  if (typeof compared !== "number") return { whole: false, found: compared };
  const queue = await judgeQueue();
  if (typeof queue !== "number") return { whole: false, found: queue };
  return { whole: true, sealed: chain.position, pending: queue, heads: compared };
}

type End = { position: bigint; hash: Uint8Array | undefined };

async function walkChain(): Promise<End | Break> {
  const prisma = await db();
  let end: End = { position: 0n, hash: undefined };
  for (;;) {
    const seals = await prisma.auditSeal.findMany({
      where: { position: { gt: end.position } },
      orderBy: { position: "asc" },
      take: BATCH,
    });
    const checked = await checkSeals(seals, end);
    if ("reason" in checked || seals.length < BATCH) return checked;
    end = checked;
  }
}

/** Follows the chain from `end` through these seals: the new end, or the first place that is wrong. */
async function checkSeals(seals: AuditSeal[], end: End): Promise<End | Break> {
  const prisma = await db();
  const rows = await prisma.auditEvent.findMany({
    where: { id: { in: seals.map(({ eventId }) => eventId) } },
  });
  const events = new Map(rows.map((row) => [row.id, row]));
  const keys = knownKeyIds();
  let { position, hash } = end;
  for (const seal of seals) {
    position += 1n;
    const { keyId } = seal;
    const event = events.get(seal.eventId);
    if (seal.position !== position) return { reason: "missing-position", position };
    if (!event) return { reason: "removed", position };
    if (!keys.includes(keyId)) return { reason: "unknown-key", position, keyId };
    const expected = hashAuditEvent({ previous: hash, position, event, keyId });
    if (!expected.equals(seal.hash)) return { reason: "changed", position };
    hash = seal.hash;
  }
  return { position, hash };
}

/**
 * Every logged end has to be in the chain as it was logged, not the newest alone: after a cut the chain
 * grows again, past the place where it was cut.
 */
async function compareHeads(
  heads: AsyncIterable<LoggedHead> | Iterable<LoggedHead>,
): Promise<number | Break> {
  let compared = 0;
  let batch: LoggedHead[] = [];
  for await (const head of heads) {
    batch.push(head);
    compared += 1;
    if (batch.length < BATCH) continue;
    const wrong = await findWrongHead(batch);
    if (wrong) return wrong;
    batch = [];
  }
  return (await findWrongHead(batch)) ?? compared;
}

async function findWrongHead(heads: LoggedHead[]): Promise<Break | undefined> {
  const prisma = await db();
  const seals = await prisma.auditSeal.findMany({
    where: { position: { in: heads.map(({ position }) => position) } },
  });
  const hashes = new Map(
    seals.map(({ position, hash }) => [position, Buffer.from(hash).toString("hex")]),
  );
  for (const { position, hash } of heads) {
    const found = hashes.get(position);
    if (!found) return { reason: "cut", position };
    if (found !== hash) return { reason: "other-head", position };
  }
  return undefined;
}

/** How many events wait; or one that neither waits nor has a place, or that waits and is gone. */
async function judgeQueue(): Promise<number | Break> {
  const prisma = await db();
  // One statement, one moment: events move from the queue into the chain all the time.
  const [row] = await prisma.$queryRaw<
    { stray: string | null; gone: string | null; pending: number }[]
  >`
    SELECT (SELECT count(*)::int FROM "AuditPending") AS "pending",
      (SELECT e."id" FROM "AuditEvent" e
        WHERE NOT EXISTS (SELECT 1 FROM "AuditSeal" s WHERE s."eventId" = e."id")
          AND NOT EXISTS (SELECT 1 FROM "AuditPending" p WHERE p."eventId" = e."id")
        LIMIT 1) AS "stray",
      (SELECT p."eventId" FROM "AuditPending" p
        WHERE NOT EXISTS (SELECT 1 FROM "AuditEvent" e WHERE e."id" = p."eventId")
        LIMIT 1) AS "gone"`;
  if (row?.stray) return { reason: "never-queued", eventId: row.stray };
  if (row?.gone) return { reason: "removed-waiting", eventId: row.gone };
  return row?.pending ?? 0;
}

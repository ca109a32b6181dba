import "server-only";
import { setTimeout as sleep } from "node:timers/promises";
import { afterCommit, db, type Tx, transaction } from "../db/client";
import type { AuditEvent } from "../db/generated/client";
import { currentKeyId } from "../keys";
import { lastingLog, log } from "../log";
import { hashAuditEvent } from "./audit-chain";

const BATCH = 200;
const ROUND_MS = 2_000; // how long an event stands alone, where nothing would show that it was changed
const END_MS = 5_000;
const CHAIN_LOCK = 7_273_540; // any number, the same on every server
/** How the log calls the line that tells the end of the chain. */
export const HEAD_LOGGED_AS = "audit_sealed";

/**
 * Gives events their places in the chain until it is ended: every two seconds all that wait. Returns what
 * ends it.
 */
export function startAuditSealer(): () => Promise<void> {
  const ending = new AbortController();
  const ended = keepSealing(ending.signal);
  return async () => {
    ending.abort();
    await Promise.race([ended, sleep(END_MS, undefined, { ref: false })]);
  };
}

async function keepSealing(ending: AbortSignal): Promise<void> {
  while (!ending.aborted) {
    const sealed = await sealOrLog();
    if (sealed === BATCH) continue;
    await sleep(ROUND_MS, undefined, { ref: false, signal: ending }).catch(() => undefined);
  }
}

async function sealOrLog(): Promise<number> {
  try {
    return await sealAuditEvents();
  } catch (error) {
    const name = error instanceof Error ? error.name : typeof error;
    log.error({ event: "audit_sealing_failed", error: name }, "Audit events could not be sealed");
    return 0;
  }
}

/**
 * Adds up to 200 events that wait to the chain, and says how many. Any number of servers may try at
 * once: one does it, the others have nothing to do. The log gets the end of the chain, so that it can be
 * told from outside the database when the chain was cut or made anew.
 */
export async function sealAuditEvents(): Promise<number> {
  const prisma = await db();
  // Most rounds find nothing, and need no transaction.
  if (!(await prisma.auditPending.findFirst())) return 0;
  return transaction(async (tx) => ((await isOnlySealer(tx)) ? sealBatch(tx) : 0));
}

async function isOnlySealer(tx: Tx): Promise<boolean> {
  const [lock] = await tx.$queryRaw<{ held: boolean }[]>`
    SELECT pg_try_advisory_xact_lock(${CHAIN_LOCK}::bigint) AS "held"`;
  return lock?.held === true;
}

async function sealBatch(tx: Tx): Promise<number> {
  const events = await findWaitingEvents(tx);
  const head = await tx.auditSeal.findFirst({ orderBy: { position: "desc" } });
  const [keyId, sealedAt] = [currentKeyId(), new Date()];
  let [position, hash] = [head?.position ?? 0n, head?.hash];
  const seals = events.map((event) => {
    position += 1n;
    hash = new Uint8Array(hashAuditEvent({ previous: hash, position, event, keyId }));
    return { position, eventId: event.id, hash, keyId, sealedAt };
  });
  const last = seals.at(-1);
  if (!last) return 0;
  await tx.auditSeal.createMany({ data: seals });
  const { count } = await tx.auditPending.deleteMany({
    where: { eventId: { in: seals.map(({ eventId }) => eventId) } },
  });
  if (count !== seals.length) throw new Error("Events were sealed beside the chain's lock.");
  afterCommit(tx, () => logHead(last));
  return seals.length;
}

/** One that was removed before its turn goes on waiting, which bin/verify-audit tells. */
async function findWaitingEvents(tx: Tx): Promise<AuditEvent[]> {
  const ids = await tx.$queryRaw<{ id: string }[]>`
    SELECT e."id" FROM "AuditPending" p JOIN "AuditEvent" e ON e."id" = p."eventId"
    WHERE NOT EXISTS (SELECT 1 FROM "AuditSeal" s WHERE s."eventId" = p."eventId")
    ORDER BY p."eventId" LIMIT ${BATCH}::int`;
  return tx.auditEvent.findMany({
    where: { id: { in: ids.map(({ id }) => id) } },
    orderBy: { id: "asc" }, // made of the time
  });
}

function logHead({ position, hash }: { position: bigint; hash: Uint8Array }): void {
  const head = { position: Number(position), hash: Buffer.from(hash).toString("hex") };
  lastingLog.info({ event: HEAD_LOGGED_AS, ...head }, "Audit events sealed");
}

import "server-only";
import { createHmac } from "node:crypto";
import type { AuditEvent } from "../db/generated/client";
import { deriveKey } from "../keys";

/** What stands before the first event. */
const BEGINNING = Buffer.alloc(32);

/**
 * The hash of an event at its place in the chain: HMAC-SHA-256 over the hash before it, the position and
 * everything the event holds, with a key that is not in the database. Whoever changes, removes or moves
 * an event there cannot compute the hashes that would hide it. `keyId` names a key of `SECRETS`; throws
 * when it is not there.
 */
export function hashAuditEvent({
  previous = BEGINNING,
  position,
  event,
  keyId,
}: {
  /** The hash before it; none for the first. */
  previous: Uint8Array | undefined;
  position: bigint;
  event: AuditEvent;
  keyId: string;
}): Buffer {
  const place = Buffer.alloc(8);
  place.writeBigInt64BE(position);
  return createHmac("sha256", deriveKey("audit chain", keyId))
    .update(previous)
    .update(place)
    .update(encodeEvent(event))
    .digest();
}

/**
 * What an event holds, spelled in one way: columns by name, without the empty ones, so that a column which
 * a later version adds changes no older hash.
 */
function encodeEvent(event: AuditEvent): string {
  const held = Object.entries(event).filter(([, value]) => value !== null);
  return JSON.stringify(held.sort(([a], [b]) => (a < b ? -1 : 1)));
}

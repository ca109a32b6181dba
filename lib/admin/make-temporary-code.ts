import "server-only";
import { randomBytes, randomUUID } from "node:crypto";
import type { CurrentSession } from "../auth/current-session";
import { holdAdministrator } from "../auth/hold-administrator";
import { composeHalf, formatHalf, RANDOM_SYMBOLS_OF_HALF } from "../code-halves";
import { type Tx, transaction } from "../db/client";
import { lockPeople } from "../db/lock-people";
import { takeHashPlace } from "../hash-queue";
import { currentKeyId } from "../keys";
import { currentPolicy } from "../mfa/policy";
import type { StoredDigest } from "../mfa/sealed-digest";
import { joinHalves } from "../mfa/temporary-code";
import { digestTemporaryCode } from "../mfa/temporary-code-digest";
import { endTemporaryCodes, findNewestTemporaryCodeId } from "../mfa/temporary-codes";
import { clearFailures } from "../mfa/throttle";
import { recordAuditEvent } from "../notices/audit-event";
import { deriveMailedHalf } from "../notices/mailed-half";
import { queueMail, queueNotice } from "../notices/outbox";
import type { RequestSource } from "../request-source";
import { createRequest, type RequestRefusal, spendApproval } from "./administrative-requests";
import {
  findHelpable,
  type HelpRefusal,
  type LockedOutPerson,
  needsSecondAdministrator,
} from "./locked-out-person";

export const MAX_HOURS = 24;
const CODES_AN_HOUR = 6;
const HOUR_MS = 3_600_000;

export type TemporaryCodeMade =
  /** The half for the administrator, in groups of three: shown in this one answer and never again. */
  | { made: true; half: string; expiresAt: Date }
  /** It waits for a second administrator. */
  | { made: false; reason: "requested" }
  | { made: false; reason: "busy" }
  /** `changed`: another code was made, or the rules changed, since the page was opened. */
  | { made: false; reason: "changed" | "too-many" | HelpRefusal }
  | ({ made: false } & RequestRefusal);

/** Whose code, and who makes it. `knownCodeId` is the newest code that the page knew, so that a reload makes none. */
type Order = {
  session: CurrentSession;
  userId: string;
  knownCodeId: string | undefined;
  from: RequestSource;
};

/**
 * Makes a temporary code for another person, in the fresh session of an administrator: half is returned, half
 * is mailed to the person, and neither half logs in (LC-07). A new code ends the one before. Six an hour, for
 * an administrator and for a person. Where a second administrator is needed, it only asks for one. `hours` is
 * 1 to 24.
 */
export async function makeTemporaryCode({
  hours,
  reason,
  ...order
}: Order & { hours: number; reason: string }): Promise<TemporaryCodeMade> {
  const { session, userId, from } = order;
  const actorId = session.userId;
  const first = await transaction(async (tx): Promise<TemporaryCodeMade | { uses: number }> => {
    await lockPeople(tx, [actorId, userId]);
    await holdAdministrator(tx, session, "unrestricted");
    const { person, refusal } = await findHelpable(tx, { userId, actorId, act: "temporary-code" });
    if (refusal) return { made: false, reason: refusal };
    const uses = (await currentPolicy(tx)).temporaryCodeUses;
    if (!(await needsSecondAdministrator(person, tx))) return { uses };
    const event = { userId, actorId, reason, from };
    const terms = { hours, uses };
    const asked = await createRequest(tx, { kind: "temporary-code", ...event, terms });
    if (!asked.requested) return { made: false, ...asked.refusal };
    return { made: false, reason: "requested" };
  });
  if ("made" in first) return first;
  const { uses } = first;
  return make(order, async (tx, person) =>
    (await needsSecondAdministrator(person, tx)) ? undefined : { hours, uses, reason },
  );
}

/** Makes the code that this administrator asked for and a second one approved: once. */
export async function makeApprovedTemporaryCode(order: Order): Promise<TemporaryCodeMade> {
  const { session, userId } = order;
  return make(order, (tx) => spendApproval(tx, { userId, actorId: session.userId }));
}

type Terms = { hours: number; uses: number; reason: string };

/** `allow` is asked in the transaction that stores the code; without an answer nothing is made. */
async function make(
  { session, userId, knownCodeId, from }: Order,
  allow: (tx: Tx, person: LockedOutPerson) => Promise<Terms | undefined>,
): Promise<TemporaryCodeMade> {
  const place = takeHashPlace("codes");
  if (!place) return { made: false, reason: "busy" };
  try {
    const row = { id: randomUUID(), userId, mailedKeyId: currentKeyId() };
    const shown = composeHalf("shown", randomBytes(RANDOM_SYMBOLS_OF_HALF));
    const code = joinHalves({ shown, mailed: deriveMailedHalf(row) });
    const digest = await digestTemporaryCode(place, code, row);
    const actorId = session.userId;
    return await transaction(async (tx) => {
      await lockPeople(tx, [actorId, userId]);
      await holdAdministrator(tx, session, "unrestricted");
      const act = "temporary-code";
      const { person, refusal } = await findHelpable(tx, { userId, actorId, act });
      if (refusal) return { made: false, reason: refusal };
      if (await isTooMany(tx, { userId, actorId })) return { made: false, reason: "too-many" };
      const newestId = await findNewestTemporaryCodeId(userId, tx);
      const terms = newestId === knownCodeId ? await allow(tx, person) : undefined;
      if (!terms) return { made: false, reason: "changed" };
      const { addressId } = person;
      const expiresAt = await store(tx, { row, digest, terms, actorId, addressId, from });
      return { made: true, half: formatHalf(shown), expiresAt };
    });
  } finally {
    place.release();
  }
}

async function isTooMany(
  tx: Tx,
  { userId, actorId }: { userId: string; actorId: string },
): Promise<boolean> {
  const createdAt = { gt: new Date(Date.now() - HOUR_MS) };
  const ofActor = await tx.temporaryCode.count({ where: { createdById: actorId, createdAt } });
  const ofPerson = await tx.temporaryCode.count({ where: { userId, createdAt } });
  return Math.max(ofActor, ofPerson) >= CODES_AN_HOUR;
}

/** Replaces the code before, and mails the half. Says when the new one ends. */
async function store(
  tx: Tx,
  {
    row,
    digest,
    terms: { hours, uses, reason },
    actorId,
    addressId,
    from,
  }: {
    row: { id: string; userId: string; mailedKeyId: string };
    digest: StoredDigest;
    terms: Terms;
    actorId: string;
    addressId: string;
    from: RequestSource;
  },
): Promise<Date> {
  const { id, userId } = row;
  await endTemporaryCodes(tx, { userId, endedBy: "replaced" });
  const createdAt = new Date();
  const expiresAt = new Date(createdAt.getTime() + hours * HOUR_MS);
  await tx.temporaryCode.create({
    data: { ...row, ...digest, createdById: actorId, createdAt, expiresAt, usesLeft: uses },
  });
  // Failures count against the code that was tried.
  await clearFailures(tx, { subject: userId, method: "temporary-code" });
  const type = "temporary_code_made";
  const event = { userId, actorId, reason, details: { hours, uses }, from };
  const eventId = await recordAuditEvent(tx, { type, ...event });
  await queueMail(tx, { addressId, template: "temporary_code_half", eventId, linkId: id });
  await queueNotice(tx, { userId, eventId, template: type, exceptId: addressId });
  return expiresAt;
}

/** Ends a person's code before its time, for an administrator. Says whether there was one that worked. */
export async function endTemporaryCode({
  session,
  userId,
  from,
}: {
  session: CurrentSession;
  userId: string;
  from: RequestSource;
}): Promise<boolean> {
  const actorId = session.userId;
  return transaction(async (tx) => {
    await lockPeople(tx, [actorId, userId]);
    await holdAdministrator(tx, session, "live");
    const ended = await endTemporaryCodes(tx, { userId, endedBy: "ended" });
    if (ended === 0) return false;
    await recordAuditEvent(tx, { type: "temporary_code_ended", userId, actorId, from });
    return true;
  });
}

import "server-only";
import type { CurrentSession } from "../auth/current-session";
import { type AdministratorProof, holdAdministrator } from "../auth/hold-administrator";
import { resetMethods } from "../auth/reset-methods";
import { db, type Tx, transaction } from "../db/client";
import { lockPeople } from "../db/lock-people";
import { recordAuditEvent } from "../notices/audit-event";
import { PORTAL_ITSELF, type RequestSource } from "../request-source";
import { findHelpable, type HelpRefusal, type RequestKind } from "./locked-out-person";
import { findSettlingOfRoles } from "./settled-roles";

const REQUEST_HOURS = 24; // nobody approves tomorrow what was said today
const REQUESTS_AN_HOUR = 6; // each one is mailed to somebody
const HOUR_MS = 3_600_000;

/** Why nothing was asked for. */
export type RequestRefusal =
  | { reason: "already-requested" | "too-many" }
  /** Nobody could approve it before it ends, since the role of who asks is too young; `from` says when to ask. */
  | { reason: "new-role"; from: Date };

/**
 * Asks for a second administrator, in a transaction that holds the person and the administrator who asks, and
 * tells the person. Refuses while another one waits, after six within an hour, and what nobody could approve in time,
 * which would only keep others from asking.
 */
export async function createRequest(
  tx: Tx,
  {
    kind,
    userId,
    actorId,
    reason,
    terms,
    from,
  }: {
    kind: RequestKind;
    userId: string;
    actorId: string;
    reason: string;
    /** Of a temporary code. */
    terms?: { hours: number; uses: number };
    from: RequestSource;
  },
): Promise<{ requested: true } | { requested: false; refusal: RequestRefusal }> {
  const refused = (refusal: RequestRefusal) => ({ requested: false, refusal }) as const;
  const now = new Date();
  const expiresAt = new Date(now.getTime() + REQUEST_HOURS * HOUR_MS);
  const waiting = await tx.administrativeRequest.count({ where: { kind, userId, ...isOpen() } });
  if (waiting > 0) return refused({ reason: "already-requested" });
  const settled = await findSettlingOfRoles({ deciders: [actorId], userId }, tx);
  if (settled && settled > expiresAt) {
    const from = new Date(settled.getTime() - REQUEST_HOURS * HOUR_MS);
    return refused({ reason: "new-role", from });
  }
  const recent = await tx.administrativeRequest.count({
    where: { requestedById: actorId, requestedAt: { gt: new Date(now.getTime() - HOUR_MS) } },
  });
  if (recent >= REQUESTS_AN_HOUR) return refused({ reason: "too-many" });
  await tx.administrativeRequest.create({
    data: { kind, userId, requestedById: actorId, reason, ...terms, requestedAt: now, expiresAt },
  });
  const type = kind === "reset-mfa" ? "mfa_reset_requested" : "temporary_code_requested";
  const event = { userId, actorId, reason, ...(terms && { details: terms }), from };
  await recordAuditEvent(tx, { type, ...event });
  return { requested: true };
}

/** A request as administrators see it. */
export type ListedRequest = {
  id: string;
  kind: RequestKind;
  person: { id: string; name: string; email: string };
  requestedById: string;
  requestedBy: string;
  reason: string;
  hours: number | null;
  requestedAt: Date;
  expiresAt: Date;
  /** Approved, and not done yet: a temporary code that its requester is to make. */
  isApproved: boolean;
};

/** The requests that wait for a second administrator or, approved, for their own; the oldest first. */
export async function listOpenRequests(_by: AdministratorProof): Promise<ListedRequest[]> {
  const prisma = await db();
  const rows = await prisma.administrativeRequest.findMany({
    where: isOpen(),
    orderBy: [{ requestedAt: "asc" }, { id: "asc" }],
    include: { user: { select: { id: true, name: true, email: true } } },
  });
  const requesters = await prisma.user.findMany({
    where: { id: { in: rows.map(({ requestedById }) => requestedById) } },
    select: { id: true, name: true },
  });
  const nameOf = (id: string) => requesters.find((requester) => requester.id === id)?.name ?? "";
  return rows.map(({ id, user, reason, hours, requestedById, requestedAt, ...row }) => ({
    id,
    kind: parseKind(row.kind),
    person: user,
    requestedById,
    requestedBy: nameOf(requestedById),
    reason,
    hours,
    requestedAt,
    expiresAt: row.expiresAt,
    isApproved: row.approvedAt !== null,
  }));
}

/** The open request of a kind for a person, if there is one. */
export async function findOpenRequest(
  by: AdministratorProof,
  kind: RequestKind,
  userId: string,
): Promise<ListedRequest | undefined> {
  const open = await listOpenRequests(by);
  return open.find((request) => request.kind === kind && request.person.id === userId);
}

type Decision = { session: CurrentSession; id: string; from: RequestSource };

export type ApprovalResult =
  | { approved: true; kind: RequestKind }
  /** Decided meanwhile, expired, or its requester is no administrator any more. */
  | { approved: false; reason: "gone" }
  /** It takes somebody else than who asked, and than whom it is about. */
  | { approved: false; reason: "own" | HelpRefusal }
  /** Who asked or who approves got the role less than 72 hours before `from`, and others could decide. */
  | { approved: false; reason: "new-role"; from: Date };

/**
 * Approves a request, in a fresh session of an administrator who neither asked for it nor is its person
 * (LC-06), once both who asked and who approves have had the role for 72 hours (`findSettlingOfRoles`). A reset is
 * done in the same transaction, once; a temporary code is made by its requester afterwards. Of several who
 * decide at once, one does.
 */
export async function approveRequest({ session, id, from }: Decision): Promise<ApprovalResult> {
  const actorId = session.userId;
  const request = await findRequest(id);
  if (!request) return { approved: false, reason: "gone" };
  const { userId, requestedById, reason } = request;
  const kind = parseKind(request.kind);
  return transaction(async (tx) => {
    await lockPeople(tx, [actorId, requestedById, userId]);
    await holdAdministrator(tx, session, "unrestricted");
    if (requestedById === actorId) return { approved: false, reason: "own" };
    const { refusal } = await findHelpable(tx, { userId, actorId, act: kind });
    if (refusal) return { approved: false, reason: refusal };
    const settled = await findSettlingOfRoles({ deciders: [actorId, requestedById], userId }, tx);
    if (settled) return { approved: false, reason: "new-role", from: settled };
    const isReset = kind === "reset-mfa";
    const now = new Date();
    const decided = { approvedById: actorId, approvedAt: now, ...(isReset && { doneAt: now }) };
    if (!(await isAdministrator(tx, requestedById))) return { approved: false, reason: "gone" };
    if (!(await decide(tx, { id, approvedAt: null }, decided))) {
      return { approved: false, reason: "gone" };
    }
    const type = "administrative_request_approved";
    await recordAuditEvent(tx, { type, userId, actorId, reason, from });
    if (isReset) {
      await resetMethods(tx, userId);
      // Where the approver was stands with the approval; where the requester is now, nobody knows.
      const event = { userId, actorId: requestedById, reason, from: PORTAL_ITSELF };
      await recordAuditEvent(tx, { type: "mfa_reset", ...event });
    }
    return { approved: true, kind };
  });
}

/**
 * Declines a request, in a fresh session of an administrator; who asked for it takes it back so, whom it is about
 * keeps their methods, and an approval that nobody has used yet is worth nothing. Says whether it was still open.
 */
export async function declineRequest({ session, id, from }: Decision): Promise<boolean> {
  const actorId = session.userId;
  const request = await findRequest(id);
  if (!request) return false;
  const { userId, reason } = request;
  return transaction(async (tx) => {
    await lockPeople(tx, [actorId, userId]);
    await holdAdministrator(tx, session, "unrestricted");
    const decided = { declinedById: actorId, declinedAt: new Date() };
    if (!(await decide(tx, { id }, decided))) return false;
    const type = "administrative_request_declined";
    await recordAuditEvent(tx, { type, userId, actorId, reason, from });
    return true;
  });
}

/** What an approved request for a temporary code allows, once; `undefined` if it is not the actor's, or done. */
export async function spendApproval(
  tx: Tx,
  { userId, actorId }: { userId: string; actorId: string },
): Promise<{ hours: number; uses: number; reason: string } | undefined> {
  const [request] = await tx.administrativeRequest.updateManyAndReturn({
    where: {
      kind: "temporary-code",
      userId,
      requestedById: actorId,
      approvedAt: { not: null },
      ...isOpen(),
    },
    data: { doneAt: new Date() },
    select: { hours: true, uses: true, reason: true },
  });
  if (request?.hours == null || request.uses === null) return undefined;
  return { hours: request.hours, uses: request.uses, reason: request.reason };
}

async function findRequest(id: string) {
  const prisma = await db();
  return prisma.administrativeRequest.findUnique({
    where: { id },
    select: { kind: true, userId: true, requestedById: true, reason: true },
  });
}

/** One conditional statement: says whether the request was still open, and undecided where that is asked. */
async function decide(
  tx: Tx,
  request: { id: string; approvedAt?: null },
  data: { doneAt?: Date } & (
    | { approvedById: string; approvedAt: Date }
    | { declinedById: string; declinedAt: Date }
  ),
): Promise<boolean> {
  const { count } = await tx.administrativeRequest.updateMany({
    where: { ...request, ...isOpen() },
    data,
  });
  return count === 1;
}

async function isAdministrator(tx: Tx, id: string): Promise<boolean> {
  const count = await tx.user.count({
    where: { id, role: "ADMINISTRATOR", disabledAt: null, methodCount: { gt: 0 } },
  });
  return count === 1;
}

const isOpen = () => ({ declinedAt: null, doneAt: null, expiresAt: { gt: new Date() } });

const parseKind = (kind: string): RequestKind =>
  kind === "reset-mfa" ? "reset-mfa" : "temporary-code";

import "server-only";
import type { CurrentSession } from "../auth/current-session";
import { type AdministratorProof, holdAdministrator } from "../auth/hold-administrator";
import { db, type Tx, transaction } from "../db/client";
import { Prisma } from "../db/generated/client";
import { countingMethods } from "../mfa/enrollment-duty";
import { currentPolicy, type Policy, requiredSince } from "../mfa/policy";
import { recordAuditEvent } from "../notices/audit-event";
import { queueNotice } from "../notices/outbox";
import type { RequestSource } from "../request-source";
import { type EnrollmentView, whereInView } from "./enrollment-view";

/** Whom a nudge goes to: one person by their id (a UUID), or everybody of a view. */
export type Nudged = { personId: string } | { view: EnrollmentView };

const NUDGE_DAYS = 7; // more often is nagging, and teaches people to ignore such mail
const BATCH = 200;
/** The most people that one press of the button mails. */
export const NUDGES_AT_ONCE = 2_000;

/** Which mail says what to do. */
const TEMPLATES = {
  "no-mfa": "nudge_no_mfa",
  "locked-out": "nudge_locked_out",
  thin: "nudge_thin",
} as const;

/** What there can be two of, or is not on the phone. */
const SPARES = ["security-key", "notification"] as const;

/** How many people a nudge would reach now, counted no further than one press mails and one. */
export async function countNudgeable(_by: AdministratorProof, whom: Nudged): Promise<number> {
  const prisma = await db();
  const [row] = await prisma.$queryRaw<{ people: number }[]>`
    SELECT count(*)::integer AS "people" FROM (
      SELECT 1 FROM "User" u WHERE ${whereNudgeable(whom)} LIMIT ${NUDGES_AT_ONCE + 1}) reached`;
  return row?.people ?? 0;
}

/**
 * Mails each of them what to do to be safe, as far as it counts under the policy: nobody who is safe or disabled,
 * nobody without a verified address, and nobody twice in seven days, whoever asks at the same time. Batches commit
 * for themselves, so what was mailed stays so when it is cut short. Returns how many were mailed. Throws as
 * `holdAdministrator` does.
 */
export async function nudge({
  session,
  whom,
  from,
}: {
  session: CurrentSession;
  whom: Nudged;
  from: RequestSource;
}): Promise<number> {
  let nudged = 0;
  while (nudged < NUDGES_AT_ONCE) {
    const batch = await transaction(async (tx) => {
      await holdAdministrator(tx, session, "live");
      return nudgeBatch(tx, { whom, actorId: session.userId, from });
    });
    nudged += batch;
    if (batch < BATCH) break;
  }
  return nudged;
}

async function nudgeBatch(
  tx: Tx,
  { whom, actorId, from }: { whom: Nudged; actorId: string; from: RequestSource },
): Promise<number> {
  const policy = await currentPolicy(tx);
  const details = { methods: countingMethods(policy) };
  const people = await tx.$queryRaw<Reminded[]>`
    UPDATE "User" SET "nudgedAt" = ${new Date()}::timestamptz WHERE "id" IN (
      SELECT u."id" FROM "User" u WHERE ${whereNudgeable(whom)}
      LIMIT ${BATCH} FOR NO KEY UPDATE SKIP LOCKED)
    RETURNING "id"::text AS "id", "recoverability", "role"::text AS "role", "createdAt"`;
  for (const person of people) {
    const { id: userId } = person;
    const eventId = await recordAuditEvent(tx, { type: "nudged", userId, actorId, details, from });
    await queueNotice(tx, { userId, eventId, template: chooseTemplate(policy, person) });
  }
  return people.length;
}

type Reminded = {
  id: string;
  recoverability: keyof typeof TEMPLATES;
  role: "USER" | "ADMINISTRATOR";
  createdAt: Date;
};

/** Where codes do not count for the person, or will not after the grace, only another method makes them safe. */
function chooseTemplate(policy: Policy, person: Reminded) {
  const { recoverability } = person;
  const codesCount =
    policy.methods.includes("recovery-codes") || requiredSince(policy, person) === undefined;
  const hasSpare = SPARES.some((method) => policy.methods.includes(method));
  if (recoverability === "no-mfa" || codesCount || !hasSpare) return TEMPLATES[recoverability];
  return "nudge_spare";
}

function whereNudgeable(whom: Nudged): Prisma.Sql {
  const since = new Date(Date.now() - NUDGE_DAYS * 86_400_000);
  return Prisma.sql`${"view" in whom ? whereInView(whom.view) : Prisma.sql`u."id" = ${whom.personId}::uuid`}
    AND u."recoverability" <> 'safe' AND u."disabledAt" IS NULL AND u."verifiedEmail" IS NOT NULL
    AND (u."nudgedAt" IS NULL OR u."nudgedAt" < ${since}::timestamptz)`;
}

import "server-only";
import type { AdministratorProof } from "../auth/hold-administrator";
import { db } from "../db/client";
import { countingMethods, enrollmentDuty } from "../mfa/enrollment-duty";
import type { Policy } from "../mfa/policy";
import { requiredFromOf } from "./policy-change";
import type { PolicyChoice } from "./policy-choice";

/** How many people a choice would touch; disabled accounts are not counted. */
export type PolicyImpact = {
  /** Until when people who are there already may wait, where everyone needs MFA. */
  requiredFrom: Date;
  /** Who needs a method and has none that counts: who may still wait, whose time is over, and administrators. */
  waiting: number;
  overdue: number;
  administrators: number;
  /** Who has a method and no codes, where codes are part of enrolling: members, and administrators. */
  withoutCodes: number;
  administratorsWithoutCodes: number;
  /** Who needs a method and has one, and no way in without it but recovery codes, which would not count. A key or phone is one if it counts. */
  losingCodes: number;
  /** Who would be warned that few codes are left. */
  lowOnCodes: number;
  /** What the administrator who chooses has to do themselves before they can go on. */
  own: ("method" | "codes")[];
};

/** Counts whom a choice would touch if it came into force now. */
export async function measurePolicyImpact({
  current,
  choice,
  by: { userId },
}: {
  current: Policy;
  choice: PolicyChoice;
  /** The administrator who chooses. */
  by: AdministratorProof;
}): Promise<PolicyImpact> {
  const now = new Date();
  const requiredFrom = requiredFromOf(current, choice, now);
  const counting = countingMethods(choice);
  const { graceDays, codesRequired, lowCodes } = choice;
  const isForEveryone = choice.requirement === "everyone";
  const codesCount = choice.methods.includes("recovery-codes");
  const prisma = await db();
  const [counts] = await prisma.$queryRaw<Omit<PolicyImpact, "requiredFrom" | "own">[]>`
    SELECT
      count(*) FILTER (WHERE lacks AND admin)::int AS "administrators",
      count(*) FILTER (WHERE lacks AND NOT admin AND due > ${now}::timestamptz)::int AS "waiting",
      count(*) FILTER (WHERE lacks AND NOT admin AND due <= ${now}::timestamptz)::int AS "overdue",
      count(*) FILTER (WHERE needs_codes AND NOT lacks AND NOT admin)::int AS "withoutCodes",
      count(*) FILTER (WHERE needs_codes AND NOT lacks AND admin)::int AS "administratorsWithoutCodes",
      count(*) FILTER (WHERE required AND NOT lacks AND NOT has_spare AND "codesLeft" > 0
        AND NOT ${codesCount}::boolean)::int AS "losingCodes",
      count(*) FILTER (WHERE "codesLeft" BETWEEN 1 AND ${lowCodes}::int)::int AS "lowOnCodes"
    FROM (
      SELECT
        "codesLeft",
        "methodCount" > 1 AND ('security-key' = ANY(${counting}::text[]) AND 'security-key' = ANY("methods")
          OR 'notification' = ANY(${counting}::text[]) AND 'notification' = ANY("methods") AND (
            SELECT count(*) FROM "SparekeyAuthenticator" p
            WHERE p."userId" = u."id" AND p."removedAt" IS NULL AND p."suspendedAt" IS NULL) > 1) AS has_spare,
        "methodCount" > 0 AND "codesLeft" = 0 AND ${codesRequired}::boolean AS needs_codes,
        "role" = 'ADMINISTRATOR' AS admin,
        required,
        required AND NOT "methods" && ${counting}::text[] AS lacks,
        greatest(${requiredFrom}::timestamptz, "createdAt" + make_interval(hours => 24 * ${graceDays}::int)) AS due
      FROM "User" u, LATERAL (SELECT "role" = 'ADMINISTRATOR' OR ${isForEveryone}::boolean AS required) AS demand
      WHERE "disabledAt" IS NULL
    ) AS person`;
  const chooser = await prisma.user.findUniqueOrThrow({ where: { id: userId } });
  const own = enrollmentDuty({ ...choice, id: undefined, requiredFrom }, chooser);
  if (!counts) throw new Error("Nothing was counted.");
  return { ...counts, requiredFrom, own: own?.missing ?? [] };
}

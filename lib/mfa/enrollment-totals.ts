import "server-only";
import { db } from "../db/client";
import { RECOVERABILITIES, type Recoverability } from "./recoverability";

/** How many people there are, now. */
export type EnrollmentTotals = EnrollmentCounts & {
  people: number;
  byRecoverability: Record<Recoverability, number>;
};

/** How many people have no method, one, two or more, and how many have unused codes. */
export type EnrollmentCounts = {
  noMethod: number;
  oneMethod: number;
  several: number;
  withCodes: number;
};

/** The totals of a day of the chart, a date in UTC. */
export type EnrollmentDay = EnrollmentCounts & { day: Date };

/**
 * The totals as they are now, without a look at a single person: the database keeps every change of them
 * (`tally_enrollment`), and this adds up what housekeeping has not.
 */
export async function countEnrollment(): Promise<EnrollmentTotals> {
  const prisma = await db();
  const changes = await prisma.enrollmentTally.groupBy({
    by: ["recoverability", "methodCount", "hasCodes"],
    _sum: { change: true },
  });
  const groups = changes.map(({ _sum, ...group }) => ({ ...group, people: _sum.change ?? 0 }));
  const count = (isCounted: (group: (typeof groups)[number]) => boolean) =>
    groups.filter(isCounted).reduce((sum, { people }) => sum + people, 0);
  const countState = (state: Recoverability) =>
    count(({ recoverability }) => recoverability === state);
  const [noMfa, lockedOut, thin, safe] = RECOVERABILITIES;
  return {
    people: count(() => true),
    noMethod: count(({ methodCount }) => methodCount === 0),
    oneMethod: count(({ methodCount }) => methodCount === 1),
    several: count(({ methodCount }) => methodCount === 2),
    withCodes: count(({ hasCodes }) => hasCodes),
    byRecoverability: {
      [noMfa]: countState(noMfa),
      [lockedOut]: countState(lockedOut),
      [thin]: countState(thin),
      [safe]: countState(safe),
    },
  };
}

const DAYS = 90;

/** The totals at the end of each of the last ninety days that the portal was running, the oldest first. */
export async function listEnrollmentDays(): Promise<EnrollmentDay[]> {
  const prisma = await db();
  const days = await prisma.enrollmentDay.findMany({ orderBy: { day: "desc" }, take: DAYS });
  return days.reverse();
}

/** Writes down the totals of today, over those of an earlier look. Any server may do it, at any time. */
export async function noteEnrollmentDay(): Promise<void> {
  const { noMethod, oneMethod, several, withCodes } = await countEnrollment();
  const counts = { noMethod, oneMethod, several, withCodes };
  const prisma = await db();
  const day = new Date(new Date().toISOString().slice(0, 10));
  await prisma.enrollmentDay.upsert({ where: { day }, create: { day, ...counts }, update: counts });
}

/**
 * Adds the changes together, in one statement: who counts meanwhile sees either the changes or their sum. Two
 * servers at once leave each other's rows alone. Returns how many rows it saved.
 */
export async function compactEnrollmentTally(): Promise<number> {
  const prisma = await db();
  const [row] = await prisma.$queryRaw<{ saved: number }[]>`
    WITH taken AS (
      DELETE FROM "EnrollmentTally" WHERE "id" IN (
        SELECT "id" FROM "EnrollmentTally" FOR UPDATE SKIP LOCKED)
      RETURNING "recoverability", "methodCount", "hasCodes", "change"
    ), summed AS (
      INSERT INTO "EnrollmentTally" ("recoverability", "methodCount", "hasCodes", "change")
      SELECT "recoverability", "methodCount", "hasCodes", sum("change") FROM taken
      GROUP BY 1, 2, 3 HAVING sum("change") <> 0
      RETURNING 1
    )
    SELECT ((SELECT count(*) FROM taken) - (SELECT count(*) FROM summed))::integer AS "saved"`;
  return row?.saved ?? 0;
}

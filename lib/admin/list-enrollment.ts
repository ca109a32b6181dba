import "server-only";
import { db } from "../db/client";
import { Prisma } from "../db/generated/client";
import type { Recoverability } from "../mfa/recoverability";
import { type EnrollmentSort, type EnrollmentView, whereInView } from "./enrollment-view";

/** A person as administrators see them in the list; nothing in it is secret (LC-07). */
export type EnrolledPerson = {
  id: string;
  name: string;
  email: string;
  role: "USER" | "ADMINISTRATOR";
  /** Kinds of methods besides recovery codes, strongest first. */
  methods: string[];
  codesLeft: number;
  codesConfirmed: boolean;
  recoverability: Recoverability;
  lastLoginAt: Date;
  disabledAt: Date | null;
};

const PEOPLE_ON_A_PAGE = 50;
/** A search that finds more people than this has found nobody yet. */
export const MAX_FOUND = 1_000;

/** Some people of a view, and whom (a UUID) those who follow come after; none at its end. */
type People = { people: EnrolledPerson[]; next: string | undefined };

/**
 * A page of the people of a view. `after` is the id (a UUID) of the last person of the page before; without
 * one, or when that person is gone, it is the first page. A page costs the same wherever it is (keyset) and
 * however many people there are: a search looks at a thousand it finds, and says in `isCut` that there are more.
 */
export async function listEnrollment(
  view: EnrollmentView,
  after: string | undefined,
): Promise<People & { isCut: boolean }> {
  if (!view.search) return { ...(await readPeople(view, after, PEOPLE_ON_A_PAGE)), isCut: false };
  const prisma = await db();
  const start = await beginAfter(view.sort, after);
  // One word may begin in the names of all: without the limit, all of them would be sorted for a page.
  const rows = await prisma.$queryRaw<(EnrolledPerson & { found: number })[]>`
    WITH found AS MATERIALIZED (
      SELECT ${COLUMNS} FROM "User" u WHERE ${whereInView(view)} LIMIT ${MAX_FOUND + 1})
    SELECT u.*, (SELECT count(*)::integer FROM found) AS "found"
    FROM found u WHERE ${start} ${orderOf(view.sort)} LIMIT ${PEOPLE_ON_A_PAGE + 1}`;
  const people = rows.map(({ found: _, ...person }) => person);
  return { ...cutAt(people, PEOPLE_ON_A_PAGE), isCut: (rows[0]?.found ?? 0) > MAX_FOUND };
}

/** As many people of a view as are taken at once, all of them in turn: for a file. */
export async function readPeople(
  view: EnrollmentView,
  after: string | undefined,
  take: number,
): Promise<People> {
  const prisma = await db();
  const start = await beginAfter(view.sort, after);
  const people = await prisma.$queryRaw<EnrolledPerson[]>`
    SELECT ${COLUMNS} FROM "User" u WHERE ${whereInView(view)} AND ${start}
    ${orderOf(view.sort)} LIMIT ${take + 1}`;
  return cutAt(people, take);
}

/** One more was asked for, to know whether there are more. */
function cutAt(people: EnrolledPerson[], take: number): People {
  const shown = people.slice(0, take);
  return { people: shown, next: people.length > take ? shown.at(-1)?.id : undefined };
}

const COLUMNS = Prisma.sql`u."id", u."name", u."email", u."role"::text AS "role", u."methods",
  u."codesLeft", u."codesConfirmed", u."recoverability", u."lastLoginAt", u."disabledAt"`;

/** What a person is called, by their id (a UUID). */
export async function findPersonName(id: string): Promise<string | undefined> {
  const prisma = await db();
  const person = await prisma.user.findUnique({ where: { id }, select: { name: true } });
  return person?.name;
}

async function beginAfter(sort: EnrollmentSort, id: string | undefined): Promise<Prisma.Sql> {
  if (!id) return Prisma.sql`TRUE`;
  const prisma = await db();
  const last = await prisma.user.findUnique({
    where: { id },
    select: { name: true, lastLoginAt: true, codesLeft: true },
  });
  if (!last) return Prisma.sql`TRUE`;
  const { column, comparison, readFrom } = ORDERS[sort];
  return Prisma.sql`(u.${column}, u."id") ${comparison} (${readFrom(last)}, ${id}::uuid)`;
}

function orderOf(sort: EnrollmentSort): Prisma.Sql {
  const { column, direction } = ORDERS[sort];
  return Prisma.sql`ORDER BY u.${column} ${direction}, u."id" ${direction}`;
}

type Last = { name: string; lastLoginAt: Date; codesLeft: number };

const UP = { direction: Prisma.sql`ASC`, comparison: Prisma.sql`>` };
const DOWN = { direction: Prisma.sql`DESC`, comparison: Prisma.sql`<` };
const NAME = {
  column: Prisma.sql`"name"`,
  readFrom: ({ name }: Last) => Prisma.sql`${name}`,
};
const LAST_LOGIN = {
  column: Prisma.sql`"lastLoginAt"`,
  readFrom: ({ lastLoginAt }: Last) => Prisma.sql`${lastLoginAt}::timestamptz`,
};
const CODES = {
  column: Prisma.sql`"codesLeft"`,
  readFrom: ({ codesLeft }: Last) => Prisma.sql`${codesLeft}::integer`,
};

const ORDERS = {
  name: { ...NAME, ...UP },
  "-name": { ...NAME, ...DOWN },
  "last-login": { ...LAST_LOGIN, ...UP },
  "-last-login": { ...LAST_LOGIN, ...DOWN },
  codes: { ...CODES, ...UP },
  "-codes": { ...CODES, ...DOWN },
};

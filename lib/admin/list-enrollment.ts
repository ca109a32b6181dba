import "server-only";
import type { AdministratorProof } from "../auth/hold-administrator";
import { db } from "../db/client";
import { Prisma } from "../db/generated/client";
import type { Recoverability } from "../mfa/recoverability";
import {
  type EnrollmentSort,
  type EnrollmentView,
  whereFound,
  whereInState,
  whereInView,
} from "./enrollment-view";

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
/** The most people that the index of words is asked for. */
export const MAX_FOUND = 1_000;
/** How many people are looked at before a search asks the index. */
const LOOKED_AT = 500;

/** Where somebody stands in every order. */
type Place = Pick<EnrolledPerson, "id" | "name" | "lastLoginAt" | "codesLeft">;

/** Some people of a view, and the place, as it was read, that those who follow come after; none at its end. */
type People = { people: EnrolledPerson[]; next: Place | undefined };

/** A page of the list, and the id of the last person on it if others follow. */
type EnrollmentPage = {
  people: EnrolledPerson[];
  next: string | undefined;
  /** Whether it is where the view begins. */
  isFirst: boolean;
  isCut: boolean;
};

/**
 * A page of the people of a view. `after` is the id (a UUID) of the last person of the page before; without
 * one, or when that person is gone, it is the first page, and says so in `isFirst`. A page costs the same
 * wherever it is (keyset) and however many people there are: of a search that finds more than a thousand it may
 * know only a thousand, and says so in `isCut`.
 */
export async function listEnrollment(
  by: AdministratorProof,
  view: EnrollmentView,
  after: string | undefined,
): Promise<EnrollmentPage> {
  const place = after === undefined ? undefined : await findPlace(after);
  const { people, next, isCut } = await readPage(by, view, place);
  return { people, next: next?.id, isFirst: place === undefined, isCut };
}

async function readPage(
  by: AdministratorProof,
  view: EnrollmentView,
  after: Place | undefined,
): Promise<People & { isCut: boolean }> {
  if (!view.search)
    return { ...(await readPeople(by, view, after, PEOPLE_ON_A_PAGE)), isCut: false };
  const near = await lookAlong(view, after);
  return near.next ? { ...near, isCut: false } : searchIndex(view, after);
}

/** Where a person stands now; an address of a page can name them by their id alone. */
async function findPlace(id: string): Promise<Place | undefined> {
  const prisma = await db();
  const select = { id: true, name: true, lastLoginAt: true, codesLeft: true };
  return (await prisma.user.findUnique({ where: { id }, select })) ?? undefined;
}

/**
 * Looks for a page among the people who come next. What many have is found here at once, and an index of words
 * would first gather all who have it.
 */
async function lookAlong(view: EnrollmentView, after: Place | undefined): Promise<People> {
  const prisma = await db();
  const start = beginAfter(view.sort, after);
  const people = await prisma.$queryRaw<EnrolledPerson[]>`
    SELECT ${COLUMNS} FROM (
      SELECT * FROM "User" u WHERE ${whereInState(view)} AND ${start}
      ${orderOf(view.sort)} LIMIT ${LOOKED_AT}) u
    WHERE ${whereFound(view)} ${orderOf(view.sort)} LIMIT ${PEOPLE_ON_A_PAGE + 1}`;
  return cutAt(people, PEOPLE_ON_A_PAGE);
}

async function searchIndex(
  view: EnrollmentView,
  after: Place | undefined,
): Promise<People & { isCut: boolean }> {
  const prisma = await db();
  const start = beginAfter(view.sort, after);
  const rows = await prisma.$queryRaw<(EnrolledPerson & { found: number })[]>`
    WITH found AS MATERIALIZED (
      SELECT ${COLUMNS} FROM "User" u WHERE ${whereInView(view)} LIMIT ${MAX_FOUND + 1})
    SELECT u.*, (SELECT count(*)::integer FROM found) AS "found"
    FROM found u WHERE ${start} ${orderOf(view.sort)} LIMIT ${PEOPLE_ON_A_PAGE + 1}`;
  const people = rows.map(({ found: _, ...person }) => person);
  return { ...cutAt(people, PEOPLE_ON_A_PAGE), isCut: (rows[0]?.found ?? 0) > MAX_FOUND };
}

/**
 * As many people of a view as are taken at once, all of them in turn: for a file. `after` is what the call before
 * gave as `next`: whoever logs in or is deleted between two calls moves nobody else.
 */
export async function readPeople(
  _by: AdministratorProof,
  view: EnrollmentView,
  after: Place | undefined,
  take: number,
): Promise<People> {
  const prisma = await db();
  const start = beginAfter(view.sort, after);
  const people = await prisma.$queryRaw<EnrolledPerson[]>`
    SELECT ${COLUMNS} FROM "User" u WHERE ${whereInView(view)} AND ${start}
    ${orderOf(view.sort)} LIMIT ${take + 1}`;
  return cutAt(people, take);
}

/** One more was asked for, to know whether there are more. */
function cutAt(people: EnrolledPerson[], take: number): People {
  const shown = people.slice(0, take);
  return { people: shown, next: people.length > take ? shown.at(-1) : undefined };
}

const COLUMNS = Prisma.sql`u."id", u."name", u."email", u."role"::text AS "role", u."methods",
  u."codesLeft", u."codesConfirmed", u."recoverability", u."lastLoginAt", u."disabledAt"`;

/** What a person is called, by their id (a UUID). */
export async function findPersonName(
  _by: AdministratorProof,
  id: string,
): Promise<string | undefined> {
  const prisma = await db();
  const person = await prisma.user.findUnique({ where: { id }, select: { name: true } });
  return person?.name;
}

function beginAfter(sort: EnrollmentSort, last: Place | undefined): Prisma.Sql {
  if (!last) return Prisma.sql`TRUE`;
  const { column, comparison, readFrom } = ORDERS[sort];
  return Prisma.sql`(u.${column}, u."id") ${comparison} (${readFrom(last)}, ${last.id}::uuid)`;
}

function orderOf(sort: EnrollmentSort): Prisma.Sql {
  const { column, direction } = ORDERS[sort];
  return Prisma.sql`ORDER BY u.${column} ${direction}, u."id" ${direction}`;
}

const UP = { direction: Prisma.sql`ASC`, comparison: Prisma.sql`>` };
const DOWN = { direction: Prisma.sql`DESC`, comparison: Prisma.sql`<` };
const NAME = {
  column: Prisma.sql`"name"`,
  readFrom: ({ name }: Place) => Prisma.sql`${name}`,
};
const LAST_LOGIN = {
  column: Prisma.sql`"lastLoginAt"`,
  readFrom: ({ lastLoginAt }: Place) => Prisma.sql`${lastLoginAt}::timestamptz`,
};
const CODES = {
  column: Prisma.sql`"codesLeft"`,
  readFrom: ({ codesLeft }: Place) => Prisma.sql`${codesLeft}::integer`,
};

const ORDERS = {
  name: { ...NAME, ...UP },
  "-name": { ...NAME, ...DOWN },
  "last-login": { ...LAST_LOGIN, ...UP },
  "-last-login": { ...LAST_LOGIN, ...DOWN },
  codes: { ...CODES, ...UP },
  "-codes": { ...CODES, ...DOWN },
};

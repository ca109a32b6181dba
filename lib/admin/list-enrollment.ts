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

export const PEOPLE_ON_A_PAGE = 50;

/**
 * A page of the people of a view. `after` is the id (a UUID) of the last person of the page before; without
 * one, or when that person is gone, it is the first page. `next` is what the next page begins after; none
 * on the last. A page costs the same wherever it is (keyset).
 */
export async function listEnrollment(
  view: EnrollmentView,
  { after, take = PEOPLE_ON_A_PAGE }: { after: string | undefined; take?: number },
): Promise<{ people: EnrolledPerson[]; next: string | undefined }> {
  const prisma = await db();
  const { column, direction } = ORDERS[view.sort];
  const from = after ? await beginAfter(view.sort, after) : Prisma.empty;
  const rows = await prisma.$queryRaw<EnrolledPerson[]>`
    SELECT u."id", u."name", u."email", u."role"::text AS "role", u."methods", u."codesLeft",
      u."codesConfirmed", u."recoverability", u."lastLoginAt", u."disabledAt"
    FROM "User" u WHERE ${whereInView(view)} ${from}
    ORDER BY u.${column} ${direction}, u."id" ${direction} LIMIT ${take + 1}`;
  const people = rows.slice(0, take);
  return { people, next: rows.length > take ? people.at(-1)?.id : undefined };
}

/** What a person is called, by their id (a UUID). */
export async function findPersonName(id: string): Promise<string | undefined> {
  const prisma = await db();
  const person = await prisma.user.findUnique({ where: { id }, select: { name: true } });
  return person?.name;
}

async function beginAfter(sort: EnrollmentSort, id: string): Promise<Prisma.Sql> {
  const prisma = await db();
  const last = await prisma.user.findUnique({
    where: { id },
    select: { name: true, lastLoginAt: true, codesLeft: true },
  });
  if (!last) return Prisma.empty;
  const { column, comparison, readFrom } = ORDERS[sort];
  return Prisma.sql`AND (u.${column}, u."id") ${comparison} (${readFrom(last)}, ${id}::uuid)`;
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

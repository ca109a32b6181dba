import "server-only";
import { Prisma } from "../db/generated/client";
import { RECOVERABILITIES, type Recoverability } from "../mfa/recoverability";

/** What people are sorted by; a hyphen before it turns the order round. */
const SORTS = ["name", "-name", "last-login", "-last-login", "codes", "-codes"] as const;
export type EnrollmentSort = (typeof SORTS)[number];

/** Which people are listed, in which order: what the address of the page says. */
export type EnrollmentView = {
  recoverability: Recoverability | undefined;
  administratorsOnly: boolean;
  /** Beginnings of words of the name and of the address; empty for everybody. */
  search: string;
  sort: EnrollmentSort;
};

const MAX_SEARCH = 200;

/** Reads a view from what an address or a form holds; what is not known is as if it was not there. */
export function parseEnrollmentView(text: (name: string) => string | undefined): EnrollmentView {
  return {
    recoverability: RECOVERABILITIES.find((one) => one === text("state")),
    administratorsOnly: text("role") === "administrator",
    search: (text("search") ?? "").trim().slice(0, MAX_SEARCH),
    sort: SORTS.find((one) => one === text("sort")) ?? "name",
  };
}

/** The people of a view before its search, as a condition on "User" `u`. */
export function whereInState({
  recoverability,
  administratorsOnly,
}: Pick<EnrollmentView, "recoverability" | "administratorsOnly">): Prisma.Sql {
  const conditions = [Prisma.sql`TRUE`];
  if (recoverability) conditions.push(Prisma.sql`u."recoverability" = ${recoverability}`);
  if (administratorsOnly) conditions.push(Prisma.sql`u."role" = 'ADMINISTRATOR'`);
  return Prisma.join(conditions, " AND ");
}

/** Whom a search finds, as a condition on "User" `u`: an address by its beginning, all else by words. */
export function whereFound({ search }: Pick<EnrollmentView, "search">): Prisma.Sql {
  if (/^[^\s\0]+@[^\s\0]*$/u.test(search)) {
    const beginning = search.normalize("NFKC").toLowerCase();
    return Prisma.sql`(lower(u."email") ~>=~ ${beginning} AND lower(u."email") ~<~ ${`${beginning}\u{10FFFF}`})`;
  }
  const query = toSearchQuery(search);
  if (!query) return Prisma.sql`TRUE`;
  return Prisma.sql`to_tsvector('simple', translate(u."name" || ' ' || u."email", '@._+-/’‘', '        '))
    @@ to_tsquery('simple', ${query})`;
}

/** The people of a view, as a condition on "User" `u`. */
export function whereInView(view: EnrollmentView): Prisma.Sql {
  return Prisma.sql`${whereInState(view)} AND ${whereFound(view)}`;
}

/** Every word typed is the beginning of one; nothing else of what was typed reaches the query's language. */
function toSearchQuery(search: string): string {
  const words =
    search
      .normalize("NFKC")
      .toLowerCase()
      .match(/[\p{L}\p{N}\p{M}]+/gu) ?? [];
  return words.map(matchWord).join(" & ");
}

/** A database with the locale "C" folds no letters but a to z: a name's capital is asked for as well. */
function matchWord(word: string): string {
  const [first = "", ...rest] = word;
  const spellings = new Set([word, first.toUpperCase() + rest.join("")]);
  return `(${[...spellings].map((spelling) => `'${spelling}':*`).join(" | ")})`;
}

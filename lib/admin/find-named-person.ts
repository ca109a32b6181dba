import "server-only";
import { z } from "zod";
import type { AdministratorProof } from "../auth/hold-administrator";
import { db } from "../db/client";
import { parseEnrollmentView } from "./enrollment-view";
import type { NamedPerson } from "./list-audit-events";
import { listEnrollment } from "./list-enrollment";

const MOST_CHOICES = 10;

/** Whom somebody means: one person, or several among whom to choose, the first ten of them. */
export type FoundPerson =
  | { found: "person"; person: NamedPerson }
  | { found: "several"; people: NamedPerson[] }
  | { found: "nobody" };

/**
 * Finds whom an administrator means by the beginnings of a name or an address, or by an id (a UUID), which
 * may be that of an account that is gone. `undefined` for empty text. It costs what a page of the list costs,
 * however many people there are, and so knows no more of a word that very many have.
 */
export async function findNamedPerson(
  by: AdministratorProof,
  typed: string,
): Promise<FoundPerson | undefined> {
  const text = typed.trim();
  if (text === "") return undefined;
  if (z.uuid().safeParse(text).success) return { found: "person", person: await findById(text) };
  const view = parseEnrollmentView((name) => (name === "search" ? text : undefined));
  const listed = await listEnrollment(by, view, undefined);
  const people = listed.people
    .slice(0, MOST_CHOICES)
    .map(({ id, name, email }) => ({ id, name, email }));
  const [person] = people;
  if (!person) return { found: "nobody" };
  return people.length > 1 ? { found: "several", people } : { found: "person", person };
}

async function findById(id: string): Promise<NamedPerson> {
  const prisma = await db();
  const select = { id: true, name: true, email: true };
  const person = await prisma.user.findUnique({ where: { id }, select });
  return person ?? { id, name: undefined, email: undefined };
}

import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { db } from "../db/client";
import { READER } from "../db/testing/administrators";
import { parseEnrollmentView } from "./enrollment-view";
import { findNamedPerson } from "./find-named-person";
import { listEnrollment, MAX_FOUND } from "./list-enrollment";

test("a word that very many have is looked up within the bounds of the list, and gives its first ten", async () => {
  // The last by name come first in the table, so that a search without bounds finds other people.
  const crowd = Array.from({ length: MAX_FOUND + 200 }, (_, index) => `Crowd ${9_999 - index}`);
  await storePeople([...Array.from({ length: 600 }, (_, index) => `Aa ${index}`), ...crowd]);
  const view = parseEnrollmentView((name) => (name === "search" ? "crowd" : undefined));
  const listed = await listEnrollment(READER, view, undefined);
  expect(listed.isCut).toBe(true);
  const found = await findNamedPerson(READER, " crowd ");
  const people = listed.people.slice(0, 10).map(({ id, name, email }) => ({ id, name, email }));
  expect(found).toEqual({ found: "several", people });
});

async function storePeople(names: string[]): Promise<void> {
  const prisma = await db();
  const now = new Date();
  await prisma.user.createMany({
    data: names.map((name) => ({
      name,
      email: `${randomUUID()}@example.org`,
      passwordDigest: "none",
      passwordChangedAt: now,
      createdAt: now,
    })),
  });
}

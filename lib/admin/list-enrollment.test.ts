import { randomUUID } from "node:crypto";
import { beforeAll, expect, test } from "vitest";
import { db } from "../db/client";
import type { Prisma } from "../db/generated/client";
import { READER } from "../db/testing/administrators";
import { createPerson, storeApp } from "../db/testing/people";
import { type EnrollmentView, parseEnrollmentView } from "./enrollment-view";
import { listEnrollment, MAX_FOUND, readPeople } from "./list-enrollment";

const view = (fields: Record<string, string> = {}): EnrollmentView =>
  parseEnrollmentView((name) => fields[name]);

const NAMES = [
  "Ümit Ak",
  "Robin O’Brien",
  "robin lower",
  "Zoë Robinson",
  "D'rop'); DROP",
  "100% Sure",
];

beforeAll(async () => {
  const prisma = await db();
  for (const [index, name] of NAMES.entries()) {
    const { userId } = await createPerson();
    await prisma.user.update({
      where: { id: userId },
      data: {
        name,
        email: `p${index}.${index % 2 ? "odd" : "even"}@example-${index}.test`,
        lastLoginAt: new Date(Date.UTC(2026, 0, 1 + (index % 3))),
        ...(index === 0 && { role: "ADMINISTRATOR" }),
      },
    });
    if (index < 3) await storeApp(userId);
  }
});

async function namesOf(fields: Record<string, string>) {
  const { people } = await listEnrollment(READER, view(fields), undefined);
  return people.map(({ name }) => name);
}

test("each sort leads through everybody once, in pages, up and down", async () => {
  for (const sort of ["name", "-name", "last-login", "-last-login", "codes", "-codes"]) {
    const seen: string[] = [];
    let after: Awaited<ReturnType<typeof readPeople>>["next"];
    do {
      const page = await readPeople(READER, view({ sort }), after, 2);
      expect(page.people.length).toBeLessThanOrEqual(2);
      seen.push(...page.people.map(({ id }) => id));
      after = page.next;
    } while (after);
    const { people } = await listEnrollment(READER, view({ sort }), undefined);
    expect(seen, sort).toEqual(people.map(({ id }) => id));
    expect(new Set(seen).size, sort).toBe(NAMES.length);
  }
  const up = await namesOf({ sort: "last-login" });
  expect(await namesOf({ sort: "-last-login" })).toEqual(up.reverse());
});

const LATER = { lastLoginAt: new Date("2031-01-01") };

test.each<[string, string, (id: string) => Promise<unknown>]>([
  ["logs in", "last-login", (id) => change(id, LATER)],
  ["logs in, where the latest come first", "-last-login", (id) => change(id, LATER)],
  ["makes codes", "codes", (id) => change(id, { codesLeft: 10 })],
  ["takes another name", "name", (id) => change(id, { name: "Zz batch" })],
  ["is deleted", "-last-login", remove],
])(
  "a file leaves nobody out and names nobody else twice when the last person of a batch %s before the next",
  async (_, sort, act) => {
    const crowd: string[] = [];
    for (let index = 0; index < 6; index += 1) {
      const { userId } = await createPerson();
      const lastLoginAt = new Date(Date.UTC(2030, 0, 1 + index));
      await change(userId, { name: `Batch ${index}`, lastLoginAt, codesLeft: index });
      crowd.push(userId);
    }
    const batches = view({ sort, search: "batch" });
    const first = await readPeople(READER, batches, undefined, 2);
    const last = first.people[1]?.id ?? "";
    await act(last);
    const seen = first.people.map(({ id }) => id);
    for (let { next } = first; next; ) {
      const batch = await readPeople(READER, batches, next, 2);
      seen.push(...batch.people.map(({ id }) => id));
      next = batch.next;
    }
    const others = (ids: string[]) => ids.filter((id) => id !== last).sort();
    expect(others(seen)).toEqual(others(crowd));
    for (const id of crowd) if (id !== last || act !== remove) await remove(id);
  },
);

async function change(id: string, data: Prisma.UserUpdateInput): Promise<void> {
  const prisma = await db();
  await prisma.user.update({ where: { id }, data });
}

async function remove(id: string): Promise<void> {
  const prisma = await db();
  await prisma.user.delete({ where: { id } });
}

test("a page after somebody who is gone is the first page, and says so", async () => {
  const page = await listEnrollment(READER, view(), randomUUID());
  expect(page).toMatchObject({ isFirst: true });
  expect(page.people).toHaveLength(NAMES.length);
  const [first] = page.people;
  const second = await listEnrollment(READER, view(), first?.id);
  expect(second).toMatchObject({ isFirst: false });
  expect(second.people).toHaveLength(NAMES.length - 1);
});

test("filters narrow by state and by role, and go together with a search", async () => {
  expect(await namesOf({ state: "locked-out" })).toHaveLength(3);
  expect(await namesOf({ state: "no-mfa" })).toHaveLength(3);
  expect(await namesOf({ state: "safe" })).toEqual([]);
  expect(await namesOf({ role: "administrator" })).toEqual(["Ümit Ak"]);
  expect(await namesOf({ state: "locked-out", search: "robin" })).toHaveLength(2);
  expect(await namesOf({ state: "nonsense", sort: "nonsense" })).toHaveLength(NAMES.length);
});

test("a search finds beginnings of words of the name and of the address, in any case and order", async () => {
  expect(await namesOf({ search: "ROBIN" })).toHaveLength(3);
  expect(await namesOf({ search: "brien rob" })).toEqual(["Robin O’Brien"]);
  expect(await namesOf({ search: "ümi" })).toEqual(["Ümit Ak"]);
  expect(await namesOf({ search: "p1.odd@example-1.test" })).toEqual(["Robin O’Brien"]);
  expect(await namesOf({ search: "P1.ODD@" })).toEqual(["Robin O’Brien"]);
  expect(await namesOf({ search: "odd" })).toHaveLength(3);
  expect(await namesOf({ search: "obin" })).toEqual([]);
});

async function createCrowd(word: string, size: number, filler: number) {
  const prisma = await db();
  const person = (name: string) => ({
    name,
    email: `${randomUUID()}@example.org`,
    passwordDigest: "none",
    passwordChangedAt: new Date(),
    createdAt: new Date(),
  });
  await prisma.user.createMany({
    data: [
      ...Array.from({ length: filler }, (_, index) => person(`Aa filler ${index}`)),
      ...Array.from({ length: size }, (_, index) => person(`${word} ${index}`)),
    ],
  });
  return () => prisma.user.deleteMany({ where: { email: { endsWith: "@example.org" } } });
}

test("a word that many have leads through all of them once, in order", async () => {
  const remove = await createCrowd("Throng", 120, 0);
  const seen: string[] = [];
  let after: string | undefined;
  do {
    const page = await listEnrollment(READER, view({ search: "throng" }), after);
    expect(page.isCut).toBe(false);
    seen.push(...page.people.map(({ name }) => name));
    after = page.next;
  } while (after);
  expect(seen).toHaveLength(120);
  expect(new Set(seen).size).toBe(120);
  await remove();
});

test("a search that the index finds more than a thousand for says so", async () => {
  const remove = await createCrowd("Crowd", MAX_FOUND + 1, 600);
  const crowd = await listEnrollment(READER, view({ search: "crowd" }), undefined);
  expect(crowd).toMatchObject({ isCut: true });
  expect(crowd.people).toHaveLength(50);
  expect(await listEnrollment(READER, view({ search: "crowd 7" }), undefined)).toMatchObject({
    isCut: false,
  });
  await remove();
});

test("what a search query or SQL would take for its own is only text", async () => {
  for (const search of [
    "drop'); DROP",
    "'",
    "a' | 'b",
    ":*",
    "!robin",
    "\\",
    "%",
    "robin\0",
    "🙂",
  ]) {
    await expect(namesOf({ search }), search).resolves.toBeDefined();
  }
  expect(await namesOf({ search: "rop'); dro" })).toEqual(["D'rop'); DROP"]);
  expect(await namesOf({ search: "100% s" })).toEqual(["100% Sure"]);
});

test("LC-07 a person in the list has nothing secret", async () => {
  const { people } = await listEnrollment(READER, view(), undefined);
  expect(Object.keys(people[0] ?? {}).sort()).toEqual([
    "codesConfirmed",
    "codesLeft",
    "disabledAt",
    "email",
    "id",
    "lastLoginAt",
    "methods",
    "name",
    "recoverability",
    "role",
  ]);
});

import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { NotAdministrator } from "../auth/hold-administrator";
import { db } from "../db/client";
import { createAdministrator, READER } from "../db/testing/administrators";
import { createPerson, createPersonWithApp, FROM, type Person } from "../db/testing/people";
import { logInAs, WITH_APP, WITH_CODE } from "../db/testing/signed-in";
import { type AuditView, parseAuditView } from "./audit-view";
import { exportAuditLog } from "./export-audit-log";
import { findNamedPerson } from "./find-named-person";
import { listAuditEvents } from "./list-audit-events";

const EVERYTHING = viewOf({});
let people: { ada: Person; ben: Person };

beforeAll(async () => {
  people = { ada: await createPerson(), ben: await createPerson() };
  const at = (day: string) => new Date(`${day}T12:00:00Z`);
  const adaId = people.ada.userId;
  const benId = people.ben.userId;
  await store({ type: "login", userId: adaId, at: at("2025-01-01") });
  await store({ type: "role_given", userId: benId, actorId: adaId, at: at("2025-01-02") });
  await store({ type: "login_failed", userId: null, at: at("2025-01-03") });
  await store({ type: "of_the_future", userId: adaId, at: at("2025-01-04") });
});

describe("the list of events", () => {
  test.each<[string, () => Record<string, string>, string[]]>([
    ["a person", () => ({ person: people.ada.userId }), ["of_the_future", "login"]],
    ["whoever did it", () => ({ actor: people.ada.userId }), ["role_given"]],
    ["a type", () => ({ type: "login_failed" }), ["login_failed"]],
    ["a time", () => ({ from: "2025-01-02", to: "2025-01-03" }), ["login_failed", "role_given"]],
    ["all of them", () => ({ person: people.ben.userId, type: "login" }), []],
    [
      "nothing that is known",
      () => ({ person: "'", type: "of_the_future", from: "0000-01-01", to: "9999-99-99" }),
      ["of_the_future", "login_failed", "role_given", "login"],
    ],
  ])("is narrowed by %s", async (_what, fields, types) => {
    const { events } = await listAuditEvents(READER, viewOf(fields()), { before: undefined });
    expect(events.map(({ recordedType }) => recordedType)).toEqual(types);
  });

  test("names people as they are called now, and those who are gone by their ids", async () => {
    const gone = randomUUID();
    await store({
      type: "account_deleted",
      userId: gone,
      actorId: people.ada.userId,
      at: new Date("2025-02-01"),
    });
    const { events } = await listAuditEvents(READER, viewOf({ person: gone }), {
      before: undefined,
    });
    expect(events[0]).toMatchObject({
      person: { id: gone, name: undefined, email: undefined },
      actor: { id: people.ada.userId, name: "Ada", email: people.ada.email },
    });
  });

  test("has pages without gaps and repeats, also among events of one moment", async () => {
    const { userId } = await createPerson();
    const [early, late] = [new Date("2025-03-01"), new Date("2025-03-02")];
    for (const at of [late, early, late, early, late]) await store({ type: "login", userId, at });
    const view = viewOf({ person: userId });
    const { events: whole } = await listAuditEvents(READER, view, { before: undefined });
    const found: string[] = [];
    let before: string | undefined;
    do {
      const { events, older } = await listAuditEvents(READER, view, { before, take: 2 });
      found.push(...events.map(({ id }) => id));
      before = older;
    } while (before);
    expect(found).toEqual(whole.map(({ id }) => id));
    expect(new Set(found).size).toBe(5);
    expect(whole.map(({ at }) => at)).toEqual([late, late, late, early, early]);
  });
});

test("whom somebody means is found by name, address or id, and nobody is guessed", async () => {
  const name = `Zoë Quill ${randomUUID()}`;
  const [first, second] = [await createPerson(), await createPerson()];
  const prisma = await db();
  await prisma.user.update({ where: { id: first.userId }, data: { name } });
  expect(await findNamedPerson(READER, "  ")).toBeUndefined();
  expect(await findNamedPerson(READER, "zoë qui")).toMatchObject({
    found: "person",
    person: { name },
  });
  expect(await findNamedPerson(READER, second.email)).toMatchObject({
    person: { id: second.userId },
  });
  expect(await findNamedPerson(READER, second.userId)).toMatchObject({
    person: { email: second.email },
  });
  expect(await findNamedPerson(READER, "Ada")).toMatchObject({ found: "several" });
  expect(await findNamedPerson(READER, "nobody is called that")).toEqual({ found: "nobody" });
  expect(await findNamedPerson(READER, "') | !'")).toMatchObject({ found: "several" });
});

describe("the export of the audit log", () => {
  test("holds every event of the view once, over many batches, and is on record itself", async () => {
    const { session, userId } = await createAdministrator();
    const { userId: busy } = await createPerson();
    const prisma = await db();
    await prisma.auditEvent.createMany({
      data: Array.from({ length: 1_203 }, (_, n) => ({
        at: new Date(Date.UTC(2025, 3, 1, 0, 0, Math.floor(n / 5))),
        type: "login",
        userId: busy,
        ...FROM,
      })),
    });
    const text = await download({ session, view: viewOf({ person: busy }) });
    const lines = text.trimEnd().split("\r\n");
    expect(lines[0]).toMatch(/^Time,Event,Person,/);
    expect(lines).toHaveLength(1_204);
    expect(new Set(lines).size).toBe(1_204);
    const { events } = await listAuditEvents(READER, viewOf({ person: userId }), {
      before: undefined,
    });
    expect(events[0]).toMatchObject({ type: "audit_exported", actor: { id: userId } });
    expect(
      await download({ session, view: viewOf({ person: userId, type: "login" }) }),
    ).not.toContain("audit_exported");
  });

  test.each([
    ["=1+1", "'=1+1"],
    ["+1", "'+1"],
    ["-1", "'-1"],
    ["@SUM(A1)", "'@SUM(A1)"],
    ["＝1", "'＝1"],
    ["x;=1", "x;'=1"],
    ["\t=1", "'\t'=1"],
    ["\r=1", "'\r'=1"],
  ])(
    "OWASP a name or a browser that reads %j runs nothing in a spreadsheet",
    async (text, written) => {
      const { session } = await createAdministrator();
      const { userId } = await createPerson();
      const prisma = await db();
      await prisma.user.update({ where: { id: userId }, data: { name: text } });
      await prisma.auditEvent.create({
        data: {
          at: new Date(),
          type: "login",
          userId,
          address: "192.0.2.1",
          userAgent: text,
          reason: text,
          methodName: text,
        },
      });
      const file = await download({ session, view: viewOf({ person: userId }) });
      expect(file.split(written)).toHaveLength(5);
      expect(file).not.toMatch(/[,\n]"?[=+\-@\t\r]/);
      expect(file).not.toMatch(/[,;\t]"?[=+\-@＝＋－＠]/);
    },
  );

  test("LC-08 SE-14 nobody gets it but an administrator whose session is not restricted, and nothing is on record then", async () => {
    const prisma = await db();
    const { session: member } = await logInAs(await createPersonWithApp(), WITH_APP);
    const { session: demoted, userId } = await createAdministrator();
    await prisma.user.update({ where: { id: userId }, data: { role: "USER" } });
    const restricted = await createAdministrator();
    const { session } = await logInAs(restricted, WITH_CODE);
    const count = () => prisma.auditEvent.count({ where: { type: "audit_exported" } });
    const before = await count();
    for (const refused of [member, demoted, session]) {
      await expect(
        exportAuditLog({ session: refused, view: EVERYTHING, from: FROM }),
      ).rejects.toThrow(NotAdministrator);
    }
    expect(await count()).toBe(before);
  });
});

function viewOf(fields: Record<string, string>): AuditView {
  return parseAuditView((name) => fields[name]);
}

async function download(request: Omit<Parameters<typeof exportAuditLog>[0], "from">) {
  return new Response(await exportAuditLog({ ...request, from: FROM })).text();
}

async function store(event: { type: string; userId: string | null; actorId?: string; at: Date }) {
  const prisma = await db();
  await prisma.auditEvent.create({ data: { ...event, ...FROM } });
}

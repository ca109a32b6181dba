import { beforeEach, expect, test } from "vitest";
import messages from "../../messages/en.json";
import { db } from "../db/client";
import { createPerson, FROM, type Person } from "../db/testing/people";
import { listActivity } from "./list-activity";

let person: Person;
let stranger: Person;
beforeEach(async () => {
  person = await createPerson();
  stranger = await createPerson();
});

test("LC-04 pages of thirty lead through the whole history once, also where times are the same", async () => {
  const prisma = await db();
  const at = (index: number) => new Date(Date.UTC(2026, 10, 24) + Math.floor(index / 20) * 1000);
  await prisma.auditEvent.createMany({
    data: Array.from({ length: 75 }, (_, index) => ({
      at: at(index),
      type: "login",
      userId: person.userId,
      ...FROM,
    })),
  });
  const sizes: number[] = [];
  const seen: { id: string; at: Date }[] = [];
  for (let before: string | undefined; ; ) {
    const { events, older } = await listActivity({ userId: person.userId, before });
    sizes.push(events.length);
    seen.push(...events);
    if (!older) break;
    before = older;
  }
  expect(sizes).toEqual([30, 30, 15]);
  expect(new Set(seen.map(({ id }) => id)).size).toBe(75);
  const times = seen.map((event) => event.at.getTime());
  expect(times).toEqual([...times].sort((a, b) => b - a));
});

test("LC-08 nobody sees another person's history or address, nor reaches it by an event's id", async () => {
  const prisma = await db();
  const { id: addressId } = await prisma.address.findFirstOrThrow({
    where: { userId: stranger.userId },
  });
  const theirs = await prisma.auditEvent.create({
    data: { at: new Date(), type: "login", userId: stranger.userId, ...FROM },
  });
  const own = await prisma.auditEvent.create({
    data: { at: new Date(0), type: "address_added", userId: person.userId, addressId, ...FROM },
  });
  const { events } = await listActivity({ userId: person.userId, before: theirs.id });
  expect(events).toMatchObject([{ id: own.id, email: undefined }]);
  const { events: none } = await listActivity({ userId: person.userId, before: own.id });
  expect(none).toEqual([]);
});

test("LC-04 an event of a newer version is shown, without a name", async () => {
  const prisma = await db();
  await prisma.auditEvent.create({
    data: { at: new Date(), type: "toString", userId: person.userId, ...FROM },
  });
  const { events } = await listActivity({ userId: person.userId, before: undefined });
  expect(events).toMatchObject([{ type: undefined }]);
  expect(messages.activity.events.other).not.toBe("");
});

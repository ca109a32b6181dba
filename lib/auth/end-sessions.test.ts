import { beforeEach, expect, test, vi } from "vitest";
import { db } from "../db/client";
import { findEvents } from "../db/testing/events";
import { createPerson, FROM, type Person } from "../db/testing/people";
import { logInAs } from "../db/testing/signed-in";
import { endAllOtherSessions, endAnotherSession } from "./end-sessions";
import { listSessions, SessionOver, SessionTooWeak } from "./session-rows";

const MINUTE = 60_000;

let person: Person;
let session: Awaited<ReturnType<typeof logInAs>>["session"];
beforeEach(async () => {
  person = await createPerson();
  ({ session } = await logInAs(person, ["pwd"]));
  return () => vi.useRealTimers();
});

test("SE-10 a person ends another session of theirs, once, and it is on record", async () => {
  const { session: other } = await logInAs(person, ["pwd"]);
  const end = () => endAnotherSession({ session, id: other.id, from: FROM });
  const results = await Promise.all([end(), end(), end()]);
  expect(results.filter(Boolean)).toHaveLength(1);
  expect(await idsOf(person)).toEqual([session.id]);
  expect(await findEvents(person.userId)).toEqual(["session_ended"]);
});

test("SE-10 LC-08 somebody else's session, the own one and one that is gone are not ended", async () => {
  const stranger = await createPerson();
  const { session: theirs } = await logInAs(stranger, ["pwd"]);
  for (const id of [theirs.id, session.id, person.userId]) {
    expect(await endAnotherSession({ session, id, from: FROM })).toBe(false);
  }
  expect(await idsOf(stranger)).toEqual([theirs.id]);
  expect(await idsOf(person)).toEqual([session.id]);
  expect(await findEvents(person.userId)).toEqual([]);
});

test("SE-10 all others end together, of this person alone; with none there is nothing to record", async () => {
  const stranger = await createPerson();
  await logInAs(stranger, ["pwd"]);
  await logInAs(person, ["pwd"]);
  await logInAs(person, ["pwd"]);
  expect(await endAllOtherSessions({ session, from: FROM })).toBe(2);
  expect(await endAllOtherSessions({ session, from: FROM })).toBe(0);
  expect(await idsOf(person)).toEqual([session.id]);
  expect(await idsOf(stranger)).toHaveLength(1);
  expect(await findEvents(person.userId)).toEqual(["other_sessions_ended"]);
});

test("SE-07 SE-10 a session whose proof is older than ten minutes, or that is over, ends no other", async () => {
  const { session: other } = await logInAs(person, ["pwd"]);
  vi.useFakeTimers({ toFake: ["Date"], now: session.authTime.getTime() + 10 * MINUTE });
  const end = () => endAnotherSession({ session, id: other.id, from: FROM });
  await expect(end()).rejects.toThrow(SessionTooWeak);
  await expect(endAllOtherSessions({ session, from: FROM })).rejects.toThrow(SessionTooWeak);
  const prisma = await db();
  await prisma.session.delete({ where: { id: session.id } });
  await expect(end()).rejects.toThrow(SessionOver);
  expect(await idsOf(person)).toEqual([other.id]);
});

test("SE-10 two sessions that end each other at once do not wait for each other", async () => {
  const { session: other } = await logInAs(person, ["pwd"]);
  const results = await Promise.allSettled([
    endAnotherSession({ session, id: other.id, from: FROM }),
    endAnotherSession({ session: other, id: session.id, from: FROM }),
  ]);
  expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  expect(await idsOf(person)).toHaveLength(1);
});

test("SE-01 SE-10 the list has live sessions alone: not idle ones, and none after its day", async () => {
  expect(await idsOf(person)).toEqual([session.id]);
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 61 * MINUTE });
  expect(await idsOf(person)).toEqual([]);
});

test("SE-02 SE-10 the list has a session at rest, as long as the password resumes it, and it is ended like any", async () => {
  const { session: lost } = await logInAs(person, ["pwd", "otp", "mfa"]);
  const start = Date.now();
  vi.useFakeTimers({ toFake: ["Date"], now: start + 61 * MINUTE });
  const { session: here } = await logInAs(person, ["pwd", "otp", "mfa"]);
  const listed = await listSessions(person.userId);
  expect(listed.map(({ id, isResting }) => [id, isResting])).toEqual([
    [here.id, false],
    [lost.id, true],
  ]);
  expect(await endAnotherSession({ session: here, id: lost.id, from: FROM })).toBe(true);
  expect(await idsOf(person)).toEqual([here.id]);
  vi.setSystemTime(start + 26 * 60 * MINUTE);
  expect(await idsOf(person), "nothing resumes it after its day").toEqual([]);
});

const idsOf = async ({ userId }: Person) => (await listSessions(userId)).map(({ id }) => id);

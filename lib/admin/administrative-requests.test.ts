import { beforeEach, expect, test, vi } from "vitest";
import { deleteAccount } from "../auth/delete-account";
import { NotAdministrator } from "../auth/hold-administrator";
import { SessionTooWeak } from "../auth/session-rows";
import { db } from "../db/client";
import { createAdministrator, promote, READER } from "../db/testing/administrators";
import { findEvents } from "../db/testing/events";
import { mailTo } from "../db/testing/mailboxes";
import { createPersonWithApp, FROM } from "../db/testing/people";
import { WEAK_SESSIONS } from "../db/testing/weak-sessions";
import { hasMethod } from "../mfa/has-method";
import { PORTAL_ITSELF } from "../request-source";
import { type AccountAct, administerAccount } from "./administer-account";
import { approveRequest, declineRequest, listOpenRequests } from "./administrative-requests";
import { makeApprovedTemporaryCode, makeTemporaryCode } from "./make-temporary-code";
import { askForMfaReset } from "./reset-mfa";

const HOUR_MS = 3_600_000;

type Administrator = Awaited<ReturnType<typeof createAdministrator>>;

let asking: Administrator;
let second: Administrator;
let subject: Awaited<ReturnType<typeof createPersonWithApp>>;
let id: string;
beforeEach(async () => {
  asking = await createAdministrator();
  second = await createAdministrator();
  subject = await createPersonWithApp();
  await promote(subject);
  id = await ask();
  return () => vi.useRealTimers();
});

test("LC-06 a second administrator approves, and the reset is done in the name of the first", async () => {
  expect(await approve(second)).toEqual({ approved: true, kind: "reset-mfa" });
  expect(await isReset()).toBe(true);
  expect(await findEvents(subject.userId)).toEqual([
    "mfa_reset_requested",
    "administrative_request_approved",
    "mfa_reset",
  ]);
  const prisma = await db();
  const events = await prisma.auditEvent.findMany({
    where: { userId: subject.userId },
    orderBy: { at: "asc" },
  });
  expect(events.map(({ actorId }) => actorId)).toEqual([
    asking.userId,
    second.userId,
    asking.userId,
  ]);
  expect(
    events.map(({ address }) => address),
    "nobody's network beside another's name",
  ).toEqual([FROM.address, FROM.address, PORTAL_ITSELF.address]);
  expect(events.every(({ reason }) => reason === "Called back")).toBe(true);
  expect(await approve(second), "once").toEqual({ approved: false, reason: "gone" });
});

test("LC-09 whoever was told that something is asked for is told that it was approved or declined", async () => {
  const { email } = subject;
  expect(await decline(second)).toBe(true);
  expect(await mailTo(subject, email)).toEqual([
    "mfa_reset_requested",
    "administrative_request_declined",
  ]);
  id = await ask();
  await approve(second);
  expect(await mailTo(subject, email)).toEqual(
    expect.arrayContaining(["administrative_request_approved", "mfa_reset"]),
  );
});

test("LC-06 nobody approves their own request, and nobody one about themselves", async () => {
  expect(await approve(asking)).toEqual({ approved: false, reason: "own" });
  const about = await createAdministrator();
  const aboutId = await ask(about);
  expect(await approveRequest({ session: about.session, id: aboutId, from: FROM })).toEqual({
    approved: false,
    reason: "self",
  });
  expect(await hasMethod(await db(), about.userId)).toBe(true);
  expect(await isReset()).toBe(false);
});

test("LC-06 nobody whose role is younger than 72 hours approves, whether they were invited or promoted", async () => {
  await createAdministrator();
  const given = await noteRole(second, { type: "role_given", hoursAgo: 71 });
  const from = new Date(given.getTime() + 72 * HOUR_MS);
  expect(await approve(second)).toEqual({ approved: false, reason: "new-role", from });
  expect(await isReset()).toBe(false);
  const third = await createAdministrator();
  await noteRole(third, { type: "role_given", hoursAgo: 73 });
  expect(await approve(third)).toMatchObject({ approved: true });
});

test("LC-06 no request of a new administrator is approved, who may be a second account of the approver", async () => {
  await createAdministrator();
  await noteRole(asking, { type: "role_given", hoursAgo: 71 });
  expect(await approve(second)).toMatchObject({ approved: false, reason: "new-role" });
  expect(await isReset()).toBe(false);
});

test("LC-06 nobody asks for what nobody could approve within its 24 hours, which would keep others from asking", async () => {
  await createAdministrator();
  const about = await createAdministrator();
  const given = await noteRole(asking, { type: "role_given", hoursAgo: 47 });
  const from = new Date(given.getTime() + 48 * HOUR_MS);
  const { session } = asking;
  const order = { session, userId: about.userId, reason: "x", from: FROM };
  const refusal = { reason: "new-role", from };
  expect(await askForMfaReset(order)).toEqual({ reset: false, ...refusal });
  const code = await makeTemporaryCode({ ...order, knownCodeId: undefined, hours: 2 });
  expect(code).toEqual({ made: false, ...refusal });
  expect(await findEvents(about.userId)).toEqual([]);
  expect(await askForMfaReset({ ...order, session: second.session }), "another").toEqual({
    reset: false,
    reason: "requested",
  });
  const older = await createAdministrator();
  await noteRole(older, { type: "role_given", hoursAgo: 49 });
  expect(typeof (await askForCode(about, older)), "approved tomorrow").toBe("string");
});

test("LC-06 where nobody older could decide a new administrator does, and nobody brings that about", async () => {
  await leaveAdministrators(asking, second, subject);
  await noteRole(second, { type: "role_given", hoursAgo: 1 });
  expect(await approve(second)).toMatchObject({ approved: true });

  const another = await createAdministrator();
  await leaveAdministrators(asking, second, another);
  id = await ask(another);
  const { userId } = await createAdministrator();
  expect(await approve(second)).toMatchObject({ reason: "new-role" });
  const prisma = await db();
  await prisma.user.update({ where: { id: userId }, data: { disabledAt: new Date() } });
  expect(await approve(second), "disabled").toMatchObject({ reason: "new-role" });
  const taken = { role: "USER", disabledAt: null } as const;
  await prisma.user.update({ where: { id: userId }, data: taken });
  await noteRole({ userId }, { type: "role_taken", hoursAgo: 71 });
  expect(await approve(second), "demoted").toMatchObject({ reason: "new-role" });
});

test("LC-06 nobody abolishes the 72 hours by taking the role from an old administrator and giving it back", async () => {
  const puppet = await createAdministrator();
  const old = await createAdministrator();
  await leaveAdministrators(asking, old, puppet, subject);
  await noteRole(puppet, { type: "role_given", hoursAgo: 3 });
  await noteRole(old, { type: "role_taken", hoursAgo: 2 });
  await noteRole(old, { type: "role_given", hoursAgo: 1 });
  expect(await approve(puppet)).toMatchObject({ approved: false, reason: "new-role" });
  expect(await isReset()).toBe(false);
  expect(await approve(old), "back since an hour").toMatchObject({ reason: "new-role" });
});

test("LC-06 what is done to somebody who was an administrator less than 72 hours ago takes two", async () => {
  await decline(second);
  await doTo(subject, "remove-administrator");
  await ask();
  await askForCode(subject);
  expect(await isReset()).toBe(false);
});

test("LC-06 who has been no administrator for 72 hours is helped as anybody else", async () => {
  const { session } = asking;
  const { userId } = await createPersonWithApp();
  await noteRole({ userId }, { type: "role_taken", hoursAgo: 73 });
  const reset = { session, userId, reason: "x", from: FROM };
  expect(await askForMfaReset(reset)).toEqual({ reset: true });
});

test("LC-06 a request that was declined, or is a day old, is approved by nobody", async () => {
  expect(await decline(second)).toBe(true);
  expect(await decline(second)).toBe(false);
  expect(await approve(second)).toEqual({ approved: false, reason: "gone" });
  id = await ask();
  const later = Date.now() + 24 * 3_600_000 + 1;
  vi.useFakeTimers({ toFake: ["Date"], now: later });
  const late = await createAdministrator();
  expect(await approve(late)).toEqual({ approved: false, reason: "gone" });
  expect(await listOpenRequests(READER)).toEqual([]);
  expect(await isReset()).toBe(false);
});

test("LC-06 the seventh request of an administrator within an hour is refused, each of which is mailed to somebody", async () => {
  const prisma = await db();
  const { userId: requestedById } = asking;
  const about = await createAdministrator();
  const { userId } = about;
  const at = (minutesAgo: number) => new Date(Date.now() - minutesAgo * 60_000);
  const declined = { kind: "reset-mfa", userId, requestedById, reason: "x", declinedAt: at(1) };
  const row = (minutesAgo: number) => ({
    ...declined,
    requestedAt: at(minutesAgo),
    expiresAt: at(minutesAgo - 24 * 60),
  });
  await prisma.administrativeRequest.createMany({ data: [row(59), ...Array(4).fill(row(5))] });
  const order = { userId, reason: "x", from: FROM };
  const askAs = ({ session }: Administrator) => askForMfaReset({ ...order, session });
  expect(await askAs(asking)).toEqual({ reset: false, reason: "too-many" });
  await prisma.administrativeRequest.updateMany({
    where: { requestedById, requestedAt: { lt: at(30) } },
    data: { requestedAt: at(61) },
  });
  expect(await askAs(asking), "five").toEqual({ reset: false, reason: "requested" });
});

test("SE-14 LC-08 a request dies with its requester's role, and a demoted administrator decides nothing", async () => {
  const prisma = await db();
  const demote = ({ userId }: Administrator) =>
    prisma.user.update({ where: { id: userId }, data: { role: "USER" } });
  await demote(second);
  await expect(approve(second)).rejects.toThrow(NotAdministrator);
  await expect(decline(second)).rejects.toThrow(NotAdministrator);
  await demote(asking);
  expect(await approve(await createAdministrator())).toEqual({ approved: false, reason: "gone" });
  expect(await isReset()).toBe(false);
});

test("LC-06 an approval that nobody has used is taken back by its requester, its approver, its subject or anybody else who administers", async () => {
  const subjectAdministers = await createAdministrator();
  const third = await createAdministrator();
  for (const by of [asking, second, subjectAdministers, third]) {
    id = await askForCode(subjectAdministers);
    expect(await approve(second)).toEqual({ approved: true, kind: "temporary-code" });
    expect(await decline(by)).toBe(true);
    expect(await decline(by), "once").toBe(false);
    expect(await makeCode(subjectAdministers)).toMatchObject({ made: false, reason: "changed" });
  }
  const prisma = await db();
  await prisma.administrativeRequest.updateMany({ data: { requestedAt: new Date(0) } });
  id = await askForCode(subjectAdministers);
  await approve(second);
  expect(await makeCode(subjectAdministers)).toMatchObject({ made: true });
  expect(await decline(third), "of a code that is made").toBe(false);
});

test.each<[string, (leaving: Administrator) => Promise<unknown>]>([
  ["loses the role", (leaving) => doTo(leaving, "remove-administrator")],
  ["is disabled", (leaving) => doTo(leaving, "disable")],
  ["deletes the account", ({ session }) => deleteAccount({ session, from: FROM })],
])(
  "SE-14 LC-08 the requests of who %s end, approved or not, and another's stay",
  async (_, leave) => {
    const person = await createAdministrator();
    const other = await createAdministrator();
    const waiting = id;
    const approved = await askForCode(person);
    id = approved;
    await approve(second);
    const { userId } = subject;
    const staying = await askForCode(subject, other);
    await leave(asking);
    const open = (await listOpenRequests(READER)).map((request) => request.id);
    expect(open).toContain(staying);
    expect(open).not.toContain(waiting);
    expect(open).not.toContain(approved);
    const { session } = other;
    const again = { session, userId, reason: "x", from: FROM };
    expect(await askForMfaReset(again)).toEqual({ reset: false, reason: "requested" });
    expect(typeof (await askForCode(person, other)), "nobody is kept from asking").toBe("string");
    const prisma = await db();
    for (const told of [subject, person]) {
      expect(await mailTo(told, told.email)).toContain("administrative_request_declined");
      const where = { userId: told.userId, type: "administrative_request_declined" };
      const ends = await prisma.auditEvent.findMany({ where });
      expect(ends).toMatchObject([
        { actorId: null, reason: "Called back", address: PORTAL_ITSELF.address },
      ]);
    }
  },
);

test.each(["stale", "restricted"] as const)(
  "LC-09 a %s session approves and declines nothing",
  async (kind) => {
    const session = await WEAK_SESSIONS[kind](second);
    await expect(approve({ session })).rejects.toThrow(SessionTooWeak);
    await expect(decline({ session })).rejects.toThrow(SessionTooWeak);
    expect(await isReset()).toBe(false);
  },
);

test("LC-06 of two administrators who approve and decline at once, ten times over, exactly one decides", async () => {
  const third = await createAdministrator();
  for (let round = 0; round < 10; round++) {
    subject = await createPersonWithApp();
    await promote(subject);
    const prisma = await db();
    await prisma.administrativeRequest.deleteMany();
    id = await ask();
    const decisions = await Promise.all([
      approve(second).then(({ approved }) => approved),
      decline(third),
      approve(third).then(({ approved }) => approved),
    ]);
    expect(decisions.filter(Boolean)).toHaveLength(1);
    const decided = await findEvents(subject.userId);
    expect(decided.filter((type) => type.startsWith("administrative_request"))).toHaveLength(1);
    expect(decided.filter((type) => type === "mfa_reset").length).toBe(decisions[1] ? 0 : 1);
    expect(await isReset()).toBe(!decisions[1]);
  }
});

test("LC-06 two administrators who ask for each other's reset at once do not hold each other up", async () => {
  const results = await Promise.all([
    askForMfaReset({ session: asking.session, userId: second.userId, reason: "x", from: FROM }),
    askForMfaReset({ session: second.session, userId: asking.userId, reason: "x", from: FROM }),
  ]);
  expect(results).toEqual([
    { reset: false, reason: "requested" },
    { reset: false, reason: "requested" },
  ]);
});

async function ask({ userId }: { userId: string } = subject): Promise<string> {
  const { session } = asking;
  const result = await askForMfaReset({ session, userId, reason: "Called back", from: FROM });
  expect(result).toEqual({ reset: false, reason: "requested" });
  const prisma = await db();
  const request = await prisma.administrativeRequest.findFirstOrThrow({
    where: { userId, declinedAt: null },
    orderBy: { requestedAt: "desc" },
  });
  return request.id;
}

/** Asks for a temporary code for an administrator. */
async function askForCode(
  { userId }: { userId: string },
  { session }: Pick<Administrator, "session"> = asking,
): Promise<string> {
  const order = { session, userId, knownCodeId: undefined, from: FROM };
  const result = await makeTemporaryCode({ ...order, hours: 2, reason: "Called back" });
  expect(result).toEqual({ made: false, reason: "requested" });
  const prisma = await db();
  const request = await prisma.administrativeRequest.findFirstOrThrow({
    where: { userId, requestedById: session.userId, kind: "temporary-code" },
    orderBy: { id: "desc" },
  });
  return request.id;
}

const makeCode = ({ userId }: { userId: string }) =>
  makeApprovedTemporaryCode({
    session: asking.session,
    userId,
    knownCodeId: undefined,
    from: FROM,
  });

const doTo = ({ userId }: { userId: string }, act: AccountAct) =>
  administerAccount({ session: second.session, userId, act, reason: "She left", from: FROM });

const approve = ({ session }: Pick<Administrator, "session">) =>
  approveRequest({ session, id, from: FROM });

const decline = ({ session }: Pick<Administrator, "session">) =>
  declineRequest({ session, id, from: FROM });

/** Puts on record that a role was given or taken so long ago, and says when. */
async function noteRole(
  { userId }: { userId: string },
  { type, hoursAgo }: { type: "role_given" | "role_taken"; hoursAgo: number },
): Promise<Date> {
  const prisma = await db();
  const at = new Date(Date.now() - hoursAgo * HOUR_MS);
  await prisma.auditEvent.create({ data: { type, userId, at, ...FROM } });
  return at;
}

async function isReset(): Promise<boolean> {
  return !(await hasMethod(await db(), subject.userId));
}

/** Takes the role from everybody else, long ago. */
async function leaveAdministrators(...people: { userId: string }[]): Promise<void> {
  const prisma = await db();
  const id = { notIn: people.map(({ userId }) => userId) };
  await prisma.user.updateMany({ where: { id }, data: { role: "USER" } });
}

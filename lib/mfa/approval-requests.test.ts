import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { db, transaction } from "../db/client";
import { dumpDatabase } from "../db/testing/dump";
import { findEvents } from "../db/testing/events";
import { createChallenge, createPerson, FROM, type Person } from "../db/testing/people";
import { storePhone } from "../db/testing/testing-phone";
import { pushToAuthenticators } from "../notices/push";
import {
  createApprovalRequest,
  findApprovalRefusal,
  findOpenRequests,
  findRequestOfLogin,
  findShownRequest,
  settleApprovalRequests,
} from "./approval-requests";
import { endLoginChallenge, LoginChallengeOver } from "./login-challenge";
import { suspendSparekeyAuthenticator } from "./sparekey-authenticators";

vi.mock("../notices/push", () => ({ pushToAuthenticators: vi.fn(async () => undefined) }));

const MINUTE = 60_000;

let person: Person;
let phone: { id: string; userId: string };
let challenge: Awaited<ReturnType<typeof createChallenge>>;
beforeEach(async () => {
  vi.mocked(pushToAuthenticators).mockClear();
  person = await createPerson();
  const { id } = await storePhone(person.userId);
  phone = { id, userId: person.userId };
  challenge = await createChallenge(person);
});
afterEach(() => {
  vi.useRealTimers();
});

describe("the number", () => {
  test("PU-02 has six digits, another for each request, and is stored encrypted and tied to its row", async () => {
    const numbers = new Set<string>();
    for (let round = 0; round < 5; round++) {
      await mustSend();
      const shown = await findShownRequest(challenge);
      expect(shown?.number).toMatch(/^\d{6}$/);
      numbers.add(shown?.number ?? "");
    }
    expect(numbers.size).toBeGreaterThan(1);
    const [number] = [...numbers].slice(-1);
    expect(await dumpDatabase()).not.toContain(`"${number}"`);
    const prisma = await db();
    const [one, two] = await prisma.approvalRequest.findMany({
      where: { userId: person.userId },
      orderBy: { createdAt: "desc" },
    });
    if (!one || !two) throw new Error("There are no requests.");
    await prisma.approvalRequest.update({
      where: { id: one.id },
      data: { sealedNumber: new Uint8Array(two.sealedNumber) },
    });
    await expect(findShownRequest(challenge)).rejects.toThrow();
  });

  test("PU-01 PU-09 is neither in what a phone is asked, nor in what a push service is told", async () => {
    await mustSend();
    const shown = await findShownRequest(challenge);
    const asked = JSON.stringify([
      await findOpenRequests(phone),
      vi.mocked(pushToAuthenticators).mock.calls,
    ]);
    expect(asked).toContain(shown?.id);
    expect(asked).not.toContain(shown?.number);
  });
});

describe("one open request", () => {
  test("PU-04 a newer one ends the older, of another login too", async () => {
    const first = await mustSend();
    const other = await createChallenge(person);
    const second = await mustSend(other);
    expect(await findShownRequest(challenge)).toMatchObject({ id: first, state: "replaced" });
    expect(await findShownRequest(other)).toMatchObject({ id: second, state: "waiting" });
    expect(await findOpenRequests(phone)).toMatchObject([{ id: second, occasion: "login" }]);
  });

  test("PU-04 T15 twenty logins at once: five are sent, one is open, and the phone is rung five times", async () => {
    const logins = await Promise.all(Array.from({ length: 20 }, () => createChallenge(person)));
    const results = await Promise.all(logins.map(send));
    expect(results.filter(({ sent }) => sent)).toHaveLength(5);
    expect(await findOpenRequests(phone)).toHaveLength(1);
    expect(await countRequests()).toBe(5);
    expect(pushToAuthenticators).toHaveBeenCalledTimes(5);
  });

  test("PU-03 ends after two minutes, and never later than its login", async () => {
    await mustSend();
    await makeOlder(2);
    expect(await findShownRequest(challenge)).toMatchObject({
      state: "expired",
      number: undefined,
    });
    expect(await findOpenRequests(phone)).toEqual([]);
    const soon = new Date(Date.now() + 30_000);
    await transaction((tx) =>
      createApprovalRequest(tx, { challenge: { ...challenge, expiresAt: soon }, from: FROM }),
    );
    expect((await findShownRequest(challenge))?.expiresAt).toEqual(soon);
  });
});

describe("limits", () => {
  test("PU-04 the sixth in ten minutes is refused, with the time at which one is sent again, and stores nothing", async () => {
    for (let round = 0; round < 5; round++) await mustSend();
    const prisma = await db();
    const first = await prisma.approvalRequest.findFirstOrThrow({
      where: { userId: person.userId },
      orderBy: { createdAt: "asc" },
    });
    const until = new Date(first.createdAt.getTime() + 10 * MINUTE);
    expect(await send()).toEqual({ sent: false, reason: "often", until });
    expect(await countRequests()).toBe(5);
    expect(await findEvents(person.userId)).toEqual(Array(5).fill("notification_sent"));
    await makeOlder(10);
    expect(await send()).toMatchObject({ sent: true });
  });

  test("PU-04 the eleventh since the last success is refused within a day, however slowly they come", async () => {
    for (let round = 0; round < 10; round++) {
      await mustSend();
      await makeOlder(11);
    }
    expect(await send()).toMatchObject({ sent: false, reason: "unanswered" });
    await transaction((tx) => settleApprovalRequests(tx, person.userId));
    expect(await send()).toMatchObject({ sent: true });
  });

  test("PU-04 T15 after each third denial there is an hour's pause", async () => {
    for (const denials of [1, 2, 3]) {
      expect(await findApprovalRefusal(person.userId), `${denials}`).toBeUndefined();
      await mustSend();
      await denyNewest();
      await makeOlder(11);
    }
    expect(await send()).toMatchObject({ sent: false, reason: "denied" });
    await makeOlder(48);
    expect(await send()).toMatchObject({ sent: false, reason: "denied" });
    await makeOlder(2);
    await mustSend();
    await denyNewest();
    expect(await send(), "the fourth begins none").toMatchObject({ sent: true });
  });

  test("PU-04 T15 a fourth denial within the hour, on another phone, does not end the pause", async () => {
    for (const minutes of [6, 6, 6, 0]) {
      await mustSend();
      await makeOlder(minutes);
    }
    const prisma = await db();
    const requests = await prisma.approvalRequest.findMany({ where: { userId: person.userId } });
    for (const [place, { id }] of requests.entries()) {
      const data = { decision: "denied", answeredAt: new Date(Date.now() + place) };
      await prisma.approvalRequest.update({ where: { id }, data });
      const refusal = await findApprovalRefusal(person.userId);
      expect(refusal?.reason, `${place + 1}`).toBe(place < 2 ? undefined : "denied");
    }
  });

  test("PU-04 of two reasons the longer one is told", async () => {
    for (let round = 0; round < 5; round++) await mustSend();
    const prisma = await db();
    await prisma.approvalRequest.updateMany({
      where: { userId: person.userId },
      data: { decision: "denied", answeredAt: new Date() },
    });
    const spare = await prisma.approvalRequest.findMany({
      where: { userId: person.userId },
      take: 2,
    });
    await prisma.approvalRequest.updateMany({
      where: { id: { in: spare.map(({ id }) => id) } },
      data: { decision: null },
    });
    expect(await send()).toMatchObject({ reason: "denied" });
  });

  test("PU-04 nobody else's requests count", async () => {
    for (let round = 0; round < 5; round++) await mustSend();
    const other = await createPerson();
    await storePhone(other.userId);
    expect(await send(await createChallenge(other))).toMatchObject({ sent: true });
  });
});

describe("who is asked", () => {
  test("PU-05 without a phone that works nothing is sent", async () => {
    await transaction((tx) => suspendSparekeyAuthenticator(tx, phone));
    expect(await send()).toEqual({ sent: false, reason: "no-phone" });
    expect(await countRequests()).toBe(0);
  });

  test("PU-05 a phone that was suspended, or is another person's, is asked nothing", async () => {
    await mustSend();
    const other = await createPerson();
    const foreign = await storePhone(other.userId);
    expect(await findOpenRequests({ id: foreign.id, userId: other.userId })).toEqual([]);
    expect(await findOpenRequests({ id: foreign.id, userId: person.userId })).toEqual([]);
    await transaction((tx) => suspendSparekeyAuthenticator(tx, phone));
    expect(await findOpenRequests(phone)).toEqual([]);
  });

  test("PU-03 nothing is asked for a login that is over", async () => {
    await mustSend();
    const prisma = await db();
    await prisma.loginChallenge.update({
      where: { id: challenge.id },
      data: { endedAt: new Date() },
    });
    expect(await findOpenRequests(phone)).toEqual([]);
    await expect(send()).rejects.toThrow(LoginChallengeOver);
  });

  test("PU-15 a screen that waits learns that its login is over", async () => {
    const id = await mustSend();
    const { token } = challenge;
    expect(await findRequestOfLogin(id, token)).toMatchObject({ state: "waiting" });
    await endLoginChallenge(token);
    expect(await findRequestOfLogin(id, token)).toMatchObject({ state: "replaced" });
  });

  test("PU-15 another browser's token finds nothing", async () => {
    const id = await mustSend();
    expect(await findRequestOfLogin(id, "another browser's token")).toBeUndefined();
  });
});

const send = (asked = challenge) =>
  transaction((tx) => createApprovalRequest(tx, { challenge: asked, from: FROM }));

async function mustSend(asked = challenge): Promise<string> {
  const result = await send(asked);
  if (!result.sent) throw new Error(`Nothing was sent: ${result.reason}.`);
  return result.id;
}

async function countRequests(): Promise<number> {
  const prisma = await db();
  return prisma.approvalRequest.count({ where: { userId: person.userId } });
}

async function denyNewest(): Promise<void> {
  const prisma = await db();
  const { id } = await prisma.approvalRequest.findFirstOrThrow({
    where: { userId: person.userId },
    orderBy: { createdAt: "desc" },
  });
  await prisma.approvalRequest.update({
    where: { id },
    data: { decision: "denied", answeredAt: new Date() },
  });
}

/** Moves every time of the person's requests back. */
async function makeOlder(minutes: number): Promise<void> {
  const prisma = await db();
  await prisma.$executeRaw`
    UPDATE "ApprovalRequest" SET "createdAt" = "createdAt" - make_interval(mins => ${minutes}::int),
      "expiresAt" = "expiresAt" - make_interval(mins => ${minutes}::int),
      "answeredAt" = "answeredAt" - make_interval(mins => ${minutes}::int)
    WHERE "userId" = ${person.userId}::uuid`;
}

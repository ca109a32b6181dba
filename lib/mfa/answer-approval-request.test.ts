import { beforeEach, describe, expect, test } from "vitest";
import { db, transaction } from "../db/client";
import { findEvents } from "../db/testing/events";
import { mailTo } from "../db/testing/mailboxes";
import {
  createChallenge,
  createPerson,
  FROM,
  type Person,
  setFailures,
} from "../db/testing/people";
import { storePhone } from "../db/testing/testing-phone";
import { type ApprovalAnswer, answerApprovalRequest } from "./answer-approval-request";
import {
  createApprovalRequest,
  findOpenRequests,
  findRequestOfLogin,
  findShownRequest,
} from "./approval-requests";
import { endLoginChallenge } from "./login-challenge";
import { findEnrolledMethods, usableMethods } from "./methods";
import {
  removeSparekeyAuthenticator,
  suspendSparekeyAuthenticator,
} from "./sparekey-authenticators";
import { verifyNotification } from "./verify-notification";

let person: Person;
let phone: { id: string; userId: string };
let challenge: Awaited<ReturnType<typeof createChallenge>>;
beforeEach(async () => {
  person = await createPerson();
  const { id } = await storePhone(person.userId);
  phone = { id, userId: person.userId };
  challenge = await createChallenge(person);
});

describe("the number", () => {
  test("PU-01 without it, or with anything but six digits, nothing is approved and nothing is counted", async () => {
    const { id } = await sent();
    for (const number of ["", "12345", "1234567", "12345a", " 12345", "１２３４５６"]) {
      expect(await approve(id, number)).toEqual({ answered: false, reason: "number" });
    }
    expect(await readRequest(id)).toMatchObject({ decision: null, wrongNumbers: 0 });
    expect(await failures()).toBe(0);
    expect(await carryOn()).toEqual({ verified: false, reason: "not-approved" });
  });

  test("PU-01 the right one approves, counts nothing, and notes the phone's use", async () => {
    const { id, number } = await sent();
    expect(await approve(id, number)).toEqual({ answered: true });
    expect(await readRequest(id)).toMatchObject({
      decision: "approved",
      authenticatorId: phone.id,
      wrongNumbers: 0,
    });
    expect(await failures()).toBe(0);
    const prisma = await db();
    const used = await prisma.sparekeyAuthenticator.findUniqueOrThrow({ where: { id: phone.id } });
    expect(used).toMatchObject({
      lastUsedAddress: FROM.address,
      lastUsedUserAgent: FROM.userAgent,
    });
    expect(await findEvents(person.userId)).toEqual(["notification_sent", "notification_approved"]);
  });

  test("PU-02 three wrong ones end the request, and the right one comes too late", async () => {
    const { id, number } = await sent();
    const left = [];
    for (let round = 0; round < 3; round++) left.push(await approve(id, wrong(number)));
    expect(left).toEqual([2, 1, 0].map((n) => ({ answered: false, reason: "wrong", left: n })));
    expect(await approve(id, number)).toEqual({ answered: false, reason: "over" });
    expect(await findShownRequest(challenge)).toMatchObject({ state: "wrong-numbers" });
  });

  test("PU-02 a new request keeps the count of wrong ones, and the fifth begins a wait", async () => {
    const first = await sent();
    for (let round = 0; round < 3; round++) await approve(first.id, wrong(first.number));
    const second = await sent();
    for (let round = 0; round < 2; round++) await approve(second.id, wrong(second.number));
    expect(await failures()).toBe(5);
    expect(await approve(second.id, second.number)).toMatchObject({ reason: "waiting" });
    const refused = await transaction((tx) => createApprovalRequest(tx, { challenge, from: FROM }));
    expect(refused).toMatchObject({ sent: false, reason: "waiting" });
  });

  test("PU-02 fifty wrong ones at once: three at most are judged", async () => {
    const { id, number } = await sent();
    const results = await Promise.all(Array.from({ length: 50 }, () => approve(id, wrong(number))));
    const judged = results.filter((result) => !result.answered && result.reason === "wrong");
    expect(judged.length).toBeGreaterThan(0);
    expect(judged.length).toBeLessThanOrEqual(3);
    expect(await failures()).toBe(judged.length);
    const prisma = await db();
    const { failures: onChallenge } = await prisma.loginChallenge.findUniqueOrThrow({
      where: { id: challenge.id },
    });
    expect(onChallenge).toBe(judged.length);
  });

  test("PU-02 TH-13 wrong ones count on the login: the tenth ends it", async () => {
    const prisma = await db();
    await prisma.loginChallenge.update({ where: { id: challenge.id }, data: { failures: 9 } });
    const { id, number } = await sent();
    await approve(id, wrong(number));
    expect(await approve(id, number)).toEqual({ answered: false, reason: "over" });
    expect(await carryOn()).toMatchObject({ verified: false });
  });

  test("TH-14 a hundred wrong ones disable the method, which stays enrolled", async () => {
    const { id, number } = await sent();
    await setFailures({ userId: person.userId, method: "notification" }, 99);
    expect(await approve(id, wrong(number))).toMatchObject({ reason: "wrong" });
    expect(await approve(id, number)).toEqual({ answered: false, reason: "disabled" });
    const methods = await findEnrolledMethods(person.userId);
    expect(methods.sparekeyAuthenticators).toHaveLength(1);
    expect(usableMethods(methods)).toEqual([]);
  });

  test("PU-02 the first wrong one of a login is told by mail", async () => {
    const { id, number } = await sent();
    await approve(id, wrong(number));
    await approve(id, wrong(number));
    expect(await mailTo(person, person.email)).toEqual(["method_failed"]);
  });

  test("TH-12 the event of a wrong one names who logs in, and the failure counts where the phone is", async () => {
    const onTheRoad = { address: "198.51.100.7", userAgent: "the phone" };
    const { id, number } = await sent();
    await approve(id, wrong(number), { from: onTheRoad });
    const prisma = await db();
    const event = await prisma.auditEvent.findFirst({
      where: { userId: person.userId, type: "method_failed" },
    });
    expect(event).toMatchObject(FROM);
    const counted = await prisma.rateLimiterFlexible.findMany({
      where: { key: { contains: "198.51.100." } },
    });
    expect(counted.map(({ points }) => points)).toEqual([1]);
  });
});

describe("one answer", () => {
  test("PU-03 two phones at once: one answer counts, whatever they say", async () => {
    for (let round = 0; round < 4; round++) {
      const other = { ...phone, id: (await storePhone(person.userId)).id };
      challenge = await createChallenge(person);
      const { id, number } = await sent();
      const results = await Promise.all([
        approve(id, number),
        approve(id, number, { authenticator: other }),
        deny(id, { authenticator: other }),
        deny(id),
      ]);
      expect(results.filter(({ answered }) => answered)).toHaveLength(1);
      expect(await failures()).toBe(0);
      const prisma = await db();
      await prisma.approvalRequest.deleteMany();
    }
  });

  test("PU-03 a second answer is refused", async () => {
    const { id, number } = await sent();
    await approve(id, number);
    expect(await approve(id, number)).toEqual({ answered: false, reason: "over" });
    expect(await deny(id)).toEqual({ answered: false, reason: "over" });
    expect(await readRequest(id)).toMatchObject({ decision: "approved" });
  });

  test("PU-03 what is expired, replaced or of a login that ended is not approved any more", async () => {
    const prisma = await db();
    const replaced = await sent();
    const expired = await sent();
    expect(await approve(replaced.id, replaced.number)).toMatchObject({ reason: "over" });
    await prisma.approvalRequest.update({
      where: { id: expired.id },
      data: { expiresAt: new Date() },
    });
    expect(await approve(expired.id, expired.number)).toMatchObject({ reason: "over" });
    expect(await deny(expired.id)).toMatchObject({ reason: "over" });
    const ended = await sent();
    await prisma.loginChallenge.update({
      where: { id: challenge.id },
      data: { endedAt: new Date() },
    });
    expect(await approve(ended.id, ended.number)).toMatchObject({ reason: "over" });
    expect(await failures()).toBe(0);
  });

  test("PU-07 T15 who leaves a login that they began is denied, counted and told of all the same", async () => {
    const { id } = await sent();
    await endLoginChallenge(challenge.token);
    expect(await deny(id)).toEqual({ answered: true });
    expect(await readRequest(id)).toMatchObject({ decision: "denied" });
    expect(await mailTo(person, person.email)).toEqual(["notification_denied"]);
  });

  test("PU-07 denying an older notification of a login ends the newer one, on screen and phone", async () => {
    const older = await sent();
    const newer = await sent();
    expect(await deny(older.id)).toEqual({ answered: true });
    expect(await findOpenRequests(phone)).toEqual([]);
    expect(await findRequestOfLogin(newer.id, challenge.token)).toMatchObject({ state: "denied" });
  });

  test("PU-03 approving while the request expires either counts or does not, and nothing breaks", async () => {
    const prisma = await db();
    for (let round = 0; round < 4; round++) {
      const { id, number } = await sent();
      const expiresAt = new Date(Date.now() + 5 * round);
      await prisma.approvalRequest.update({ where: { id }, data: { expiresAt } });
      const result = await approve(id, number);
      const { decision } = await readRequest(id);
      expect(decision).toBe(result.answered ? "approved" : null);
      expect(await failures()).toBe(0);
    }
  });

  test("PU-05 another person's phone, a suspended and a removed one are refused", async () => {
    const { id, number } = await sent();
    const stranger = await createPerson();
    const foreign = { id: (await storePhone(stranger.userId)).id, userId: stranger.userId };
    expect(await approve(id, number, { authenticator: foreign })).toMatchObject({
      reason: "unknown",
    });
    expect(await deny(id, { authenticator: foreign })).toMatchObject({ reason: "unknown" });
    await transaction((tx) => suspendSparekeyAuthenticator(tx, phone));
    expect(await approve(id, number)).toMatchObject({ reason: "suspended" });
    expect(await deny(id)).toMatchObject({ reason: "suspended" });
    await transaction((tx) => removeSparekeyAuthenticator(tx, phone));
    expect(await approve(id, number)).toMatchObject({ reason: "suspended" });
    expect(await readRequest(id)).toMatchObject({ decision: null, wrongNumbers: 0 });
  });
});

describe("This wasn't me", () => {
  test("PU-07 ends the login and is told, with where the login came from", async () => {
    const { id } = await sent();
    const away = { address: "203.0.113.9", userAgent: "The phone" };
    expect(await deny(id, { from: away })).toEqual({ answered: true });
    expect(await carryOn()).toMatchObject({ verified: false });
    await expect(sent()).rejects.toThrow();
    expect(await mailTo(person, person.email)).toEqual(["notification_denied"]);
    const prisma = await db();
    const event = await prisma.auditEvent.findFirstOrThrow({
      where: { userId: person.userId, type: "notification_denied" },
    });
    expect(event).toMatchObject({ ...FROM, methodName: "Chrome on Android" });
  });

  test("PU-04 T15 the third is on record as a pause", async () => {
    for (let round = 0; round < 3; round++) {
      challenge = await createChallenge(person);
      const { id } = await sent();
      await deny(id);
    }
    const events = await findEvents(person.userId);
    expect(events.filter((type) => type === "notifications_paused")).toHaveLength(1);
    expect(events.at(-1)).toBe("notifications_paused");
  });
});

const approve = (requestId: string, number: string, more: Partial<ApprovalAnswer> = {}) =>
  answerApprovalRequest({ ...answerOf(requestId), decision: "approved", number, ...more });

const deny = (requestId: string, more: Partial<ApprovalAnswer> = {}) =>
  answerApprovalRequest({ ...answerOf(requestId), decision: "denied", number: "", ...more });

const answerOf = (requestId: string) => ({
  authenticator: phone,
  requestId,
  from: FROM,
  onDenied: async () => undefined,
});

const carryOn = () => verifyNotification({ challenge, onSatisfied: async () => "in" });

const wrong = (number: string) => (number === "000000" ? "000001" : "000000");

async function sent(): Promise<{ id: string; number: string }> {
  const result = await transaction((tx) => createApprovalRequest(tx, { challenge, from: FROM }));
  if (!result.sent) throw new Error(`Nothing was sent: ${result.reason}.`);
  const shown = await findShownRequest(challenge);
  return { id: result.id, number: shown?.number ?? "" };
}

async function readRequest(id: string) {
  const prisma = await db();
  return prisma.approvalRequest.findUniqueOrThrow({ where: { id } });
}

async function failures(): Promise<number> {
  const prisma = await db();
  const row = await prisma.throttle.findFirst({
    where: { subject: person.userId, method: "notification" },
  });
  return row?.failures ?? 0;
}

import { beforeEach, describe, expect, test, vi } from "vitest";
import { db, transaction } from "../db/client";
import { findEvents } from "../db/testing/events";
import { mailTo } from "../db/testing/mailboxes";
import { createChallenge, createPerson, FROM, type Person, storeApp } from "../db/testing/people";
import { logInAs, readSession } from "../db/testing/signed-in";
import { storePhone } from "../db/testing/testing-phone";
import {
  createApprovalRequest,
  findOpenRequests,
  findShownRequest,
} from "../mfa/approval-requests";
import { codeAt } from "../mfa/authenticator-code";
import { findStepUp, type LoginChallenge } from "../mfa/login-challenge";
import { suspendSparekeyAuthenticator } from "../mfa/sparekey-authenticators";
import { createAccount } from "./accounts";
import { answerNotification } from "./answer-notification";
import { logInWithPassword } from "./log-in";
import { logInWithAuthenticatorApp, logInWithNotification } from "./log-in-with-method";
import { findSession } from "./session-rows";
import { sendStepUpNotification, stepUpWithNotification } from "./step-up";

vi.mock("../notices/push", () => ({ pushToAuthenticators: async () => undefined }));

const MINUTE = 60_000;
const WITH_PHONE = ["pwd", "mca", "mfa"];
const PASSWORD = "nine patient kites hum";

let person: Person;
let phone: { id: string; userId: string };
let challenge: LoginChallenge;
beforeEach(async () => {
  person = await createPerson();
  phone = { id: (await storePhone(person.userId)).id, userId: person.userId };
  challenge = await createChallenge(person);
});

describe("a login", () => {
  test("AM-01 with an approved notification is of level 2, by pwd, mca and mfa", async () => {
    await sendAndApprove(challenge);
    const result = await carryOn(challenge);
    const session = await findSession(result.verified ? result.value.token : "");
    expect(session).toMatchObject({ aal: 2, amr: WITH_PHONE, restrictedUntil: null });
    expect((await findEvents(person.userId)).slice(-1)).toEqual(["login"]);
  });

  test("PU-03 is not completed by the approval of another, in whichever order they began", async () => {
    const other = await createChallenge(person);
    await sendAndApprove(other);
    expect(await carryOn(challenge)).toEqual({ verified: false, reason: "not-approved" });
    expect(await carryOn(other)).toMatchObject({ verified: true });
    expect(await countSessions()).toBe(1);
  });

  test("PU-03 fifty parallel “Continue” make one session, and none after it", async () => {
    await sendAndApprove(challenge);
    const results = await Promise.all(Array.from({ length: 50 }, () => carryOn(challenge)));
    expect(results.filter(({ verified }) => verified)).toHaveLength(1);
    expect(await countSessions()).toBe(1);
    expect(await carryOn(challenge)).toMatchObject({ verified: false });
  });

  test("PU-03 an approval that is two minutes old completes nothing", async () => {
    await sendAndApprove(challenge);
    const prisma = await db();
    const answeredAt = new Date(Date.now() - 2 * MINUTE);
    await prisma.approvalRequest.updateMany({ data: { answeredAt } });
    expect(await carryOn(challenge)).toEqual({ verified: false, reason: "not-approved" });
    expect((await findShownRequest(challenge))?.state).toBe("expired");
  });

  test("PU-05 the phone has to be connected still", async () => {
    await sendAndApprove(challenge);
    await transaction((tx) => suspendSparekeyAuthenticator(tx, phone));
    expect(await carryOn(challenge)).toEqual({ verified: false, reason: "not-approved" });
    expect(await countSessions()).toBe(0);
  });

  test("PU-03 that ended is not completed, and nothing of the approval is used up", async () => {
    await sendAndApprove(challenge);
    const prisma = await db();
    await prisma.loginChallenge.update({
      where: { id: challenge.id },
      data: { endedAt: new Date() },
    });
    expect(await carryOn(challenge)).toEqual({ verified: false, reason: "challenge-over" });
    expect(
      await prisma.approvalRequest.count({
        where: { userId: person.userId, usedAt: { not: null } },
      }),
    ).toBe(0);
  });

  test("SE-05 with a phone on probation is restricted until its end", async () => {
    const probationUntil = new Date(Date.now() + 60 * MINUTE);
    const prisma = await db();
    await prisma.sparekeyAuthenticator.update({
      where: { id: phone.id },
      data: { probationUntil },
    });
    await sendAndApprove(challenge);
    const result = await carryOn(challenge);
    const session = await findSession(result.verified ? result.value.token : "");
    expect(session).toMatchObject({ restrictedUntil: probationUntil });
  });

  test("PU-04 settles what the limits counted, with whatever method it is completed", async () => {
    const { seed } = await storeApp(person.userId);
    await sendAndApprove(challenge, "denied");
    const other = await createChallenge(person);
    await transaction((tx) => createApprovalRequest(tx, { challenge: other, from: FROM }));
    const prisma = await db();
    const unsettled = () =>
      prisma.approvalRequest.count({ where: { userId: person.userId, settledAt: null } });
    expect(await unsettled()).toBe(2);
    const input = codeNow(seed);
    const result = await logInWithAuthenticatorApp({ ...requestOf(other), input });
    expect(result).toMatchObject({ verified: true });
    expect(await unsettled()).toBe(0);
  });
});

describe("a login that another method completes", () => {
  test("PU-07 takes its notification from the phone", async () => {
    await send(challenge);
    const other = await createChallenge(person);
    expect(await findOpenRequests(phone)).toHaveLength(1);
    expect(await logInWithApp(challenge)).toMatchObject({ verified: true });
    expect(await findOpenRequests(phone)).toEqual([]);
    expect((await findShownRequest(challenge))?.state).toBe("replaced");
    await send(other);
    expect(await findOpenRequests(phone)).toHaveLength(1);
  });

  test("PU-07 and is denied then: who got in is out again, and nobody says that they never were in", async () => {
    const { token: own } = await logInAs(person, WITH_PHONE);
    await send(challenge);
    const stolen = await logInWithApp(challenge);
    const token = stolen.verified ? stolen.value.token : "";
    expect(await findSession(token)).toBeDefined();
    expect(await denyNewest(challenge)).toEqual({ answered: true, hadGotIn: true });
    expect(await findSession(token)).toBeUndefined();
    expect(await findSession(own)).toBeDefined();
    expect(await mailTo(person, person.email)).toEqual(["session_denied"]);
    expect((await findEvents(person.userId)).slice(-2)).toEqual([
      "notification_denied",
      "session_ended",
    ]);
    expect((await findShownRequest(challenge))?.state).toBe("replaced");
    expect(await denyNewest(challenge)).toEqual({ answered: false, reason: "over" });
  });

  test("PU-07 and is denied then, after a new method gave the session another row", async () => {
    await send(challenge);
    expect(await logInWithApp(challenge)).toMatchObject({ verified: true });
    const { token: moved } = await logInAs(person, WITH_PHONE);
    const prisma = await db();
    await prisma.session.deleteMany({ where: { loginChallengeId: challenge.id } });
    expect(await denyNewest(challenge)).toMatchObject({ hadGotIn: true });
    expect(await findSession(moved)).toBeUndefined();
  });

  test("PU-07 and is denied at the same moment: no session is left, and the mail says what happened", async () => {
    for (let round = 0; round < 4; round++) {
      const owner = await createPerson();
      const { seed } = await storeApp(owner.userId);
      const authenticator = { id: (await storePhone(owner.userId)).id, userId: owner.userId };
      const login = await createChallenge(owner);
      await send(login);
      const [entered, denied] = await Promise.all([
        logInWithAuthenticatorApp({ ...requestOf(login), input: codeNow(seed) }),
        denyNewest(login, authenticator),
      ]);
      expect(denied).toEqual({ answered: true, ...(entered.verified && { hadGotIn: true }) });
      const prisma = await db();
      expect(await prisma.session.count({ where: { userId: owner.userId } })).toBe(0);
      const template = entered.verified ? "session_denied" : "notification_denied";
      expect(await mailTo(owner, owner.email)).toEqual([template]);
    }
  });
});

describe("the password", () => {
  test("PU-03 sends the first notification for the login that it begins, if the person begins with it", async () => {
    const owner = await signUp();
    await storePhone(owner.userId);
    const { sent, begun } = await givePassword(owner);
    expect(sent).toHaveLength(1);
    expect(sent[0]?.loginChallengeId).toBe(begun);
  });

  test("NX-06 sends none if the person begins with another method, or the password is wrong", async () => {
    const owner = await signUp();
    await storePhone(owner.userId);
    expect((await givePassword(owner, `${PASSWORD} not`)).sent).toEqual([]);
    await storeApp(owner.userId);
    const prisma = await db();
    const preferredMethod = "authenticator-app";
    await prisma.user.update({ where: { id: owner.userId }, data: { preferredMethod } });
    expect((await givePassword(owner)).sent).toEqual([]);
  });

  test("PU-04 T15 begins a login also when no more notifications are sent", async () => {
    const owner = await signUp();
    await storePhone(owner.userId);
    for (let round = 0; round < 7; round++) {
      const { verified, sent } = await givePassword(owner);
      expect(verified).toBe(true);
      expect(sent).toHaveLength(Math.min(5, round + 1));
    }
  });
});

describe("a step-up", () => {
  test("SE-07 PU-03 with an approved notification renews the session, which the approval of a login does not", async () => {
    const { token, session } = await logInAs(person, WITH_PHONE);
    await sendAndApprove(challenge);
    expect(await stepUp(session)).toEqual({ verified: false, reason: "not-approved" });
    await sendStepUpNotification({ session, returnTo: "/account", from: FROM });
    await approveNewest(await mustFindStepUp(session.id), "approved");
    const result = await stepUp(session);
    expect(result).toMatchObject({ verified: true });
    expect(await findSession(token)).toBeUndefined();
    const renewed = await readSession(result.verified ? result.value.token : "");
    expect(renewed).toMatchObject({ id: session.id, amr: WITH_PHONE });
  });

  test("PU-07 that is denied ends the session, and is told as what it is", async () => {
    const { token, session } = await logInAs(person, WITH_PHONE);
    const { token: other } = await logInAs(person, WITH_PHONE);
    await sendStepUpNotification({ session, returnTo: "/account", from: FROM });
    await approveNewest(await mustFindStepUp(session.id), "denied");
    expect(await findSession(token)).toBeUndefined();
    expect(await findSession(other)).toBeDefined();
    expect(await mailTo(person, person.email)).toEqual(["step_up_denied"]);
  });
});

const requestOf = (to: LoginChallenge) => ({
  challenge: to,
  previousToken: undefined,
  from: FROM,
});

const carryOn = (to: LoginChallenge) => logInWithNotification(requestOf(to));

const stepUp = (session: Awaited<ReturnType<typeof readSession>>) =>
  stepUpWithNotification({ session, returnTo: "/account", from: FROM });

async function sendAndApprove(
  to: LoginChallenge,
  decision: "approved" | "denied" = "approved",
): Promise<void> {
  await send(to);
  await approveNewest(to, decision);
}

async function send(to: LoginChallenge): Promise<void> {
  await transaction((tx) => createApprovalRequest(tx, { challenge: to, from: FROM }));
}

const codeNow = (seed: Parameters<typeof codeAt>[0]) =>
  codeAt(seed, Math.floor(Date.now() / 30_000));

async function logInWithApp(to: LoginChallenge) {
  const { seed } = await storeApp(to.userId);
  return logInWithAuthenticatorApp({ ...requestOf(to), input: codeNow(seed) });
}

async function denyNewest(to: { id: string; userId: string }, authenticator = phone) {
  const shown = await findShownRequest(to);
  const answer = {
    requestId: shown?.id ?? "",
    decision: "denied",
    number: "",
    from: FROM,
  } as const;
  return answerNotification({ authenticator, ...answer });
}

async function approveNewest(to: { id: string }, decision: "approved" | "denied"): Promise<void> {
  const shown = await findShownRequest({ id: to.id, userId: person.userId });
  const number = decision === "approved" ? (shown?.number ?? "") : "";
  const result = await answerNotification({
    authenticator: phone,
    requestId: shown?.id ?? "",
    decision,
    number,
    from: FROM,
  });
  expect(result).toEqual({ answered: true });
}

async function mustFindStepUp(sessionId: string): Promise<{ id: string }> {
  const found = await findStepUp(sessionId);
  if (!found) throw new Error("No step-up was begun.");
  return found;
}

async function countSessions(): Promise<number> {
  const prisma = await db();
  return prisma.session.count({ where: { userId: person.userId } });
}

async function signUp(): Promise<Person> {
  const email = `${crypto.randomUUID()}@example.org`;
  await createAccount(
    { name: "Ada", email, password: PASSWORD },
    { from: FROM, previousToken: undefined },
  );
  const prisma = await db();
  const { id: userId } = await prisma.user.findFirstOrThrow({ where: { email } });
  return { userId, email };
}

async function givePassword({ userId, email }: Person, password = PASSWORD) {
  const result = await logInWithPassword({
    email,
    password,
    returnTo: "/account",
    previousToken: undefined,
    from: FROM,
  });
  const prisma = await db();
  const begun = await prisma.loginChallenge.findFirst({
    where: { userId },
    orderBy: { createdAt: "desc" },
  });
  const sent = await prisma.approvalRequest.findMany({ where: { userId } });
  return { verified: result.verified, begun: begun?.id, sent };
}

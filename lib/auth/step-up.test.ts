import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { db, transaction } from "../db/client";
import { hashes } from "../db/testing/counted-hash-queue";
import {
  allow,
  createChallenge,
  createPerson,
  createPersonWithApp,
  FROM,
} from "../db/testing/people";
import { logInAs, readSession, WITH_APP, WITH_CODE } from "../db/testing/signed-in";
import { storePhone } from "../db/testing/testing-phone";
import { createApprovalRequest } from "../mfa/approval-requests";
import { codeAt } from "../mfa/authenticator-code";
import { beginStepUp } from "../mfa/login-challenge";
import { generateRecoveryCodeSet } from "../mfa/recovery-code-sets";
import { createAccount } from "./accounts";
import { findKeptForm, keepForm } from "./kept-form";
import { findSession, holdSession, SessionOver, SessionTooWeak } from "./session-rows";
import { stepUpWithAuthenticatorApp, stepUpWithPassword, stepUpWithRecoveryCode } from "./step-up";

vi.mock("../hash-queue", async (original) =>
  (await import("../db/testing/counted-hash-queue")).countHashes(await original()),
);

type Session = Awaited<ReturnType<typeof readSession>>;
const PASSWORD = "seven calm herons wade";
let owner: Awaited<ReturnType<typeof createPersonWithApp>>;
let codes: string[];

beforeEach(async () => {
  owner = await createPersonWithApp();
  codes = await generateCodes();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a step-up", () => {
  test("SE-04 SE-07 gives a new token and a new time, and the old token is dead", async () => {
    const { token, session } = await logInAs(owner, WITH_APP);
    makeLater({ minutes: 11 });
    await expect(hold(session, "fresh")).rejects.toThrow(SessionTooWeak);
    const renewed = await stepUpWithApp(session);
    expect(await findSession(token)).toBeUndefined();
    expect(renewed.id).toBe(session.id);
    await expect(hold(renewed, "unrestricted")).resolves.toMatchObject({ amr: WITH_APP });
  });

  test("SE-01 SE-12 moves no end: the session is over when it would have been", async () => {
    const { session } = await logInAs(owner, WITH_APP);
    makeLater({ minutes: 30 });
    expect((await stepUpWithApp(session)).expiresAt).toEqual(session.expiresAt);
  });

  test("SE-08 the password is not enough while a method is enrolled", async () => {
    const { token, session } = await logInAs(owner, WITH_APP);
    const before = await findSession(token);
    expect(await stepUpWithPassword({ ...request(session), input: PASSWORD })).toEqual({
      verified: false,
      reason: "needs-method",
    });
    expect(await findSession(token)).toEqual(before);
  });

  test("SE-08 the password is enough for an account that has nothing stronger, and a wrong one is not", async () => {
    const session = await signUp();
    makeLater({ minutes: 11 });
    const wrong = { ...request(session), input: "seven calm herons wode" };
    expect(await stepUpWithPassword(wrong)).toEqual({ verified: false, reason: "wrong" });
    await expect(hold(session, "fresh")).rejects.toThrow(SessionTooWeak);
    const result = await stepUpWithPassword({ ...request(session), input: PASSWORD });
    expect(result).toMatchObject({ verified: true });
    await expect(hold(session, "fresh")).resolves.toMatchObject({ amr: ["pwd"] });
  });

  test("SE-07 TH-13 a password that was changed while it was judged steps nothing up", async () => {
    const session = await signUp();
    makeLater({ minutes: 11 });
    hashes.count = 0;
    const stepUp = stepUpWithPassword({ ...request(session), input: PASSWORD });
    await vi.waitUntil(() => hashes.count === 1, { interval: 1 });
    const prisma = await db();
    const where = { id: session.userId };
    await prisma.user.update({ where, data: { passwordDigest: "changed" } });
    expect(await stepUp).toEqual({ verified: false, reason: "wrong" });
    await expect(hold(session, "fresh")).rejects.toThrow(SessionTooWeak);
  });

  test("LG-01 the wrong password that makes a session's person wait is recorded as one", async () => {
    const session = await signUp();
    const guess = () => stepUpWithPassword({ ...request(session), input: "not it at all" });
    const countWaits = async () =>
      (await db()).auditEvent.count({
        where: { userId: session.userId, type: "method_waiting", method: "password" },
      });
    for (let failure = 1; failure <= 4; failure++) await guess();
    expect(await countWaits()).toBe(0);
    expect(await guess()).toEqual({ verified: false, reason: "wrong" });
    expect(await countWaits()).toBe(1);
    expect(await guess()).toMatchObject({ verified: false, reason: "waiting" });
  });

  test("SE-12 a recovery code is spent, and restricts the session", async () => {
    const { session } = await logInAs(owner, WITH_APP);
    const result = await stepUpWithRecoveryCode({ ...request(session), input: codes[0] ?? "" });
    expect(result).toMatchObject({ verified: true });
    await expect(hold(session, "fresh")).resolves.toMatchObject({ amr: WITH_CODE });
    await expect(hold(session, "unrestricted")).rejects.toThrow(SessionTooWeak);
    const again = await stepUpWithRecoveryCode({ ...request(session), input: codes[0] ?? "" });
    expect(again).toMatchObject({ verified: false, reason: "wrong" });
  });

  test("SE-07 ten wrong answers end the session they were given in, and no other", async () => {
    const { session } = await logInAs(owner, WITH_APP);
    const elsewhere = await logInAs(owner, WITH_APP);
    for (let attempt = 0; attempt < 10; attempt++) {
      await (await db()).throttle.deleteMany();
      await stepUpWithAuthenticatorApp({ ...request(session), input: "000000" });
    }
    await expect(hold(session, "live")).rejects.toThrow(SessionOver);
    expect(await findSession(elsewhere.token)).toBeDefined();
  });

  test("SE-07 TH-13 many begun at once are one, so that ten wrong answers are all there are", async () => {
    for (let round = 0; round < 4; round++) {
      const { session } = await logInAs(owner, WITH_APP); // from the second on, the connections are open
      const begun = await Promise.all(Array.from({ length: 8 }, () => begin(session)));
      expect(new Set(begun.map(({ id }) => id)).size).toBe(1);
    }
  });

  test("SE-07 TH-13 one with less than two minutes left gets ten, and keeps failures and what was typed", async () => {
    const { session } = await logInAs(owner, WITH_APP);
    const values = { reason: "Holidays" };
    await keepForm({ session, path: "/account", values });
    const { id } = await begin(session);
    const inMinutes = (count: number) => new Date(Date.now() + count * 60_000);
    const late = { createdAt: inMinutes(-8.5), expiresAt: inMinutes(1.5), failures: 9 };
    await (await db()).loginChallenge.update({ where: { id }, data: late });
    const { expiresAt } = await begin(session);
    expect(expiresAt.getTime()).toBeGreaterThan(inMinutes(9).getTime());
    expect(await findKeptForm(session, "/account")).toEqual(values);
    await stepUpWithAuthenticatorApp({ ...request(session), input: "000000" });
    await expect(hold(session, "live")).rejects.toThrow(SessionOver);
  });

  test("SE-07 one with more than two minutes left goes on as it is", async () => {
    const { session } = await logInAs(owner, WITH_APP);
    const { id, expiresAt } = await begin(session);
    expect(await begin(session)).toMatchObject({ id, expiresAt });
  });

  test("SE-07 LG-01 it is recorded with its method", async () => {
    const { session } = await logInAs(owner, WITH_APP);
    await stepUpWithApp(session);
    const events = await (await db()).auditEvent.findMany({ where: { userId: owner.userId } });
    expect(events).toContainEqual(
      expect.objectContaining({
        type: "step_up",
        method: "authenticator-app",
        sessionId: session.id,
      }),
    );
  });

  test("PU-04 a step-up, like a login, forgets what the limits of notifications counted", async () => {
    const prisma = await db();
    const { userId } = owner;
    await storePhone(userId);
    const challenge = await createChallenge(owner);
    await transaction((tx) => createApprovalRequest(tx, { challenge, from: FROM }));
    const { session } = await logInAs(owner, WITH_APP);
    expect(await prisma.approvalRequest.count({ where: { userId, settledAt: null } })).toBe(1);
    await stepUpWithApp(session);
    expect(await prisma.approvalRequest.count({ where: { userId, settledAt: null } })).toBe(0);
  });

  test("SE-06 a session that was ended meanwhile is not stepped up", async () => {
    const { session } = await logInAs(owner, WITH_APP);
    await (await db()).session.deleteMany({ where: { id: session.id } });
    await expect(stepUpWithApp(session)).rejects.toThrow(SessionOver);
    expect(await (await db()).session.count({ where: { userId: owner.userId } })).toBe(0);
  });
});

describe("a restricted session", () => {
  test("SE-12 a login with a recovery code makes one, to its end", async () => {
    const { session } = await logInAs(owner, WITH_CODE);
    expect(session.restrictedUntil).toEqual(session.expiresAt);
    await expect(hold(session, "fresh")).resolves.toBeDefined();
    await expect(hold(session, "unrestricted")).rejects.toThrow(SessionTooWeak);
  });

  test("SE-12 the app that was enrolled before lifts it", async () => {
    const { session } = await logInAs(owner, WITH_CODE);
    const renewed = await stepUpWithApp(session);
    expect(renewed).toMatchObject({ amr: WITH_APP, restrictedUntil: null });
  });

  test("SE-12 an app that is on probation does not lift it, and after 72 hours it does", async () => {
    const { session } = await logInAs(owner, WITH_CODE);
    const probationUntil = new Date(Date.now() + 72 * 3_600_000);
    await (await db()).authenticatorApp.updateMany({
      where: { userId: owner.userId },
      data: { probationUntil },
    });
    const renewed = await stepUpWithApp(session);
    expect(renewed.restrictedUntil).toEqual(probationUntil);
    makeLater({ minutes: 72 * 60 });
    const { session: later } = await logInAs(owner, WITH_APP);
    await expect(hold(await stepUpWithApp(later), "unrestricted")).resolves.toBeDefined();
  });
});

/** The session of somebody who has a password and nothing more. */
async function signUp(): Promise<Session> {
  const email = `${randomUUID()}@example.org`;
  const account = { name: "Ada", email, password: PASSWORD };
  const created = await createAccount(account, { previousToken: undefined, from: FROM });
  if (!created.created) throw new Error("There is no account.");
  return readSession(created.session.token);
}

const request = (session: Session) => ({ session, returnTo: "/account", from: FROM });

const begin = ({ id, userId, email }: Session) =>
  beginStepUp({ sessionId: id, userId, email, returnTo: "/account" });

/** Steps up with the app's next unused code. */
async function stepUpWithApp(session: Session): Promise<Session> {
  const input = codeAt(owner.seed, Math.floor(Date.now() / 30_000));
  const result = await stepUpWithAuthenticatorApp({ ...request(session), input });
  if (!result.verified) throw new Error(result.reason);
  return readSession(result.value.token);
}

const hold = ({ id }: Session, demand: "live" | "fresh" | "unrestricted") =>
  transaction((tx) => holdSession(tx, id, demand));

function makeLater({ minutes }: { minutes: number }): void {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + minutes * 60_000 });
}

async function generateCodes(): Promise<string[]> {
  const result = await generateRecoveryCodeSet({
    userId: owner.userId,
    knownSetId: null,
    previous: "stop-now",
    steppedUpBy: WITH_APP,
    from: FROM,
    authorize: allow,
  });
  if (!result.generated) throw new Error(result.reason);
  return result.codes;
}

test("SE-07 a person without any session steps nothing up", async () => {
  const stranger = await createPerson();
  const { session } = await logInAs(owner, WITH_APP);
  const foreign = { ...session, userId: stranger.userId };
  const result = await stepUpWithAuthenticatorApp({ ...request(foreign), input: "123456" });
  expect(result).toMatchObject({ verified: false });
  await expect(hold(session, "live")).resolves.toMatchObject({ authTime: session.authTime });
});

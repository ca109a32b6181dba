import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { db, transaction } from "../db/client";
import { createChallenge, createPersonWithApp, FROM, setFailures } from "../db/testing/people";
import { codeAt } from "./authenticator-code";
import { hasMethod } from "./has-method";
import { findEnrolledMethods } from "./methods";
import { verifyAuthenticatorCode } from "./verify-authenticator-code";

const SECOND = 1000;
const STEP_START = new Date("2026-11-24T12:00:00Z"); // the first second of a time step

let owner: Awaited<ReturnType<typeof createPersonWithApp>>;
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: STEP_START });
  owner = await createPersonWithApp();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a time step is accepted once", () => {
  test("OT-04 the same code a second time is refused, and the next step's is accepted", async () => {
    expect(await answer(codeIn(0))).toMatchObject({ verified: true });
    expect(await answer(codeIn(0))).toEqual({ verified: false, reason: "already-used" });
    vi.setSystemTime(Date.now() + 30 * SECOND);
    expect(await answer(codeIn(0))).toMatchObject({ verified: true });
  });

  test("OT-04 after a step was used, the one before it is refused too", async () => {
    expect(await answer(codeIn(0))).toMatchObject({ verified: true });
    expect(await answer(codeIn(-1))).toEqual({ verified: false, reason: "already-used" });
  });

  test("OT-04 fifty parallel logins with one code: one session", async () => {
    const sessions: string[] = [];
    const challenges = await Promise.all(Array.from({ length: 50 }, () => createChallenge(owner)));
    const results = await Promise.all(
      challenges.map((challenge) =>
        verifyAuthenticatorCode({
          challenge,
          input: codeIn(0),
          from: FROM,
          onSatisfied: async () => sessions.push("one"),
        }),
      ),
    );
    expect(results.filter(({ verified }) => verified)).toHaveLength(1);
    expect(sessions).toHaveLength(1);
    vi.setSystemTime(Date.now() + 30 * SECOND);
    expect(await answer(codeIn(0)), "the losers start no wait").toMatchObject({ verified: true });
  });

  test("OT-04 a used code is no guess: ten of them count nothing", async () => {
    await answer(codeIn(0));
    for (let again = 0; again < 10; again++) {
      expect(await answer(codeIn(0))).toMatchObject({ reason: "already-used" });
    }
    expect(await failures()).toBe(0);
  });

  test("OT-04 a crash in the last step of the login leaves the time step unspent", async () => {
    const challenge = await createChallenge(owner);
    const crash = async () => {
      throw new Error("The power went out.");
    };
    const input = codeIn(0);
    await expect(
      verifyAuthenticatorCode({ challenge, input, from: FROM, onSatisfied: crash }),
    ).rejects.toThrow("power");
    expect(await answer(input)).toMatchObject({ verified: true });
  });
});

describe("the clock", () => {
  test("OT-05 thirty seconds late is accepted, sixty are not, and the future never is", async () => {
    expect(await answer(codeIn(-2))).toMatchObject({ reason: "wrong" });
    expect(await answer(codeIn(1))).toMatchObject({ reason: "wrong" });
    expect(await answer(codeIn(-1))).toMatchObject({ verified: true });
  });

  test("OT-06 time is the server's alone: the code of a phone that runs ahead is wrong until then", async () => {
    const code = codeIn(2);
    expect(await answer(code)).toMatchObject({ reason: "wrong" });
    vi.setSystemTime(Date.now() + 60 * SECOND);
    expect(await answer(code)).toMatchObject({ verified: true });
  });

  test("OT-12 a late code gets the answer of a wrong one, whose words point at the phone's clock", async () => {
    const late = await answer(codeIn(-3));
    const wrong = await answer(codeAt(Buffer.alloc(20), 1));
    expect(late).toEqual(wrong);
    const texts: { verify: { appWrong: string } } = JSON.parse(
      readFileSync("messages/en.json", "utf8"),
    );
    expect(texts.verify.appWrong).toMatch(/sets its time automatically/);
    expect(texts.verify.appWrong).not.toMatch(/late|early|expired|almost/i);
  });
});

describe("guessing", () => {
  test("OT-07 the hundredth failure disables the app: the right code is refused, and MFA stays on", async () => {
    await setFailures({ userId: owner.userId, method: "authenticator-app" }, 99);
    expect(await answer(codeIn(5))).toMatchObject({ reason: "wrong" });
    vi.setSystemTime(Date.now() + 24 * 3600 * SECOND);
    expect(await answer(codeIn(0))).toMatchObject({ verified: false, reason: "disabled" });
    expect(await transaction((tx) => hasMethod(tx, owner.userId))).toBe(true);
    expect((await findEnrolledMethods(owner.userId)).authenticatorApp?.disabled).toBe(true);
  });

  test("OT-07 five wrong codes start a wait, in which the right one is refused and not spent", async () => {
    for (let guess = 1; guess <= 5; guess++) await answer(codeIn(guess));
    const code = codeIn(1);
    expect(await answer(codeIn(0))).toEqual({
      verified: false,
      reason: "waiting",
      until: new Date(Date.now() + 30 * SECOND),
    });
    vi.setSystemTime(Date.now() + 30 * SECOND);
    expect(await answer(code)).toMatchObject({ verified: true });
    expect(await failures()).toBe(0);
  });

  test("OT-07 what is not six digits costs no attempt", async () => {
    for (const input of ["", "12345", "abcdef", "A3K7-9QXW-B4TN-HRZ8", "1".repeat(1_048_576)]) {
      expect(await answer(input)).toEqual({ verified: false, reason: "format" });
    }
    expect(await failures()).toBe(0);
  });

  test("OT-07 with no app at all six digits are an attempt like any other", async () => {
    const prisma = await db();
    await prisma.authenticatorApp.deleteMany({ where: { userId: owner.userId } });
    expect(await answer(codeIn(0))).toEqual({ verified: false, reason: "wrong" });
    expect(await failures()).toBe(1);
  });
});

/** The code that the owner's app shows this many steps from now. */
const codeIn = (steps: number) => codeAt(owner.seed, Date.now() / SECOND / 30 + steps);

async function answer(input: string) {
  const challenge = await createChallenge(owner);
  return verifyAuthenticatorCode({ challenge, input, from: FROM, onSatisfied: async () => "in" });
}

async function failures(): Promise<number> {
  const prisma = await db();
  const where = { subject: owner.userId, method: "authenticator-app" };
  return (await prisma.throttle.findFirst({ where }))?.failures ?? 0;
}

import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { db, transaction } from "../db/client";
import { hashes } from "../db/testing/counted-hash-queue";
import { createChallenge, createPersonWithApp, FROM, setFailures } from "../db/testing/people";
import { WAITING_PLACES } from "../hash-queue";
import { codeAt } from "./authenticator-code";
import { failureLimits } from "./failure-limits";
import { generateRecoveryCode } from "./generate-recovery-code";
import {
  MAX_FAILURES as CHALLENGE_FAILURES,
  MAX_SLIPS as CHALLENGE_SLIPS,
} from "./login-challenge";
import { formatRecoveryCode } from "./recovery-code";
import {
  clearFailures,
  findDisabledMethods,
  giveBackAttempt,
  MAX_FAILURES,
  reserveAttempt,
  type ThrottleKey,
  WAITS_SECONDS,
} from "./throttle";
import { verifyAuthenticatorCode } from "./verify-authenticator-code";
import { verifyRecoveryCode } from "./verify-recovery-code";

vi.mock("../hash-queue", async (original) =>
  (await import("../db/testing/counted-hash-queue")).countHashes(await original()),
);

const SECOND = 1000;
/** The last of them begins a wait, so it is free as well. */
const FREE = WAITS_SECONDS.findIndex((seconds) => seconds > 0) + 1;
const HOUR = 3600 * SECOND;

let key: ThrottleKey;
beforeEach(() => {
  key = { subject: randomUUID(), method: "recovery-codes" };
  vi.useFakeTimers({ toFake: ["Date"], now: new Date("2026-11-24T12:00:00Z") });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("the waits", () => {
  test("TH-05 five attempts are free, then each failure waits longer, up to an hour", async () => {
    const waits = [];
    for (let failure = 1; failure <= 14; failure++) waits.push(await failAndWait());
    const minutes = [0, 0, 0, 0, 0.5, 1, 2, 4, 8, 15, 30, 60, 60, 60];
    expect(waits).toEqual(minutes.map((wait) => wait * 60));
  });

  test("TH-05 RC-08 a hundred failures take 3.7 days, and then the method is disabled for good", async () => {
    const began = Date.now();
    for (let failure = 1; failure <= 100; failure++) await failAndWait();
    const days = (Date.now() - began - HOUR) / (24 * HOUR); // the last wait is after the last failure
    expect(days).toBeCloseTo(3.7, 1);
    vi.setSystemTime(Date.now() + 365 * 24 * HOUR);
    expect(await reserveAttempt(key)).toMatchObject({ reserved: false, reason: "disabled" });
    expect(await throttle()).toMatchObject({ failures: 100 });
  });

  test("TH-05 a password is never disabled, since strangers can fail at it: it waits an hour each time", async () => {
    key = { subject: randomUUID(), method: "password" };
    await setFailures({ userId: key.subject, method: "password" }, 250);
    for (let failure = 0; failure < 3; failure++) expect(await failAndWait()).toBe(3600);
  });

  test("TH-05 a refused attempt does not lengthen the wait", async () => {
    await setFailures({ userId: key.subject, method: key.method }, 6);
    await reserveAttempt(key);
    const { nextAttemptAt } = await throttle();
    for (let again = 0; again < 5; again++) {
      vi.setSystemTime(Date.now() + 10 * SECOND);
      expect(await reserveAttempt(key)).toEqual({
        reserved: false,
        reason: "waiting",
        until: nextAttemptAt,
      });
    }
    expect(await throttle()).toMatchObject({ failures: 7, nextAttemptAt });
  });

  test("TH-05 what a person is told agrees with what is enforced", async () => {
    const { subject } = key;
    await setFailures({ userId: subject, method: "recovery-codes" }, 4);
    await reserveAttempt(key);
    await setFailures({ userId: subject, method: "authenticator-app" }, 100);
    expect(await findDisabledMethods(subject)).toEqual(["authenticator-app"]);
  });
});

describe("counting before judging", () => {
  test("TH-03 a hundred addresses have one counter", async () => {
    const person = await createPersonWithApp();
    const results = [];
    for (let host = 1; host <= 100; host++) {
      const from = { address: `198.51.100.${host}`, userAgent: `Browser ${host}` };
      results.push(await guessRecoveryCode(person, from));
    }
    const wrong = results.filter((result) => !result.verified && result.reason === "wrong");
    const waiting = results.filter((result) => !result.verified && result.reason === "waiting");
    expect([wrong.length, waiting.length]).toEqual([5, 95]);
  });

  test("TH-03 the failures of one method or one person do not slow another", async () => {
    await setFailures({ userId: key.subject, method: key.method }, 100);
    const others: ThrottleKey[] = [
      { subject: key.subject, method: "authenticator-app" },
      { subject: randomUUID(), method: key.method },
    ];
    for (const other of others) {
      expect(await reserveAttempt(other)).toMatchObject({ reserved: true });
    }
  });

  test("TH-04 five hundred recovery codes at once, none refused as busy: five are judged", async () => {
    const person = await createPersonWithApp();
    hashes.count = 0;
    const reasons = [];
    for (let wave = 0; wave < 10; wave++) {
      const guesses = Array.from({ length: 50 }, () => guessRecoveryCode(person));
      reasons.push(
        ...(await Promise.all(guesses)).map((result) => !result.verified && result.reason),
      );
    }
    expect(reasons.filter((reason) => reason === "wrong")).toHaveLength(5);
    expect(reasons.filter((reason) => reason === "waiting")).toHaveLength(495);
    expect(hashes.count).toBe(5);
  });

  test("TH-04 five hundred app codes at once: five are judged", async () => {
    const person = await createPersonWithApp();
    const challenge = await createChallenge(person);
    const wrong = codeAt(person.seed, 1); // of 1970
    const results = await Promise.all(
      Array.from({ length: 500 }, () =>
        verifyAuthenticatorCode({
          challenge,
          input: wrong,
          from: FROM,
          onSatisfied: async () => 1,
        }),
      ),
    );
    const judged = results.filter((result) => !result.verified && result.reason === "wrong");
    expect(judged).toHaveLength(5);
    expect(await throttleOf(person.userId, "authenticator-app")).toMatchObject({ failures: 5 });
  });

  test("TH-04 RC-08 at 99 failures a hundred parallel guesses get one more judged", async () => {
    const person = await createPersonWithApp();
    await setFailures({ userId: person.userId, method: "recovery-codes" }, 99);
    hashes.count = 0;
    await Promise.all(Array.from({ length: 50 }, () => guessRecoveryCode(person)));
    await Promise.all(Array.from({ length: 50 }, () => guessRecoveryCode(person)));
    expect(hashes.count).toBe(1);
    expect(await throttleOf(person.userId, "recovery-codes")).toMatchObject({ failures: 100 });
  });
});

describe("what is written about it", () => {
  const inWords = (seconds: number) => (seconds < 60 ? `${seconds} s` : `${seconds / 60}`);
  const waits = [...new Set(WAITS_SECONDS.filter((seconds) => seconds > 0))].slice(0, -1);

  test("TH-07 the decision names every limit as it is in force", () => {
    const text = read("docs/decisions/006-throttle-and-standards.md");
    const { windowSeconds, address, doors, all } = failureLimits();
    const number = (value: number) => value.toLocaleString("en-US");
    for (const sentence of [
      `${FREE} failures in a row are free`,
      `waits of ${waits.map(inWords).join(", ")} minutes, then an hour each`,
      `${MAX_FAILURES} failures in a row`,
      `${address} failures in ${windowSeconds / 60} minutes (\`FAILURES_PER_ADDRESS\`)`,
      `${number(doors.password)} at the password, ${number(doors["setup-token"])} at the setup token, ${number(doors["mail-link"])} at mailed links, ${number(doors["pairing-phrase"])} at phrases`,
      `${number(all)} failures in ${windowSeconds / 60} minutes (\`FAILURES_IN_ALL\`;`,
      `${CHALLENGE_FAILURES} wrong answers, or ${CHALLENGE_SLIPS} that were no guess`,
      `${WAITING_PLACES} that wait`,
    ]) {
      expect(text).toContain(sentence);
    }
    expect(WAITS_SECONDS.at(-1)).toBe(3600);
  });

  test("TH-07 the README names the waits as they are in force", () => {
    const [last, ...others] = waits.map((seconds) => seconds / 60).reverse();
    const minutes = others.reverse().slice(1).join(", ");
    const sentence = `waits of 30 seconds, ${minutes} and ${last} minutes, then an hour each; at a hundred in a row`;
    expect(read("README.md")).toContain(sentence);
    expect(waits[0]).toBe(30);
    expect(MAX_FAILURES).toBe(100);
  });

  /** A document on one line, its tables' padding gone. */
  const read = (file: string) => readFileSync(file, "utf8").replace(/\s+/g, " ");
});

test("TH-05 where no wait runs, a server whose clock is behind refuses nobody", async () => {
  await reserve();
  await transaction((tx) => clearFailures(tx, key));
  vi.setSystemTime(Date.now() - 5 * SECOND);
  await giveBackAttempt(await reserve());
  expect(await reserveAttempt(key)).toMatchObject({ reserved: true });
});

describe("giving back", () => {
  test("RC-06 an attempt that was no guess is given back with the wait it began", async () => {
    await setFailures({ userId: key.subject, method: key.method }, 8);
    await giveBackAttempt(await reserve());
    expect(await throttle()).toMatchObject({ failures: 8 });
    expect(await reserveAttempt(key)).toMatchObject({ reserved: true });
    expect(await throttle()).toMatchObject({ failures: 9 });
  });

  test("TH-04 giving back after a success cannot erase the failure of somebody else", async () => {
    const early = await reserve();
    await transaction((tx) => clearFailures(tx, key));
    await reserve(); // a guess, after the success
    await giveBackAttempt(early);
    expect(await throttle()).toMatchObject({ failures: 1 });
  });

  test("TH-04 a count never falls below zero", async () => {
    const reservation = await reserve();
    for (let again = 0; again < 3; again++) await giveBackAttempt(reservation);
    expect(await throttle()).toMatchObject({ failures: 0 });
  });

  test("TH-06 a success forgets the failures of its own method alone", async () => {
    const app: ThrottleKey = { subject: key.subject, method: "authenticator-app" };
    await setFailures({ userId: key.subject, method: key.method }, 7);
    await setFailures({ userId: key.subject, method: app.method }, 7);
    await transaction((tx) => clearFailures(tx, key));
    expect(await throttle()).toMatchObject({ failures: 0 });
    expect(await throttleOf(app.subject, app.method)).toMatchObject({ failures: 7 });
  });
});

/** Fails once and goes to the end of the wait, but not before; returns the wait in seconds. */
async function failAndWait(): Promise<number> {
  await reserve();
  const { nextAttemptAt } = await throttle();
  const wait = Math.max(0, nextAttemptAt.getTime() - Date.now());
  if (wait > 0) {
    vi.setSystemTime(nextAttemptAt.getTime() - 1);
    expect(await reserveAttempt(key)).toMatchObject({ reserved: false });
    vi.setSystemTime(nextAttemptAt);
  }
  return wait / SECOND;
}

async function reserve() {
  const result = await reserveAttempt(key);
  if (!result.reserved) throw new Error(`The attempt was refused: ${result.reason}.`);
  return result.reservation;
}

const throttle = () => throttleOf(key.subject, key.method);

async function throttleOf(subject: string, method: string) {
  const prisma = await db();
  return prisma.throttle.findUniqueOrThrow({
    where: { subject_method_lane: { subject, method, lane: "" } },
  });
}

async function guessRecoveryCode(person: { userId: string; email: string }, from = FROM) {
  const input = formatRecoveryCode(generateRecoveryCode({ letter: "A", number: 1 }));
  const challenge = await createChallenge(person);
  return verifyRecoveryCode({ challenge, input, from, onSatisfied: async () => "in" });
}

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { db, transaction } from "../db/client";
import { allow, createPersonWithApp, FROM } from "../db/testing/people";
import { WITH_APP } from "../db/testing/signed-in";
import {
  beginLoginChallenge,
  findLoginChallenge,
  findSatisfiedChallenge,
} from "../mfa/login-challenge";
import { generateRecoveryCodeSet } from "../mfa/recovery-code-sets";
import { logInWithRecoveryCode } from "./log-in-with-method";
import { findSession } from "./session-rows";

// The code was spent and the session made, but the browser never got the answer with its cookie.

let owner: Awaited<ReturnType<typeof createPersonWithApp>>;
let codes: string[];
beforeEach(async () => {
  owner = await createPersonWithApp();
  const { userId } = owner;
  const result = await generateRecoveryCodeSet({
    userId,
    knownSetId: null,
    previous: "stop-now",
    steppedUpBy: WITH_APP,
    from: FROM,
    authorize: allow,
  });
  codes = result.generated ? result.codes : [];
});
afterEach(() => {
  vi.useRealTimers();
});

test("RC-05 NA-02 the same code for the same challenge gives a fresh token for the one session, and the lost token is dead", async () => {
  const browser = await begin();
  const lost = await enter(browser, codes[0]);
  const found = await enter(browser, codes[0]);
  expect(await findSession(lost)).toBeUndefined();
  expect(await findSession(found)).toMatchObject({ userId: owner.userId, aal: 2 });
  const prisma = await db();
  expect(await prisma.session.count({ where: { userId: owner.userId } })).toBe(1);
  const spent = { userId: owner.userId, usedAt: { not: null } };
  expect(await prisma.recoveryCode.count({ where: spent })).toBe(1);
  expect(await prisma.throttle.findMany({ where: { subject: owner.userId } })).toMatchObject([
    { failures: 0 },
  ]);
});

test("RC-05 after a minute it is over", async () => {
  const browser = await begin();
  const token = await enter(browser, codes[0]);
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 61_000 });
  expect(await findSatisfiedChallenge(browser)).toBeUndefined();
  expect(await findSession(token)).toBeDefined();
});

test("RC-05 another code, a wrong one, or the same code on another challenge gives nothing", async () => {
  const browser = await begin();
  const token = await enter(browser, codes[0]);
  const challenge = await findSatisfiedChallenge(browser);
  if (!challenge) throw new Error("There is no challenge.");
  for (const input of [codes[1] ?? "", "B3K7-9QXW-B4TN-HRZ8"]) {
    expect(await logIn(challenge, input)).toMatchObject({ verified: false });
  }
  const other = await findLoginChallenge(await begin());
  expect(other && (await logIn(other, codes[0] ?? ""))).toMatchObject({ reason: "wrong" });
  expect(await findSession(token)).toBeDefined();
  const unused = { userId: owner.userId, usedAt: null };
  expect(await (await db()).recoveryCode.count({ where: unused })).toBe(9);
});

test("SE-06 a session that was ended meanwhile does not come back", async () => {
  const browser = await begin();
  await enter(browser, codes[0]);
  await (await db()).session.deleteMany({ where: { userId: owner.userId } });
  const challenge = await findSatisfiedChallenge(browser);
  const result = challenge && (await logIn(challenge, codes[0] ?? ""));
  expect(result).toMatchObject({ verified: false, reason: "challenge-over" });
  expect(await (await db()).session.count({ where: { userId: owner.userId } })).toBe(0);
});

test("RC-06 two at once that both began before the first was answered make one session, and one fails", async () => {
  const challenge = await findLoginChallenge(await begin());
  if (!challenge) throw new Error("There is no challenge.");
  const both = [logIn(challenge, codes[0] ?? ""), logIn(challenge, codes[0] ?? "")];
  const results = await Promise.all(both);
  expect(results.filter(({ verified }) => verified)).toHaveLength(1);
});

type Challenge = NonNullable<Awaited<ReturnType<typeof findLoginChallenge>>>;

const logIn = (challenge: Challenge, input: string) =>
  logInWithRecoveryCode({ challenge, input, previousToken: undefined, from: FROM });

async function begin(): Promise<string> {
  const { token } = await transaction((tx) =>
    beginLoginChallenge(tx, { userId: owner.userId, returnTo: "/account", from: FROM }),
  );
  return token;
}

/** Sends a code as the browser with this challenge does; returns the session's token. */
async function enter(browser: string, code = ""): Promise<string> {
  const challenge = (await findLoginChallenge(browser)) ?? (await findSatisfiedChallenge(browser));
  const result = challenge && (await logIn(challenge, code));
  if (!result?.verified) throw new Error(result?.reason ?? "There is no challenge.");
  return result.value.token;
}

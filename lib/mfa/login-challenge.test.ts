import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { db, transaction } from "../db/client";
import { dumpDatabase, spellingsOf } from "../db/testing/dump";
import { allow, createPersonWithApp, FROM, type Person } from "../db/testing/people";
import { codeAt } from "./authenticator-code";
import { generateRecoveryCode } from "./generate-recovery-code";
import {
  beginLoginChallenge,
  endLoginChallenge,
  endLoginChallengesOf,
  findLoginChallenge,
  type LoginChallenge,
  LoginChallengeOver,
  recordChallengeSlip,
  satisfyLoginChallenge,
} from "./login-challenge";
import { formatRecoveryCode } from "./recovery-code";
import { generateRecoveryCodeSet } from "./recovery-code-sets";
import { verifyAuthenticatorCode } from "./verify-authenticator-code";
import { verifyRecoveryCode } from "./verify-recovery-code";

const MINUTE = 60_000;

let person: Person & { seed: Buffer };
beforeEach(async () => {
  person = await createPersonWithApp();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("the token", () => {
  test("TH-13 it has 256 random bits, and the database has no trace of it but a hash", async () => {
    const tokens = [await begin(), await begin()];
    const dump = await dumpDatabase();
    for (const token of tokens) {
      expect(Buffer.from(token, "base64url")).toHaveLength(32);
      for (const spelling of spellingsOf(token)) expect(dump).not.toContain(spelling);
      const bytes = Buffer.from(token, "base64url");
      expect(dump).not.toContain(bytes.toString("hex"));
    }
    expect(tokens[0]).not.toBe(tokens[1]);
  });

  test("TH-01 it opens its own person's challenge, and nothing else is one", async () => {
    const token = await begin("/account/activity");
    expect(await findLoginChallenge(token)).toMatchObject({
      userId: person.userId,
      email: person.email,
      returnTo: "/account/activity",
    });
    for (const other of ["", "x", token.slice(1), `${token}A`, token.toLowerCase()]) {
      expect(await findLoginChallenge(other), other).toBeUndefined();
    }
    const prisma = await db();
    const { tokenHash } = await prisma.loginChallenge.findFirstOrThrow({
      where: { userId: person.userId },
    });
    expect(await findLoginChallenge(tokenHash), "the hash is no token").toBeUndefined();
  });
});

describe("the end of a challenge", () => {
  test("TH-13 after ten minutes it is over", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const token = await begin();
    vi.setSystemTime(Date.now() + 10 * MINUTE - 1);
    expect(await findLoginChallenge(token)).toBeDefined();
    vi.setSystemTime(Date.now() + 1);
    expect(await findLoginChallenge(token)).toBeUndefined();
  });

  test("TH-13 NA-02 a success ends it: it makes one session", async () => {
    const token = await begin();
    const challenge = await found(token);
    expect(await answerWithApp(challenge, rightCode())).toMatchObject({ verified: true });
    expect(await findLoginChallenge(token)).toBeUndefined();
    await expect(
      transaction((tx) => satisfyLoginChallenge(tx, challenge, "authenticator-app")),
    ).rejects.toThrow(LoginChallengeOver);
  });

  test("TH-13 of two answers at once one satisfies it", async () => {
    const challenge = await found(await begin());
    const satisfied = await Promise.allSettled(
      Array.from({ length: 5 }, () =>
        transaction((tx) => satisfyLoginChallenge(tx, challenge, "authenticator-app")),
      ),
    );
    expect(satisfied.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  test("TH-13 ten failures end it, whichever methods they were of", async () => {
    const token = await begin();
    const challenge = await found(token);
    for (let guess = 1; guess <= 10; guess++) {
      expect(await findLoginChallenge(token), `before failure ${guess}`).toBeDefined();
      const result = await (guess % 2
        ? answerWithApp(challenge, codeAt(person.seed, guess))
        : answerWithCode(challenge, wrongRecoveryCode()));
      expect(result).toMatchObject({ verified: false, reason: "wrong" });
    }
    expect(await findLoginChallenge(token)).toBeUndefined();
  });

  test("TH-13 thirty slips end it, and the thirtieth is the first that does", async () => {
    const token = await begin();
    const { id } = await found(token);
    for (let slip = 1; slip < 30; slip++) await recordChallengeSlip(id);
    expect(await findLoginChallenge(token)).toBeDefined();
    expect(await answerWithCode(await found(token), "A1B2")).toMatchObject({ reason: "typo" });
    expect(await findLoginChallenge(token)).toBeUndefined();
  });

  test("TH-13 a password change ends all of the person's challenges and nobody else's", async () => {
    const tokens = [await begin(), await begin()];
    const stranger = await createPersonWithApp();
    const theirs = await begin("/account", stranger);
    await transaction((tx) => endLoginChallengesOf(tx, person.userId));
    for (const token of tokens) expect(await findLoginChallenge(token)).toBeUndefined();
    expect(await findLoginChallenge(theirs)).toBeDefined();
  });

  test("TH-13 starting over ends it, and a disabled person has none", async () => {
    const [left, disabled] = [await begin(), await begin()];
    await endLoginChallenge(left);
    expect(await findLoginChallenge(left)).toBeUndefined();
    const challenge = await found(disabled);
    const prisma = await db();
    await prisma.user.update({
      where: { id: person.userId },
      data: { disabledAt: new Date() },
    });
    expect(await findLoginChallenge(disabled)).toBeUndefined();
    expect(await answerWithApp(challenge, rightCode())).toMatchObject({ reason: "challenge-over" });
  });
});

describe("an answer to a challenge that ended on the way", () => {
  test("TH-01 the right app code is refused, and neither step nor attempt is spent", async () => {
    const challenge = await found(await begin());
    await transaction((tx) => endLoginChallengesOf(tx, person.userId));
    expect(await answerWithApp(challenge, rightCode())).toMatchObject({ reason: "challenge-over" });
    const prisma = await db();
    const [throttle] = await prisma.throttle.findMany({ where: { subject: person.userId } });
    expect(throttle).toMatchObject({ method: "authenticator-app", failures: 0 });
    expect(await answerWithApp(await found(await begin()), rightCode())).toMatchObject({
      verified: true,
    });
  });

  test("TH-01 the right recovery code is refused and stays unspent", async () => {
    const [code = ""] = await generateCodes(person);
    const challenge = await found(await begin());
    await transaction((tx) => endLoginChallengesOf(tx, person.userId));
    expect(await answerWithCode(challenge, code)).toMatchObject({ reason: "challenge-over" });
    expect(await answerWithCode(await found(await begin()), code)).toMatchObject({
      verified: true,
    });
  });

  test("TH-01 neither another person's code nor another person's app answers it", async () => {
    const stranger = await createPersonWithApp();
    const [theirCode = ""] = await generateCodes(stranger);
    const [ownCode = ""] = await generateCodes(person);
    const challenge = await found(await begin());
    const theirApp = codeAt(stranger.seed, currentStep());
    expect(await answerWithApp(challenge, theirApp)).toMatchObject({ reason: "wrong" });
    expect(await answerWithCode(challenge, theirCode)).toMatchObject({ reason: "wrong" });
    expect(await answerWithCode(challenge, ownCode)).toMatchObject({ verified: true });
  });
});

async function begin(returnTo = "/account", { userId } = person): Promise<string> {
  const { token } = await transaction((tx) =>
    beginLoginChallenge(tx, { userId, returnTo, from: FROM }),
  );
  return token;
}

async function found(token: string): Promise<LoginChallenge> {
  const challenge = await findLoginChallenge(token);
  if (!challenge) throw new Error("There is no challenge.");
  return challenge;
}

const currentStep = () => Math.floor(Date.now() / 30_000);
const rightCode = () => codeAt(person.seed, currentStep());
const wrongRecoveryCode = () =>
  formatRecoveryCode(generateRecoveryCode({ letter: "A", number: 1 }));

const answerWithApp = (challenge: LoginChallenge, input: string) =>
  verifyAuthenticatorCode({ challenge, input, from: FROM, onSatisfied: async () => "in" });

const answerWithCode = (challenge: LoginChallenge, input: string) =>
  verifyRecoveryCode({ challenge, input, from: FROM, onSatisfied: async () => "in" });

async function generateCodes({ userId }: Person): Promise<string[]> {
  const request = { userId, knownSetId: null, steppedUpBy: ["otp"], from: FROM, authorize: allow };
  const result = await generateRecoveryCodeSet(request);
  if (!result.generated) throw new Error(result.reason);
  return result.codes;
}

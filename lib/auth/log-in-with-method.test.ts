import { beforeEach, describe, expect, test } from "vitest";
import { db, transaction } from "../db/client";
import { allow, createPersonWithApp, FROM } from "../db/testing/people";
import { beginAuthenticatorApp } from "../mfa/authenticator-app";
import { codeAt } from "../mfa/authenticator-code";
import {
  beginLoginChallenge,
  findLoginChallenge,
  type LoginChallenge,
} from "../mfa/login-challenge";
import { findLiveSet, generateRecoveryCodeSet } from "../mfa/recovery-code-sets";
import { parseEmailAddress } from "./email-address";
import { enrollAuthenticatorApp } from "./enroll-authenticator-app";
import { logInWithAuthenticatorApp, logInWithRecoveryCode } from "./log-in-with-method";
import { findSession, openSession } from "./session-rows";

let owner: Awaited<ReturnType<typeof createPersonWithApp>>;
let codes: string[];
let setId: string;
beforeEach(async () => {
  owner = await createPersonWithApp();
  ({ codes, setId } = await generateCodes(null));
});

describe("a burst", () => {
  test("RC-06 fifty parallel uses of one code make one session, and the owner's next code works at once", async () => {
    const [code = "", next = ""] = codes;
    const challenges = await beginMany(50);
    const results = await Promise.all(challenges.map((challenge) => enterCode(challenge, code)));
    expect(results.filter(({ verified }) => verified)).toHaveLength(1);
    const refusals = results.flatMap((result) => (result.verified ? [] : [result.reason]));
    expect(refusals).toHaveLength(49);
    expect(refusals.filter((reason) => reason !== "wrong" && reason !== "waiting")).toEqual([]);
    expect(await countSessions()).toBe(1);
    expect(await findLiveSet(owner.userId)).toMatchObject({ left: 9 });
    expect(await enterCode(await begin(), next)).toMatchObject({ verified: true });
    expect(await countSessions()).toBe(2);
  });

  test("RC-06 fifty parallel uses of one code on one challenge make one session", async () => {
    const [code = "", next = ""] = codes;
    const challenge = await begin();
    const results = await Promise.all(Array.from({ length: 50 }, () => enterCode(challenge, code)));
    expect(results.filter(({ verified }) => verified)).toHaveLength(1);
    expect(await countSessions()).toBe(1);
    expect(await enterCode(await begin(), next)).toMatchObject({ verified: true });
  });

  test("RC-06 two different codes at once on two challenges make two sessions", async () => {
    const [one, two] = await beginMany(2);
    if (!one || !two) throw new Error("There are no challenges.");
    const results = await Promise.all([enterCode(one, codes[0]), enterCode(two, codes[1])]);
    expect(results).toMatchObject([{ verified: true }, { verified: true }]);
    expect(await countSessions()).toBe(2);
    expect(await findLiveSet(owner.userId)).toMatchObject({ left: 8 });
  });

  test("RC-06 RC-14 an old code used while its set is replaced gets in or is refused, and nothing breaks", async () => {
    for (let round = 0; round < 6; round++) {
      const challenges = await beginMany(4);
      const [logins, generation] = await Promise.all([
        Promise.all(challenges.map((challenge, index) => enterCode(challenge, codes[index]))),
        generateCodes(setId),
      ]);
      for (const result of logins) {
        if (!result.verified) expect(["wrong", "replaced"]).toContain(result.reason);
      }
      expect(await findLiveSet(owner.userId)).toMatchObject({ id: generation.setId, left: 10 });
      ({ codes, setId } = generation);
    }
  });

  test("OT-04 OT-08 an app used while it is replaced gets in or is refused, and nothing breaks", async () => {
    const display = { issuer: "Sparekey", account: owner.email };
    for (let round = 0; round < 6; round++) {
      await (await db()).throttle.deleteMany(); // an app that lost the race is a wrong answer, rightly
      const session = await sessionOf(["pwd", "otp", "mfa"]);
      const pendingOwner = { userId: owner.userId, sessionId: session.id };
      const { setupKey } = await beginAuthenticatorApp(pendingOwner, display);
      const seed = fromBase32(setupKey);
      const challenge = await begin();
      const [login, enrollment] = await Promise.all([
        logInWithAuthenticatorApp({ ...request(challenge), input: currentCode(owner.seed) }),
        enrollAuthenticatorApp({
          session,
          previous: "replaced",
          input: currentCode(seed),
          display,
          from: FROM,
        }),
      ]);
      expect(enrollment).toMatchObject({ verified: true });
      if (!login.verified) expect(["wrong", "already-used"]).toContain(login.reason);
      owner = { ...owner, seed };
    }
  });
});

describe("the session that a method makes", () => {
  test("SE-12 AM-01 a recovery code gives level 2 with its private value, never otp", async () => {
    const result = await enterCode(await begin(), codes[0]);
    const session = result.verified && (await findSession(result.value.token));
    expect(session).toMatchObject({
      aal: 2,
      amr: ["pwd", "recovery", "mfa"],
      userId: owner.userId,
    });
  });

  test("SE-12 AM-01 an app gives level 2 with otp", async () => {
    const input = currentCode(owner.seed);
    const result = await logInWithAuthenticatorApp({ ...request(await begin()), input });
    const session = result.verified && (await findSession(result.value.token));
    expect(session).toMatchObject({ aal: 2, amr: ["pwd", "otp", "mfa"], userId: owner.userId });
  });

  test("SE-04 the browser's session from before the login is dead after it", async () => {
    const { token: previousToken } = await transaction((tx) =>
      openSession(tx, { userId: owner.userId, amr: ["pwd"], previousToken: undefined, from: FROM }),
    );
    const challenge = await begin();
    const result = await logInWithRecoveryCode({
      ...request(challenge),
      input: codes[0] ?? "",
      previousToken,
    });
    expect(result).toMatchObject({ verified: true });
    expect(await findSession(previousToken)).toBeUndefined();
    expect(result.verified && result.value.token).not.toBe(previousToken);
  });

  test("NA-02 no answer but the right one makes a session", async () => {
    const challenge = await begin();
    for (const input of [
      "",
      "123456",
      codes[0]?.slice(1) ?? "",
      codes[0]?.replace("-", "A") ?? "",
    ]) {
      expect(await enterCode(challenge, input)).toMatchObject({ verified: false });
    }
    expect(await countSessions()).toBe(0);
  });

  test("LG-01 the login is recorded with its method, code number and source, without the code", async () => {
    await enterCode(await begin(), codes[4]);
    const prisma = await db();
    const events = await prisma.auditEvent.findMany({ where: { userId: owner.userId } });
    expect(events).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ type: "recovery_code_used", setLetter: "A", codeNumber: 5 }),
        expect.objectContaining({ type: "login", method: "recovery-codes", address: FROM.address }),
      ]),
    );
    expect(JSON.stringify(events)).not.toContain(codes[4]?.slice(5));
  });
});

async function begin(): Promise<LoginChallenge> {
  const { token } = await transaction((tx) =>
    beginLoginChallenge(tx, { userId: owner.userId, returnTo: "/account", from: FROM }),
  );
  const challenge = await findLoginChallenge(token);
  if (!challenge) throw new Error("There is no challenge.");
  return challenge;
}

const beginMany = (count: number) => Promise.all(Array.from({ length: count }, begin));

const request = (challenge: LoginChallenge) => ({
  challenge,
  previousToken: undefined,
  from: FROM,
});

const enterCode = (challenge: LoginChallenge, input = "") =>
  logInWithRecoveryCode({ ...request(challenge), input });

const currentCode = (seed: Uint8Array) => codeAt(seed, Math.floor(Date.now() / 30_000));

function fromBase32(key: string): Buffer {
  const bits = [...key]
    .map((symbol) =>
      "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(symbol).toString(2).padStart(5, "0"),
    )
    .join("");
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}

async function generateCodes(knownSetId: string | null) {
  const result = await generateRecoveryCodeSet({
    userId: owner.userId,
    knownSetId,
    previous: "stop-now",
    steppedUpBy: ["pwd", "otp", "mfa"],
    from: FROM,
    authorize: allow,
  });
  if (!result.generated) throw new Error(result.reason);
  return { codes: result.codes, setId: result.set.id };
}

async function sessionOf(amr: string[]) {
  const { userId, email } = owner;
  const { token } = await transaction((tx) =>
    openSession(tx, { userId, amr, previousToken: undefined, from: FROM }),
  );
  const row = await findSession(token);
  const address = parseEmailAddress(email);
  if (!row || !address) throw new Error("There is no session.");
  return { ...row, ...row.user, email: address };
}

async function countSessions(): Promise<number> {
  const prisma = await db();
  return prisma.session.count({ where: { userId: owner.userId } });
}

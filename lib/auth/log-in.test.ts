import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { db } from "../db/client";
import { hashes } from "../db/testing/counted-hash-queue";
import { appOwner, FROM, storeApp } from "../db/testing/people";
import { TEST_SECRETS } from "../db/testing/test-environment";
import { takeHashPlace } from "../hash-queue";
import { beginAuthenticatorApp } from "../mfa/authenticator-app";
import { findLoginChallenge } from "../mfa/login-challenge";
import { createAccount } from "./accounts";
import { parseEmailAddress } from "./email-address";
import { logInWithPassword } from "./log-in";
import { passwordThrottle } from "./password-throttle";
import { findSession } from "./session-rows";

vi.mock("../hash-queue", async (original) =>
  (await import("../db/testing/counted-hash-queue")).countHashes(await original()),
);

const PASSWORD = "mauve tugboats sing";
const WRONG = { verified: false, reason: "wrong" };

let person: { userId: string; email: string };
beforeAll(async () => {
  person = await signUp();
});
beforeEach(() => {
  hashes.count = 0;
});
afterEach(async () => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  vi.resetModules();
  await (await db()).throttle.deleteMany();
});

describe("who gets in", () => {
  test("PW-01 the right password of a person without a method gives a session of level 1", async () => {
    const result = await logIn(person.email, PASSWORD);
    const token = result.verified ? (result.session?.token ?? "") : "";
    expect(await findSession(token)).toMatchObject({ userId: person.userId, aal: 1, amr: ["pwd"] });
  });

  test("NA-02 TH-01 with a method enrolled there is a challenge and no session, in any form", async () => {
    const owner = await signUp();
    await storeApp(owner.userId);
    const prisma = await db();
    await prisma.session.deleteMany({ where: { userId: owner.userId } });
    const result = await logIn(owner.email, PASSWORD);
    expect(result).toEqual({
      verified: true,
      challenge: { token: expect.any(String), expiresAt: expect.any(Date) },
    });
    expect(await prisma.session.count({ where: { userId: owner.userId } })).toBe(0);
    const token = result.verified ? (result.challenge?.token ?? "") : "";
    expect(await findSession(token), "NA-06 a challenge's token is no session's").toBeUndefined();
    expect(await findLoginChallenge(token)).toMatchObject({ userId: owner.userId });
  });

  test("OT-08 an enrollment that was begun and abandoned asks for no code", async () => {
    const owner = await signUp();
    await beginAuthenticatorApp(appOwner(owner.userId), {
      issuer: "Sparekey",
      account: owner.email,
    });
    expect(await logIn(owner.email, PASSWORD)).toMatchObject({
      session: { token: expect.any(String) },
    });
  });

  test("T29 PW-02 address and password may be typed in another spelling", async () => {
    expect(await logIn(` ${person.email.toUpperCase()} `, PASSWORD)).toMatchObject({
      verified: true,
    });
    const owner = await signUp("café noir au lait");
    expect(await logIn(owner.email, "cafe\u0301 noir au lait")).toMatchObject({ verified: true });
    expect(await logIn(owner.email, "cafe noir au lait")).toEqual(WRONG);
  });

  test("SE-04 the browser's session from before the login is dead after it", async () => {
    const first = await logIn(person.email, PASSWORD);
    const previousToken = first.verified ? first.session?.token : undefined;
    await logIn(person.email, PASSWORD, previousToken);
    expect(await findSession(previousToken ?? "")).toBeUndefined();
  });
});

describe("who does not", () => {
  test("TH-10 unknown, wrong, disabled: one answer and one hash each, and all wait alike", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const disabled = await signUp();
    const prisma = await db();
    await prisma.user.update({ where: { id: disabled.userId }, data: { disabledAt: new Date() } });
    const attempts = [
      () => logIn("nobody@example.org", PASSWORD),
      () => logIn(person.email, "mauve tugboats sink"),
      () => logIn(disabled.email, PASSWORD),
    ];
    for (let failure = 1; failure <= 5; failure++) {
      for (const attempt of attempts) {
        hashes.count = 0;
        expect(await attempt()).toEqual(WRONG);
        expect(hashes.count).toBe(1);
      }
    }
    hashes.count = 0;
    const until = new Date(Date.now() + 30_000);
    for (const attempt of attempts) {
      expect(await attempt()).toEqual({ verified: false, reason: "waiting", until });
    }
    expect(await logIn(person.email, PASSWORD), "the right one waits too").toMatchObject({ until });
    expect(hashes.count).toBe(0);
  });

  test("TH-10 nobody can read in the database which addresses were tried", async () => {
    await logIn("nobody@example.org", PASSWORD);
    const prisma = await db();
    const [row] = await prisma.throttle.findMany();
    expect(row?.subject).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(JSON.stringify(row)).not.toMatch(/nobody|example/);
  });

  test("TH-08 TH-06 a stranger without the password touches no counter but the password's", async () => {
    const owner = await signUp();
    await storeApp(owner.userId);
    for (let guess = 0; guess < 4; guess++) await logIn(owner.email, `wrong guess number ${guess}`);
    expect(await findLoginChallenge("A".repeat(43))).toBeUndefined();
    const prisma = await db();
    const counters = await prisma.throttle.findMany({ select: { method: true, failures: true } });
    expect(counters).toEqual([{ method: "password", failures: 4 }]);
    await logIn(owner.email, PASSWORD);
    expect(await prisma.throttle.findMany({ select: { failures: true } })).toEqual([
      { failures: 0 },
    ]);
  });

  test("PW-09 no address at all and a megabyte of password cost no hash and no count", async () => {
    expect(await logIn("ada", PASSWORD)).toEqual(WRONG);
    expect(await logIn(person.email, "x".repeat(1_048_576))).toEqual(WRONG);
    expect(hashes.count).toBe(0);
    expect(await (await db()).throttle.count()).toBe(0);
  });

  test("PW-09 when the hash queue is full, the answer is busy and nothing is counted", async () => {
    const places = [];
    for (let place = takeHashPlace("passwords"); place; place = takeHashPlace("passwords"))
      places.push(place);
    expect(await logIn(person.email, "mauve tugboats sink")).toEqual({
      verified: false,
      reason: "busy",
    });
    expect(await (await db()).throttle.count()).toBe(0);
    for (const place of places) place.release();
    expect(await logIn(person.email, PASSWORD)).toMatchObject({ verified: true });
  });

  test("TH-13 a password that was changed, or an account disabled, while it was judged opens nothing", async () => {
    for (const data of [{ passwordDigest: "changed" }, { disabledAt: new Date() }]) {
      const owner = await signUp();
      hashes.count = 0;
      const login = logIn(owner.email, PASSWORD);
      await vi.waitUntil(() => hashes.count === 1, { interval: 1 });
      const prisma = await db();
      await prisma.user.update({ where: { id: owner.userId }, data });
      expect(await login, Object.keys(data).join()).toEqual(WRONG);
    }
  });
});

describe("a digest that is due for another", () => {
  test("PW-07 PW-08 a login with cost 11 stores a digest of cost 11, and the password still works", async () => {
    const owner = await signUp();
    expect(await digestOf(owner)).toContain(":$2b$10$");
    const raised = await serverWith({ BCRYPT_COST: "11" });
    expect(await raised(owner.email, "mauve tugboats sink")).toEqual(WRONG);
    expect(await digestOf(owner), "a wrong password changes nothing").toContain(":$2b$10$");
    expect(await raised(owner.email, PASSWORD)).toMatchObject({ verified: true });
    expect(await digestOf(owner)).toContain(":$2b$11$");
    expect(await raised(owner.email, PASSWORD)).toMatchObject({ verified: true });
  });

  test("PW-07 a login after a rotation stores a digest of the new key", async () => {
    const owner = await signUp();
    const newer = `newer:${Buffer.alloc(32, "another key").toString("base64")}`;
    const rotated = await serverWith({ SECRETS: `${newer},${TEST_SECRETS}` });
    expect(await rotated(owner.email, PASSWORD)).toMatchObject({ verified: true });
    expect(await digestOf(owner)).toMatch(/^hmac-sha384\+bcrypt:newer:/);
    expect(await rotated(owner.email, PASSWORD)).toMatchObject({ verified: true });
  });

  test("TH-10 a wait survives a rotation", async () => {
    const address = parseEmailAddress("nobody@example.org");
    if (!address) throw new Error("That is no address.");
    const { subject } = passwordThrottle(address);
    vi.resetModules();
    const newer = `newer:${Buffer.alloc(32, "another key").toString("base64")}`;
    vi.stubEnv("SECRETS", `${newer},${TEST_SECRETS}`);
    const rotated = await import("./password-throttle");
    expect(rotated.passwordThrottle(address).subject).toBe(subject);
  });
});

async function signUp(password = PASSWORD) {
  const email = `${crypto.randomUUID()}@example.org`;
  await createAccount({ name: "Ada", email, password }, { previousToken: undefined, from: FROM });
  const prisma = await db();
  const { id } = await prisma.user.findFirstOrThrow({ where: { email } });
  return { userId: id, email };
}

function logIn(email: string, password: string, previousToken?: string) {
  return logInWithPassword({ email, password, returnTo: "/account", previousToken, from: FROM });
}

async function digestOf({ userId }: { userId: string }): Promise<string> {
  const prisma = await db();
  return (await prisma.user.findUniqueOrThrow({ where: { id: userId } })).passwordDigest;
}

/** The login of a server that was started with these variables. */
async function serverWith(variables: Record<string, string>) {
  vi.resetModules();
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  const server = await import("./log-in");
  return (email: string, password: string) =>
    server.logInWithPassword({
      email,
      password,
      returnTo: "/account",
      previousToken: undefined,
      from: FROM,
    });
}

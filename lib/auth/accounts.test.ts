import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { db } from "../db/client";
import { hashes } from "../db/testing/counted-hash-queue";
import { dumpDatabase, spellingsOf } from "../db/testing/dump";
import { createPerson, FROM } from "../db/testing/people";
import { createAccount, createAdministrator } from "./accounts";
import { findSession } from "./session-rows";
import { administratorExists, setupToken } from "./setup-token";

vi.mock("../hash-queue", async (original) =>
  (await import("../db/testing/counted-hash-queue")).countHashes(await original()),
);

const PASSWORD = "mauve tugboats sing";
const REQUEST = { previousToken: undefined, from: FROM };

let email: string;
beforeEach(() => {
  email = `${crypto.randomUUID()}@example.org`;
  hashes.count = 0;
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.resetModules();
});

// First in this file: they need a database without an administrator.
describe("the first administrator", () => {
  const administer = (token: string) =>
    createAdministrator(
      {
        setupToken: token,
        name: "Ada",
        email: `${crypto.randomUUID()}@example.org`,
        password: PASSWORD,
      },
      REQUEST,
    );

  test("LC-11 a new database has no account, and without the setup token none becomes administrator", async () => {
    const prisma = await db();
    expect(await prisma.user.count()).toBe(0);
    for (const token of [
      "",
      "x",
      setupToken().slice(1),
      `${setupToken()}x`,
      setupToken().toUpperCase(),
    ]) {
      expect(await administer(token)).toEqual({
        created: false,
        refusal: { reason: "setup-token" },
      });
    }
    expect(hashes.count).toBe(0);
    expect(await administratorExists()).toBe(false);
  });

  test("LC-11 the setup token has at least 128 bits and comes from SECRETS, the same on every server", async () => {
    const token = setupToken();
    expect(token).toMatch(/^[A-Za-z0-9_-]{32}$/);
    vi.resetModules();
    expect((await import("./setup-token")).setupToken()).toBe(token);
    vi.resetModules();
    vi.stubEnv("SECRETS", `test:${Buffer.alloc(32, "not it").toString("base64")}`);
    expect((await import("./setup-token")).setupToken()).not.toBe(token);
    vi.resetModules();
    vi.stubEnv("SETUP_TOKEN", "a token of the operator");
    expect((await import("./setup-token")).setupToken()).toBe("a token of the operator");
  });

  test("LC-11 ten who have the token at once make one administrator", async () => {
    const results = await Promise.all(Array.from({ length: 10 }, () => administer(setupToken())));
    expect(results.filter(({ created }) => created)).toHaveLength(1);
    expect(results.filter(({ created }) => !created)).toEqual(
      Array.from({ length: 9 }, () => ({ created: false, refusal: { reason: "already-set-up" } })),
    );
    const prisma = await db();
    expect(await prisma.user.findMany({ select: { role: true } })).toEqual([
      { role: "ADMINISTRATOR" },
    ]);
    expect(await administratorExists()).toBe(true);
    expect(await administer(setupToken())).toMatchObject({ refusal: { reason: "already-set-up" } });
  });
});

describe("signing up", () => {
  test("PW-01 an account begins with a session of level 1, whose person is a user", async () => {
    const result = await signUp();
    const session = result.created && (await findSession(result.session.token));
    expect(session).toMatchObject({
      aal: 1,
      amr: ["pwd"],
      user: { email, name: "Ada", role: "USER" },
    });
  });

  test("PW-01 fourteen characters are refused and fifteen make an account", async () => {
    const fourteen = await signUp({ password: "mauve tugboats" });
    expect(fourteen).toEqual({
      created: false,
      refusal: {
        reason: "invalid",
        fields: { password: { reason: "too-short", minimum: 15, length: 14 } },
      },
    });
    expect(hashes.count).toBe(0);
    expect(await signUp({ password: "mauve tugboats!" })).toMatchObject({ created: true });
  });

  test("PW-05 the person's own address and name are no password", async () => {
    for (const password of [email, `Grace Hopper 1906!`]) {
      expect(await signUp({ name: "Grace Hopper", password })).toMatchObject({
        refusal: { fields: { password: { reason: "personal" } } },
      });
    }
  });

  test("AX-08 every wrong field is told at once, and nothing is stored", async () => {
    const wrong = await signUp({ name: " ", email: "ada", password: "mauve" });
    expect(wrong).toMatchObject({
      refusal: {
        reason: "invalid",
        fields: { name: true, email: true, password: { reason: "too-short" } },
      },
    });
    for (const name of [
      "",
      "x".repeat(101),
      "Ada\nBcc: eve@example.org",
      "Ada\u0000",
      "\u202eadA",
    ]) {
      expect(await signUp({ name })).toMatchObject({ refusal: { fields: { name: true } } });
    }
    expect(hashes.count).toBe(0);
  });

  test("a name of any script is taken, its joiners too", async () => {
    expect(await signUp({ name: "علی\u200cرضا" })).toMatchObject({ created: true });
  });

  test("T29 ten sign-ups at once with look-alikes of one address make one account", async () => {
    const spellings = [
      email,
      email.toUpperCase(),
      email.replace("@", "＠"),
      ` ${email}`,
      `${email} `,
    ];
    const results = await Promise.all(
      [...spellings, ...spellings].map((spelling) => signUp({ email: spelling })),
    );
    expect(results.filter(({ created }) => created)).toHaveLength(1);
    expect(results.filter(({ created }) => !created)).toEqual(
      Array.from({ length: 9 }, () => ({ created: false, refusal: { reason: "taken" } })),
    );
    const prisma = await db();
    const users = await prisma.user.findMany({ where: { email }, include: { sessions: true } });
    expect(users.map(({ sessions }) => sessions.length)).toEqual([1]);
  });

  test("SE-04 the browser's session so far ends with the new account", async () => {
    const first = await signUp();
    const previousToken = first.created ? first.session.token : undefined;
    email = `${crypto.randomUUID()}@example.org`;
    await signUp({}, { ...REQUEST, previousToken });
    expect(await findSession(previousToken ?? "")).toBeUndefined();
  });

  test("LG-02 the database has no trace of the password", async () => {
    await signUp();
    const dump = await dumpDatabase();
    expect(dump).toContain(email);
    for (const spelling of spellingsOf(PASSWORD)) expect(dump).not.toContain(spelling);
  });

  test("PW-09 when the hash queue is full, nothing is made and the answer is busy", async () => {
    const { takeHashPlace } = await import("../hash-queue");
    const places = [];
    for (let place = takeHashPlace("passwords"); place; place = takeHashPlace("passwords"))
      places.push(place);
    expect(await signUp()).toEqual({ created: false, refusal: { reason: "busy" } });
    for (const place of places) place.release();
    expect(await signUp()).toMatchObject({ created: true });
  });

  test("LC-11 with SIGNUP=closed nobody can make an account", async () => {
    vi.resetModules();
    vi.stubEnv("SIGNUP", "closed");
    const closed = await import("./accounts");
    expect(closed.isSignupOpen()).toBe(false);
    const input = { name: "Ada", email, password: PASSWORD };
    expect(await closed.createAccount(input, REQUEST)).toEqual({
      created: false,
      refusal: { reason: "closed" },
    });
  });

  test("LG-04 an address that is taken costs its owner nothing", async () => {
    const owner = await createPerson();
    expect(await signUp({ email: owner.email })).toEqual({
      created: false,
      refusal: { reason: "taken" },
    });
    const prisma = await db();
    expect(await prisma.user.findFirst({ where: { email: owner.email } })).toMatchObject({
      id: owner.userId,
      passwordDigest: "none",
    });
  });
});

const signUp = (
  input: { name?: string; email?: string; password?: string } = {},
  request = REQUEST as Request,
) => createAccount({ name: "Ada", email, password: PASSWORD, ...input }, request);

type Request = Parameters<typeof createAccount>[1];

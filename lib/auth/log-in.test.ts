import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { db, transaction } from "../db/client";
import { hashes } from "../db/testing/counted-hash-queue";
import {
  appOwner,
  createChallenge,
  createPersonWithApp,
  FROM,
  storeApp,
} from "../db/testing/people";
import { TEST_SECRETS } from "../db/testing/test-environment";
import { takeHashPlace } from "../hash-queue";
import { beginAuthenticatorApp } from "../mfa/authenticator-app";
import { codeAt } from "../mfa/authenticator-code";
import { countFailure } from "../mfa/failure-limits";
import { findLoginChallenge } from "../mfa/login-challenge";
import { verifyAuthenticatorCode } from "../mfa/verify-authenticator-code";
import { parseEmailAddress } from "./email-address";
import { addPerson, type KnownBrowser } from "./known-browser";
import { logInWithPassword } from "./log-in";
import { digestPassword, digestPasswordLike } from "./password-digest";
import { passwordThrottle } from "./password-throttle";
import { findSession, openSession } from "./session-rows";

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
  const prisma = await db();
  await prisma.throttle.deleteMany();
  await prisma.rateLimiterFlexible.deleteMany();
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

describe("several accounts with one address", () => {
  test("TH-10 one hash judges them all, and each is opened by its own password", async () => {
    const email = newAddress();
    const first = await signUpUnverified(email, "mauve tugboats sing");
    const second = await signUpUnverified(email, "green tugboats sing", first);
    const third = await signUpUnverified(email, "beige tugboats sing", first);
    for (const [index, account] of [first, second, third].entries()) {
      hashes.count = 0;
      const color = ["mauve", "green", "beige"][index];
      expect(await logIn(email, `${color} tugboats sing`)).toMatchObject({
        verified: true,
        userId: account.userId,
      });
      expect(hashes.count).toBe(1);
    }
    hashes.count = 0;
    expect(await logIn(email, "black tugboats sing")).toEqual(WRONG);
    expect(hashes.count).toBe(1);
  });

  test("with one password for two, the verified one is opened, or else the older", async () => {
    const email = newAddress();
    const older = await signUpUnverified(email, PASSWORD);
    const younger = await signUpUnverified(email, PASSWORD, older);
    expect(await logIn(email, PASSWORD)).toMatchObject({ userId: older.userId });
    await verify(younger);
    expect(await logIn(email, PASSWORD)).toMatchObject({ userId: younger.userId });
  });

  test("a digest with another salt, and a disabled account, are no candidates", async () => {
    const email = newAddress();
    const older = await signUpUnverified(email, PASSWORD);
    await signUpUnverified(email, "green tugboats sing");
    expect(await logIn(email, "green tugboats sing")).toEqual(WRONG);
    const younger = await signUpUnverified(email, "beige tugboats sing", older);
    await disable(older);
    expect(await logIn(email, PASSWORD)).toEqual(WRONG);
    expect(await logIn(email, "beige tugboats sing")).toEqual(WRONG); // the first one is now another
    await (await db()).user.deleteMany({ where: { email, id: { not: younger.userId } } });
    expect(await logIn(email, "beige tugboats sing")).toMatchObject({ userId: younger.userId });
  });

  test("TH-04 whoever has an account at somebody's address clears no failures by using it", async () => {
    const { email, owner, stranger } = await ownerAndStranger();
    await logIn(email, stranger.password); // its first time is a guess at the owner's, see below
    for (let guess = 1; guess <= 3; guess++) {
      expect(await logIn(email, `a guess number ${guess}`)).toEqual(WRONG);
      expect(await logIn(email, stranger.password)).toMatchObject({ verified: true });
      expect(await failuresAt(email)).toBe(guess + 1);
    }
    expect(await logIn(email, "a guess number 4")).toEqual(WRONG);
    expect(await logIn(email, stranger.password)).toMatchObject({ reason: "waiting" });
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 31_000 });
    expect(await logIn(email, owner.password)).toMatchObject({ userId: owner.userId });
    expect(await failuresAt(email)).toBe(0);
  });

  test("TH-04 accounts made at somebody's address are no free guesses at the password", async () => {
    const { email, owner, stranger } = await ownerAndStranger();
    let judged = 0;
    for (let guess = 1; guess <= 20; guess++) {
      const password = `a stranger's password ${guess}`;
      await signUpUnverified(email, password, owner);
      if ((await logIn(email, password)).verified) judged += 1;
    }
    expect(judged).toBe(5);
    await (await db()).throttle.deleteMany();
    for (let change = 1; change <= 6; change++) {
      const changed = await logIn(email, stranger.password);
      expect(changed.verified, `with its password changed ${change} times`).toBe(change <= 5);
      const prisma = await db();
      const passwordChangedAt = new Date(Date.now() + change * 1000);
      await prisma.user.update({ where: { id: stranger.userId }, data: { passwordChangedAt } });
    }
  });

  test("TH-10 an account nobody verified counts alike at a free address and at a taken one", async () => {
    const { email: taken, stranger } = await ownerAndStranger();
    const free = newAddress();
    const alone = await signUpUnverified(free, "green tugboats sing");
    const seen = [];
    for (const [email, { password }] of [
      [taken, stranger],
      [free, alone],
    ] as const) {
      const answers = [];
      for (const typed of [password, "wrong", password, "wrong", "wrong", password, "wrong", "x"]) {
        const result = await logIn(email, typed);
        answers.push([result.verified || result.reason, await failuresAt(email)]);
      }
      seen.push(answers);
    }
    expect(seen[0]).toEqual(seen[1]);
  });

  test("a failure is in the history of the address's owner, and in that of no stranger", async () => {
    const { email, owner } = await ownerAndStranger();
    const unclaimed = newAddress();
    await signUpUnverified(unclaimed, PASSWORD);
    await logIn(email, "not the password");
    await logIn(unclaimed, "not the password");
    const prisma = await db();
    const events = await prisma.auditEvent.findMany({
      where: { type: "login_failed" },
      orderBy: { at: "desc" },
      take: 2,
    });
    expect(events.map(({ userId }) => userId)).toEqual([null, owner.userId]);
  });

  test("PW-07 an account nobody verified keeps its salt, so that one hash goes on judging all", async () => {
    const email = newAddress();
    const first = await signUpUnverified(email, PASSWORD);
    const second = await signUpUnverified(email, "green tugboats sing", first);
    const before = await digestOf(first);
    const raised = await serverWith({ BCRYPT_COST: "11" });
    expect(await raised(email, PASSWORD)).toMatchObject({ userId: first.userId });
    expect(await digestOf(first)).toBe(before);
    expect(await raised(email, "green tugboats sing")).toMatchObject({ userId: second.userId });
  });
});

describe("a known browser", () => {
  test("T03 a flood of strangers from everywhere keeps nobody out of their own browser", async () => {
    const known = addPerson([], person.userId);
    await (await db()).throttle.deleteMany();
    for (let guess = 1; guess <= 200; guess++) {
      const from = { ...FROM, address: `198.51.100.${guess}` };
      await logIn(person.email, `a guess number ${guess}`, undefined, [], from);
    }
    expect(await logIn(person.email, PASSWORD)).toMatchObject({ reason: "waiting" });
    expect(await logIn(person.email, PASSWORD, undefined, known)).toMatchObject({ verified: true });
    expect(await failuresAt(person.email), "and their count stays").toBe(5);
  });

  test("T03 an unknown browser waits with the strangers, and no longer than the wait it is told", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    for (let guess = 1; guess <= 50; guess++) await logIn(person.email, `a guess number ${guess}`);
    const told = await logIn(person.email, PASSWORD);
    if (told.verified || told.reason !== "waiting") throw new Error("Nobody waits.");
    vi.setSystemTime(told.until.getTime());
    expect(await logIn(person.email, PASSWORD)).toMatchObject({ verified: true });
    expect(await failuresAt(person.email)).toBe(0);
  });

  test("T03 TH-05 its own failures have five free tries and then the same waits, beside the others'", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const known = addPerson([], person.userId);
    for (let guess = 1; guess <= 5; guess++) {
      expect(await logIn(person.email, "wrong again", undefined, known)).toEqual(WRONG);
    }
    const until = new Date(Date.now() + 30_000);
    expect(await logIn(person.email, PASSWORD, undefined, known)).toMatchObject({ until });
    const another = addPerson([], person.userId);
    expect(await logIn(person.email, PASSWORD, undefined, another)).toMatchObject({
      verified: true,
    });
    expect(await logIn(person.email, PASSWORD)).toMatchObject({ verified: true });
    expect(await logIn(person.email, PASSWORD, undefined, known)).toMatchObject({ until });
    vi.setSystemTime(until);
    expect(await logIn(person.email, PASSWORD, undefined, known)).toMatchObject({ verified: true });
  });

  test("T03 SE-11 it opens nothing without the password, and asks for the second factor as ever", async () => {
    const owner = await signUp();
    await storeApp(owner.userId);
    const known = addPerson([], owner.userId);
    expect(await logIn(owner.email, "", undefined, known)).toEqual(WRONG);
    const result = await logIn(owner.email, PASSWORD, undefined, known);
    expect(result).toMatchObject({ challenge: { token: expect.any(String) } });
    expect(result).not.toHaveProperty("session");
  });

  test("T03 a stranger's own account at the address makes his browser known for that account alone", async () => {
    const { email, owner, stranger } = await ownerAndStranger();
    const known = addPerson([], stranger.userId);
    expect(await logIn(email, owner.password, undefined, known)).toEqual(WRONG);
    expect(await logIn(email, stranger.password, undefined, known)).toMatchObject({
      userId: stranger.userId,
    });
    expect(await failuresAt(email), "and the others' count is as it was").toBe(0);
    const elsewhere = addPerson([], person.userId);
    await logIn(email, "a guess", undefined, elsewhere);
    expect(await failuresAt(email), "one known for another address is a stranger").toBe(1);
  });

  test("T03 one in which somebody signed up again opens both accounts, each with its password", async () => {
    const { email, owner, stranger: again } = await ownerAndStranger();
    const known = addPerson(addPerson([], owner.userId), again.userId);
    for (const { userId, password } of [owner, again, owner]) {
      expect(await logIn(email, password, undefined, known)).toMatchObject({ userId });
    }
    expect(await failuresAt(email), "and the others' count is as it was").toBe(0);
  });

  test("TH-04 accounts made in it at the address are no free guesses, and clear no failures", async () => {
    const { email, owner, stranger } = await ownerAndStranger();
    const known = addPerson(addPerson([], owner.userId), stranger.userId);
    let judged = 0;
    for (let guess = 1; guess <= 10; guess++) {
      const password = `an account's password ${guess}`;
      const made = await signUpUnverified(email, password, owner);
      if ((await logIn(email, password, undefined, addPerson(known, made.userId))).verified)
        judged += 1;
    }
    expect(judged).toBe(5);
    await (await db()).throttle.deleteMany();
    const use = (password: string) => logIn(email, password, undefined, known);
    await use(stranger.password); // its first time is a guess at the owner's
    for (let guess = 1; guess <= 3; guess++) {
      expect(await use(`a guess number ${guess}`)).toEqual(WRONG);
      expect(await use(stranger.password)).toMatchObject({ verified: true });
    }
    expect(await use("a guess number 4")).toEqual(WRONG);
    expect(await use(owner.password)).toMatchObject({ reason: "waiting" });
  });

  test("T03 TH-09 neighbours who used up the network's failures keep nobody out of a known browser", async () => {
    const known = addPerson([], person.userId);
    for (let failure = 0; failure < 100; failure++) await countFailure(FROM);
    hashes.count = 0;
    const refused = await logIn(person.email, PASSWORD);
    expect(refused).toMatchObject({ reason: "waiting" });
    expect(hashes.count).toBe(0);
    expect(await failuresAt(person.email)).toBe(0);
    expect(await logIn(person.email, PASSWORD, undefined, known)).toMatchObject({ verified: true });
    const other = { ...FROM, address: "203.0.113.77" };
    expect(await logIn(person.email, PASSWORD, undefined, [], other)).toMatchObject({
      verified: true,
    });
  });

  test("T03 PW-09 a full queue of strangers' passwords does not keep it waiting", async () => {
    const places = [];
    for (let place = takeHashPlace("passwords"); place; place = takeHashPlace("passwords"))
      places.push(place);
    const known = addPerson([], person.userId);
    expect(await logIn(person.email, PASSWORD)).toMatchObject({ reason: "busy" });
    expect(await logIn(person.email, PASSWORD, undefined, known)).toMatchObject({ verified: true });
    for (const place of places) place.release();
  });

  test("TH-09 its failures count for its network, those of second factors too, and successes do not", async () => {
    const known = addPerson([], person.userId);
    await logIn(person.email, PASSWORD);
    await logIn(person.email, "wrong", undefined, known);
    await logIn(person.email, "wrong");
    await logIn("no address", "wrong");
    const owner = await createPersonWithApp();
    const challenge = await createChallenge(owner);
    const answer = { challenge, from: FROM, onSatisfied: async () => "in" };
    const input = codeAt(owner.seed, 1); // of 1970
    await verifyAuthenticatorCode({ ...answer, input });
    await verifyAuthenticatorCode({ ...answer, input: "no digits" });
    const prisma = await db();
    const row = await prisma.rateLimiterFlexible.findUnique({
      where: { key: `address:${FROM.address}` },
    });
    expect(row?.points).toBe(3);
  });
});

describe("a wait that begins", () => {
  test("LG-01 each failure that makes a password or a method wait is recorded as one", async () => {
    const owner = await createPersonWithApp();
    const prisma = await db();
    const digest = await digestOf(person);
    await prisma.user.update({ where: { id: owner.userId }, data: { passwordDigest: digest } });
    for (let failure = 1; failure <= 5; failure++) await logIn(owner.email, "wrong");
    const challenge = await createChallenge(owner);
    const wrong = { challenge, input: codeAt(owner.seed, 1), from: FROM };
    for (let failure = 1; failure <= 5; failure++) {
      await verifyAuthenticatorCode({ ...wrong, onSatisfied: async () => "in" });
    }
    const events = await prisma.auditEvent.findMany({
      where: { userId: owner.userId, type: "method_waiting" },
      orderBy: { at: "asc" },
    });
    expect(events.map(({ method }) => method)).toEqual(["password", "authenticator-app"]);
  });
});

describe("a session that rested", () => {
  const MINUTE = 60_000;
  let owner: { userId: string; email: string };
  let token: string;
  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: new Date("2026-11-24T12:00:00Z") });
    owner = await signUp();
    await storeApp(owner.userId);
    token = await open(["pwd", "recovery", "mfa"]);
  });

  test("SE-02 after an hour without use the password resumes it, as it was, with a new token", async () => {
    const before = await rowOf();
    pass(60 * MINUTE);
    expect(await findSession(token)).toBeUndefined();
    const result = await logIn(owner.email, PASSWORD, token);
    if (!result.verified || !result.session) throw new Error("There is no session.");
    expect(result.session.expiresAt).toEqual(before.expiresAt);
    const { tokenHash, lastSeenAt, ...kept } = await rowOf();
    expect(before).toMatchObject(kept);
    expect(lastSeenAt).toEqual(new Date());
    expect(await findSession(result.session.token)).toMatchObject({
      id: before.id,
      aal: 2,
      amr: ["pwd", "recovery", "mfa"],
      authTime: before.authTime,
      restrictedUntil: before.restrictedUntil,
    });
    expect(await findSession(token), "the old token is dead").toBeUndefined();
    const prisma = await db();
    expect(
      await prisma.auditEvent.count({
        where: { type: "session_resumed_after_rest", userId: owner.userId, sessionId: before.id },
      }),
    ).toBe(1);
  });

  test("SE-02 a wrong password, or no token, resumes nothing", async () => {
    pass(61 * MINUTE);
    expect(await logIn(owner.email, "wrong", token)).toEqual(WRONG);
    for (const other of [undefined, "A".repeat(43)]) {
      expect(await logIn(owner.email, PASSWORD, other)).toHaveProperty("challenge");
    }
  });

  test("SE-02 after the overall limit, and while it is in use, every factor is asked for", async () => {
    expect(await logIn(owner.email, PASSWORD, token)).toHaveProperty("challenge");
    pass(59 * MINUTE);
    expect(await logIn(owner.email, PASSWORD, token)).toHaveProperty("challenge");
    expect(await findSession(token), "and it goes on").toBeDefined();
    pass(24 * 60 * MINUTE);
    expect(await logIn(owner.email, PASSWORD, token)).toHaveProperty("challenge");
  });

  test("SE-02 NA-01 another person's session, or one of the password alone, is not resumed", async () => {
    const weak = await open(["pwd"]);
    const other = await signUp();
    await storeApp(other.userId);
    pass(61 * MINUTE);
    expect(await logIn(other.email, PASSWORD, token)).toHaveProperty("challenge");
    expect(await logIn(owner.email, PASSWORD, weak)).toHaveProperty("challenge");
  });

  test("SE-02 without a second factor the password makes a new session, as it always does", async () => {
    const member = await signUp();
    const first = await logIn(member.email, PASSWORD);
    const resting = first.verified ? first.session?.token : undefined;
    pass(61 * MINUTE);
    const result = await logIn(member.email, PASSWORD, resting);
    const session = await findSession(result.verified ? (result.session?.token ?? "") : "");
    expect(session?.authTime).toEqual(new Date());
  });

  test("SE-02 SE-06 a session that was ended is not resumed, and of two resumptions at once one counts", async () => {
    pass(61 * MINUTE);
    const results = await Promise.all([1, 2].map(() => logIn(owner.email, PASSWORD, token)));
    expect(results.filter((result) => "session" in result)).toHaveLength(1);
    const prisma = await db();
    await prisma.session.deleteMany({ where: { userId: owner.userId } });
    expect(await logIn(owner.email, PASSWORD, token)).toHaveProperty("challenge");
  });

  const pass = (milliseconds: number) => vi.setSystemTime(Date.now() + milliseconds);

  async function open(amr: string[]): Promise<string> {
    const { userId } = owner;
    const restrictedUntil = new Date(Date.now() + 72 * 60 * MINUTE);
    const session = { userId, amr, restrictedUntil, previousToken: undefined, from: FROM };
    return (await transaction((tx) => openSession(tx, session))).token;
  }

  async function rowOf() {
    const prisma = await db();
    return prisma.session.findFirstOrThrow({ where: { userId: owner.userId, aal: 2 } });
  }
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

const newAddress = () => `${crypto.randomUUID()}@example.org`;

/** Somebody who verified their address. */
async function signUp(password = PASSWORD) {
  const email = newAddress();
  const account = await signUpUnverified(email, password);
  await verify(account);
  return account;
}

/** An account at an address, whose digest shares the hash of an earlier one, as at the sign-up. */
async function signUpUnverified(email: string, password: string, like?: { userId: string }) {
  const now = new Date();
  const place = takeHashPlace("passwords");
  if (!place) throw new Error("The hash queue is full.");
  const passwordDigest = like
    ? await digestPasswordLike(place, password, await digestOf(like))
    : await digestPassword(place, password);
  place.release();
  const prisma = await db();
  const { id } = await prisma.user.create({
    data: { email, name: "Ada", passwordDigest, passwordChangedAt: now, createdAt: now },
  });
  return { userId: id, email, password };
}

async function ownerAndStranger() {
  const email = newAddress();
  const owner = await signUpUnverified(email, PASSWORD);
  await verify(owner);
  const stranger = await signUpUnverified(email, "green tugboats sing", owner);
  return { email, owner, stranger };
}

async function verify({ userId }: { userId: string }) {
  const prisma = await db();
  const { email } = await prisma.user.findUniqueOrThrow({ where: { id: userId } });
  await prisma.user.update({ where: { id: userId }, data: { verifiedEmail: email } });
}

async function disable({ userId }: { userId: string }) {
  const prisma = await db();
  await prisma.user.update({ where: { id: userId }, data: { disabledAt: new Date() } });
}

/** What the browsers that are not known have failed at an address. */
async function failuresAt(email: string): Promise<number> {
  const address = parseEmailAddress(email);
  if (!address) throw new Error("That is no address.");
  const prisma = await db();
  const row = await prisma.throttle.findFirst({
    where: { subject: passwordThrottle(address).subject },
  });
  return row?.failures ?? 0;
}

function logIn(
  email: string,
  password: string,
  previousToken?: string,
  knownBrowsers: KnownBrowser[] = [],
  from = FROM,
) {
  const returnTo = "/account";
  return logInWithPassword({ email, password, returnTo, previousToken, knownBrowsers, from });
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

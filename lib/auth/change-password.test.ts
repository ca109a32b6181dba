import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { db, transaction } from "../db/client";
import { FROM } from "../db/testing/people";
import { beginLoginChallenge, findLoginChallenge } from "../mfa/login-challenge";
import { reserveAttempt, type ThrottleKey } from "../mfa/throttle";
import { createAccount } from "./accounts";
import { changePassword } from "./change-password";
import { parseEmailAddress } from "./email-address";
import { logInWithPassword } from "./log-in";
import { ownPasswordThrottle, passwordThrottle } from "./password-throttle";
import { findSession, openSession, SessionOver } from "./session-rows";

const [OLD, NEW] = ["mauve tugboats sing", "beige tugboats hum along"];

let email: string;
let token: string;
beforeAll(async () => {
  email = `${crypto.randomUUID()}@example.org`;
  const account = { name: "Ada", email, password: OLD };
  await createAccount(account, { previousToken: undefined, from: FROM });
});
let digest: string;
beforeEach(async () => {
  const prisma = await db();
  await prisma.throttle.deleteMany();
  const { id, passwordDigest } = await prisma.user.findFirstOrThrow({ where: { email } });
  digest ??= passwordDigest;
  await prisma.user.update({ where: { id }, data: { passwordDigest: digest } });
  ({ token } = await open(id));
});

describe("changing the password", () => {
  test("PW-10 the new one opens the account from now on, and the old one does not", async () => {
    expect(await change({})).toEqual({ changed: true });
    expect(await logIn(OLD)).toMatchObject({ verified: false, reason: "wrong" });
    expect(await logIn(NEW)).toMatchObject({ verified: true });
  });

  test("PW-10 a stranger who changes the password of an account at the same address shuts nobody else out", async () => {
    const prisma = await db();
    const other = { name: "Bea", email, password: "green tugboats hum along" };
    await createAccount(other, { previousToken: undefined, from: FROM });
    expect(await change({})).toEqual({ changed: true });
    expect(await logIn(other.password)).toMatchObject({ verified: true });
    expect(await logIn(NEW)).toMatchObject({ verified: true });
    await prisma.user.deleteMany({ where: { email, name: other.name } });
  });

  test("PW-10 T03 without the current one nothing changes, and the form has a count that no stranger reaches", async () => {
    for (let guess = 1; guess <= 5; guess++) await logIn(`a stranger's guess number ${guess}`);
    expect(await logIn(OLD)).toMatchObject({ verified: false, reason: "waiting" });
    for (let guess = 1; guess <= 5; guess++) {
      expect(await change({ current: `a wrong guess number ${guess}` })).toEqual({
        changed: false,
        reason: "current-wrong",
      });
    }
    expect(await change({})).toMatchObject({ changed: false, reason: "waiting" });
    expect(await digestNow()).toBe(digest);
  });

  test("LG-01 the failure that makes the form wait is recorded as one", async () => {
    const { userId } = await sessionOf(token);
    const countWaits = async () =>
      (await db()).auditEvent.count({ where: { userId, type: "method_waiting" } });
    const before = await countWaits();
    for (let guess = 1; guess <= 4; guess++) await change({ current: `a wrong guess ${guess}` });
    expect(await countWaits()).toBe(before);
    await change({ current: "a wrong guess once more" });
    expect(await countWaits()).toBe(before + 1);
  });

  test("SE-06 PW-10 a session that ended meanwhile changes nothing", async () => {
    const session = await sessionOf(token);
    await (await db()).session.deleteMany({ where: { id: session.id } });
    const request = {
      session,
      current: OLD,
      chosen: NEW,
      endOthers: "end-others",
      from: FROM,
    } as const;
    await expect(changePassword(request)).rejects.toBeInstanceOf(SessionOver);
    expect(await digestNow()).toBe(digest);
  });

  test("PW-01 PW-05 the policy holds for a new password too, and a refusal costs nothing", async () => {
    for (const chosen of ["short", "passwordpassword", email]) {
      expect(await change({ chosen })).toMatchObject({ changed: false, reason: "refused" });
    }
    expect(await change({ chosen: OLD })).toEqual({ changed: false, reason: "unchanged" });
    expect(await (await db()).throttle.count({ where: { failures: { gt: 0 } } })).toBe(0);
  });

  test("TH-13 all login challenges of the person end with the change", async () => {
    const session = await sessionOf(token);
    const challenge = await transaction((tx) =>
      beginLoginChallenge(tx, { userId: session.userId, returnTo: "/account", from: FROM }),
    );
    await change({});
    expect(await findLoginChallenge(challenge.token)).toBeUndefined();
  });

  test("PW-10 SE-06 the other sessions end if the person asks for it, and this one stays", async () => {
    const { userId } = await sessionOf(token);
    const { token: other } = await open(userId);
    await change({});
    expect(await findSession(other)).toBeDefined();
    await (await db()).user.updateMany({ where: { email }, data: { passwordDigest: digest } });
    await change({ endOthers: "end-others" });
    expect(await findSession(other)).toBeUndefined();
    expect(await findSession(token)).toBeDefined();
  });

  test("T03 TH-06 the change ends the waits of the person's methods and password, and keeps every count", async () => {
    const { userId } = await sessionOf(token);
    const prisma = await db();
    await prisma.user.update({ where: { id: userId }, data: { verifiedEmail: email } });
    const keys = await makeEverythingWait(userId);
    await change({});
    for (const key of keys) {
      expect(await reserveAttempt(key), key.method).toMatchObject({
        reserved: true,
        reservation: { failures: 9 },
      });
    }
  });

  test("T03 TH-04 whoever has not verified the address ends no wait of its password", async () => {
    const { userId } = await sessionOf(token);
    const prisma = await db();
    await prisma.user.update({ where: { id: userId }, data: { verifiedEmail: null } });
    await makeEverythingWait(userId);
    expect(await change({})).toEqual({ changed: true });
    expect(await logIn(NEW)).toMatchObject({ verified: false, reason: "waiting" });
  });

  test("PW-10 of two changes at once one counts, and its password is the one that works", async () => {
    const chosen = ["beige tugboats hum along", "green tugboats hum along"];
    const results = await Promise.all(chosen.map((password) => change({ chosen: password })));
    expect(results.filter(({ changed }) => changed)).toHaveLength(1);
    for (const [index, password] of chosen.entries()) {
      expect((await logIn(password)).verified).toBe(results[index]?.changed);
    }
  });
});

async function change(wish: Partial<{ current: string; chosen: string; endOthers: "end-others" }>) {
  return changePassword({
    session: await sessionOf(token),
    current: OLD,
    chosen: NEW,
    endOthers: "keep-others",
    from: FROM,
    ...wish,
  });
}

async function sessionOf(sessionToken: string) {
  const row = await findSession(sessionToken);
  const address = parseEmailAddress(email);
  if (!row || !address) throw new Error("There is no session.");
  return { ...row, ...row.user, email: address };
}

/** Eight failures each, the last one just now. */
async function makeEverythingWait(userId: string): Promise<ThrottleKey[]> {
  const address = parseEmailAddress(email);
  if (!address) throw new Error("That is no address.");
  const keys: ThrottleKey[] = [
    passwordThrottle(address),
    ownPasswordThrottle(userId, "a known browser"),
    { subject: userId, method: "authenticator-app" },
    { subject: userId, method: "recovery-codes" },
  ];
  const prisma = await db();
  const [now, later] = [new Date(), new Date(Date.now() + 3_600_000)];
  for (const key of keys) {
    await prisma.throttle.create({
      data: { ...key, failures: 8, lastAttemptAt: now, nextAttemptAt: later },
    });
    expect(await reserveAttempt(key)).toMatchObject({ reserved: false, until: later });
  }
  return keys;
}

const open = (userId: string) =>
  transaction((tx) =>
    openSession(tx, { userId, amr: ["pwd"], previousToken: undefined, from: FROM }),
  );

const logIn = (password: string) =>
  logInWithPassword({
    email,
    password,
    returnTo: "/account",
    previousToken: undefined,
    from: FROM,
  });

async function digestNow(): Promise<string> {
  const prisma = await db();
  return (await prisma.user.findFirstOrThrow({ where: { email } })).passwordDigest;
}

import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { clearAway } from "../auth/housekeeping";
import { logInWithAuthenticatorApp, logInWithTemporaryCode } from "../auth/log-in-with-method";
import { findSession } from "../auth/session-rows";
import { composeHalf } from "../code-halves";
import { db } from "../db/client";
import { createAdministrator, promote } from "../db/testing/administrators";
import { hashes } from "../db/testing/counted-hash-queue";
import { findEvents } from "../db/testing/events";
import { mailTo, storeMailbox } from "../db/testing/mailboxes";
import {
  createChallenge,
  createPerson,
  createPersonWithApp,
  FROM,
  type Person,
  setFailures,
} from "../db/testing/people";
import { forgetPolicies } from "../db/testing/policies";
import { TEST_SECRETS } from "../db/testing/test-environment";
import { codeAt } from "../mfa/authenticator-code";
import { ENROLLABLE_METHODS } from "../mfa/method-names";
import { findUntoldTemporaryCode } from "../mfa/temporary-codes";
import { deriveMailedHalf } from "../notices/mailed-half";
import {
  endTemporaryCode,
  makeApprovedTemporaryCode,
  makeTemporaryCode,
} from "./make-temporary-code";

vi.mock("../hash-queue", async (original) =>
  (await import("../db/testing/counted-hash-queue")).countHashes(await original()),
);

const WRONG = { verified: false, reason: "wrong" };
const HOUR = 3_600_000;
const NEWER_KEY = `newer:${Buffer.alloc(32, "another key").toString("base64")}`;

let administrator: Awaited<ReturnType<typeof createAdministrator>>;
let person: Awaited<ReturnType<typeof createPersonWithApp>>;
beforeEach(async () => {
  await (await db()).temporaryCode.deleteMany();
  administrator = await createAdministrator();
  person = await createPersonWithApp();
});
afterEach(async () => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  vi.resetModules();
  await forgetPolicies();
});

describe("neither half alone", () => {
  test("LC-07 logs in: only both do, in either order, and each wrong pair costs one hash", async () => {
    const { shown, mailed } = await makeHalves();
    const foreign = { shown: newHalf("shown"), mailed: newHalf("mailed") };
    for (const half of [shown, mailed, shown + shown, mailed + mailed]) {
      expect(await enter(half)).toMatchObject({ verified: false, reason: "typo" });
    }
    hashes.count = 0;
    expect(await enter(shown + foreign.mailed)).toEqual(WRONG);
    expect(await enter(foreign.shown + mailed)).toEqual(WRONG);
    expect(hashes.count).toBe(2);
    expect(await enter(mailed + shown)).toMatchObject({ verified: true });
    hashes.count = 0;
    expect(await enter(shown + mailed), "spent").toEqual(WRONG);
    expect(hashes.count, "spent costs the same").toBe(1);
  });

  test("LC-07 the administrator's answer and the whole database hold no mailed half, and the database no shown one", async () => {
    const { shown, mailed, answer } = await makeHalves();
    expect(JSON.stringify(answer).replaceAll("-", "")).not.toContain(mailed);
    const prisma = await db();
    const stored = JSON.stringify([
      await prisma.temporaryCode.findMany(),
      await prisma.mail.findMany(),
      await prisma.auditEvent.findMany(),
    ]);
    for (const half of [shown, mailed]) expect(stored).not.toContain(half);
  });

  test("LC-09 the half goes to the login address alone, and every other address is told", async () => {
    const { email } = await storeMailbox(person);
    await makeHalves();
    expect(await mailTo(person, person.email)).toEqual(["temporary_code_half"]);
    expect(await mailTo(person, email)).toEqual(["temporary_code_made"]);
    const prisma = await db();
    const event = await prisma.auditEvent.findFirst({
      where: { type: "temporary_code_made", userId: person.userId },
    });
    expect(event).toMatchObject({ actorId: administrator.userId, reason: "Called back" });
    expect(JSON.parse(event?.details ?? "")).toEqual({ hours: 1, uses: 1 });
  });
});

describe("a login with it", () => {
  test("T17 opens a restricted session of the second level, and never turns MFA off", async () => {
    const { shown, mailed } = await makeHalves();
    const result = await enter(shown + mailed);
    const session = await findSession(result.verified ? result.value.token : "");
    expect(session).toMatchObject({ amr: ["pwd", "temporary", "mfa"], aal: 2 });
    expect(session?.restrictedUntil).toEqual(session?.expiresAt);
    expect(await findEvents(person.userId)).toEqual([
      "temporary_code_made",
      "temporary_code_used",
      "login",
    ]);
  });

  test("LC-07 twenty at once make one session", async () => {
    const { shown, mailed } = await makeHalves();
    const entries = Array.from({ length: 20 }, () => enter(shown + mailed));
    const results = await Promise.all(entries);
    expect(results.filter(({ verified }) => verified)).toHaveLength(1);
    expect(await countSessions()).toBe(1);
  });

  test("LC-07 where the policy allows two uses, it works twice and no third time", async () => {
    await storePolicy({ temporaryCodeUses: 2 });
    const { shown, mailed } = await makeHalves();
    expect(await enter(shown + mailed)).toMatchObject({ verified: true });
    expect(await enter(shown + mailed)).toMatchObject({ verified: true });
    expect(await enter(shown + mailed)).toEqual(WRONG);
  });

  test("T17 ended, expired or never made is refused like a wrong one, and an expired one loses its digest", async () => {
    const wrong = newHalf("shown") + newHalf("mailed");
    expect(await enter(wrong), "never made").toEqual(WRONG);
    const first = await makeHalves();
    expect(await end()).toBe(true);
    expect(await end()).toBe(false);
    expect(await enter(first.shown + first.mailed)).toEqual(WRONG);
    const second = await makeHalves();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + HOUR + 1 });
    expect(await enter(second.shown + second.mailed)).toEqual(WRONG);
    await clearAway();
    const prisma = await db();
    const kept = { endedAt: null, OR: [{ sealedDigest: { not: null } }, { salt: { not: null } }] };
    expect(await prisma.temporaryCode.count({ where: kept })).toBe(0);
    expect(await endings()).toEqual(["ended", "expired"]);
  });

  test("TH-04 five wrong ones are free, then there are waits, and the tenth ends the code", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const { shown, mailed } = await makeHalves(24);
    const wrong = newHalf("shown") + newHalf("mailed");
    for (let failure = 1; failure <= 5; failure++) expect(await enter(wrong)).toEqual(WRONG);
    hashes.count = 0;
    expect(await enter(shown + mailed)).toMatchObject({ verified: false, reason: "waiting" });
    expect(hashes.count).toBe(0);
    for (let failure = 6; failure <= 10; failure++) {
      vi.setSystemTime(Date.now() + HOUR);
      expect(await enter(wrong)).toEqual(WRONG);
    }
    vi.setSystemTime(Date.now() + HOUR);
    expect(await enter(shown + mailed)).toEqual(WRONG);
    expect(await endings()).toEqual(["guessed"]);
    administrator = await createAdministrator();
    const again = await makeHalves();
    expect(await enter(again.shown + again.mailed), "a new code, a new count").toMatchObject({
      verified: true,
    });
  });

  test("TH-04 a tenth wrong one that is judged late ends no code but its own", async () => {
    await makeHalves(24);
    await setFailures({ userId: person.userId, method: "temporary-code" }, 9);
    hashes.meanwhile = async () => {
      await makeHalves();
    };
    expect(await enter(newHalf("shown") + newHalf("mailed"))).toEqual(WRONG);
    expect(await endings()).toEqual(["replaced"]);

    await end();
    await setFailures({ userId: person.userId, method: "temporary-code" }, 9);
    hashes.meanwhile = async () => {
      await makeHalves();
    };
    expect(await enter(newHalf("shown") + newHalf("mailed")), "at none").toEqual(WRONG);
    expect(await endings()).toEqual(["replaced", "ended"]);
  });

  test("LC-09 the next login with another method tells that a code was made; one with the code does not", async () => {
    const { shown, mailed } = await makeHalves(24);
    await enter(shown + mailed);
    const prisma = await db();
    const where = { userId: person.userId };
    expect((await prisma.temporaryCode.findFirstOrThrow({ where })).toldAt).toBeNull();
    expect(await findUntoldTemporaryCode(person.userId)).toBeInstanceOf(Date);
    const input = codeAt(person.seed, Math.floor(Date.now() / 30_000));
    const challenge = await createChallenge(person);
    await logInWithAuthenticatorApp({ challenge, input, previousToken: undefined, from: FROM });
    expect((await prisma.temporaryCode.findFirstOrThrow({ where })).toldAt).not.toBeNull();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 25 * HOUR });
    expect(await findUntoldTemporaryCode(person.userId)).toBeUndefined();
  });

  test("RC-04 it works, and its mail can be written, after a newer key has sealed it anew", async () => {
    const { shown, mailed } = await makeHalves();
    vi.resetModules();
    vi.stubEnv("SECRETS", `${NEWER_KEY},${TEST_SECRETS}`);
    const { rewrapTemporaryCodeDigests } = await import("../mfa/temporary-code-digest");
    expect(await rewrapTemporaryCodeDigests()).toEqual({ rewrapped: 1, failed: 0 });
    const prisma = await db();
    const { userId } = person;
    const code = await prisma.temporaryCode.findFirstOrThrow({ where: { userId } });
    expect(code).toMatchObject({ keyId: "newer", mailedKeyId: "test" });
    const newServer = await import("../notices/mailed-half");
    expect(newServer.deriveMailedHalf(code)).toBe(mailed);
    const login = {
      challenge: await createChallenge(person),
      previousToken: undefined,
      from: FROM,
    };
    const { logInWithTemporaryCode: logIn } = await import("../auth/log-in-with-method");
    expect(await logIn({ ...login, input: shown + mailed })).toMatchObject({ verified: true });
  });
});

describe("making one", () => {
  test("LC-07 a new one replaces the old, six are made an hour and no more", async () => {
    const first = await makeHalves();
    for (let code = 2; code <= 6; code++) await makeHalves();
    expect(await make()).toEqual({ made: false, reason: "too-many" });
    expect(await enter(first.shown + first.mailed)).toEqual(WRONG);
    const prisma = await db();
    const live = { userId: person.userId, endedAt: null };
    expect(await prisma.temporaryCode.count({ where: live })).toBe(1);
    const other = await createPersonWithApp();
    expect(await make({ userId: other.userId }), "by this administrator").toMatchObject({
      reason: "too-many",
    });
    administrator = await createAdministrator();
    expect(await make(), "for this person").toMatchObject({ reason: "too-many" });
  });

  test("LC-07 two posts of one page make one code", async () => {
    const knownCodeId = undefined;
    const order = {
      session: administrator.session,
      userId: person.userId,
      knownCodeId,
      from: FROM,
    };
    const ask = () => makeTemporaryCode({ ...order, hours: 1, reason: "Called back" });
    const results = await Promise.all([ask(), ask()]);
    expect(results.filter(({ made }) => made)).toHaveLength(1);
    expect(results).toContainEqual({ made: false, reason: "changed" });
  });

  test("LC-06 nobody makes one for themselves, for somebody without a verified address or without a method", async () => {
    expect(await make({ userId: administrator.userId })).toEqual({ made: false, reason: "self" });
    const plain = await createPerson();
    expect(await make({ userId: plain.userId })).toEqual({ made: false, reason: "no-method" });
    const prisma = await db();
    const { userId } = person;
    await prisma.address.updateMany({ where: { userId }, data: { verifiedAt: null } });
    expect(await make()).toEqual({ made: false, reason: "no-address" });
  });

  test("LC-06 for an administrator it waits for a second one, and is then made once by who asked", async () => {
    await promote(person);
    expect(await make()).toEqual({ made: false, reason: "requested" });
    const order = {
      session: administrator.session,
      userId: person.userId,
      knownCodeId: undefined,
      from: FROM,
    };
    expect(await makeApprovedTemporaryCode(order), "not approved").toMatchObject({
      reason: "changed",
    });
    expect(await make(), "asked for twice").toMatchObject({ reason: "already-requested" });
    const prisma = await db();
    expect(await prisma.temporaryCode.count({ where: { userId: person.userId } })).toBe(0);
    const approved = { approvedAt: new Date(), approvedById: administrator.userId };
    await prisma.administrativeRequest.updateMany({
      where: { userId: person.userId },
      data: approved,
    });
    const other = await createAdministrator();
    expect(
      await makeApprovedTemporaryCode({ ...order, session: other.session }),
      "by another",
    ).toMatchObject({ reason: "changed" });
    expect(await makeApprovedTemporaryCode(order)).toMatchObject({ made: true });
    const knownCodeId = await newestCodeId();
    expect(await makeApprovedTemporaryCode({ ...order, knownCodeId })).toMatchObject({
      reason: "changed",
    });
  });

  test("LC-09 SE-14 a stale, restricted or demoted session makes none", async () => {
    const prisma = await db();
    const { id } = administrator.session;
    const set = (data: { authTime?: Date; restrictedUntil?: Date | null }) =>
      prisma.session.update({ where: { id }, data });
    await set({ authTime: new Date(Date.now() - 11 * 60_000) });
    await expect(make()).rejects.toThrow();
    await set({ authTime: new Date(), restrictedUntil: new Date(Date.now() + HOUR) });
    await expect(make()).rejects.toThrow();
    await set({ restrictedUntil: null });
    await prisma.user.update({ where: { id: administrator.userId }, data: { role: "USER" } });
    await expect(make()).rejects.toThrow();
    expect(await prisma.temporaryCode.count({ where: { userId: person.userId } })).toBe(0);
  });
});

const newHalf = (kind: "shown" | "mailed") => composeHalf(kind, randomBytes(8));

async function newestCodeId(userId = person.userId): Promise<string | undefined> {
  const prisma = await db();
  const newest = await prisma.temporaryCode.findFirst({
    where: { userId },
    orderBy: { createdAt: "desc" },
  });
  return newest?.id;
}

/** As the page does: it knows the newest code. */
async function make({
  userId = person.userId,
  hours = 1,
}: {
  userId?: string;
  hours?: number;
} = {}) {
  return makeTemporaryCode({
    session: administrator.session,
    userId,
    knownCodeId: await newestCodeId(userId),
    hours,
    reason: "Called back",
    from: FROM,
  });
}

async function makeHalves(hours = 1) {
  const answer = await make({ hours });
  if (!answer.made) throw new Error(`No code was made: ${answer.reason}.`);
  const prisma = await db();
  const { userId } = person;
  const code = await prisma.temporaryCode.findFirstOrThrow({
    where: { userId },
    orderBy: { createdAt: "desc" },
  });
  return { answer, shown: answer.half.replaceAll("-", ""), mailed: deriveMailedHalf(code) };
}

async function enter(input: string, whose: Person = person) {
  const challenge = await createChallenge(whose);
  return logInWithTemporaryCode({ challenge, input, previousToken: undefined, from: FROM });
}

const end = () =>
  endTemporaryCode({ session: administrator.session, userId: person.userId, from: FROM });

async function countSessions(): Promise<number> {
  const prisma = await db();
  return prisma.session.count({ where: { userId: person.userId } });
}

async function endings() {
  const prisma = await db();
  const codes = await prisma.temporaryCode.findMany({
    where: { userId: person.userId },
    orderBy: { createdAt: "asc" },
  });
  return codes.flatMap(({ endedBy }) => endedBy ?? []);
}

async function storePolicy(rules: { temporaryCodeUses?: number; twoAdministrators?: boolean }) {
  const prisma = await db();
  await prisma.policy.create({
    data: {
      at: new Date(),
      actorId: administrator.userId,
      requirement: "administrators",
      graceDays: 14,
      requiredFrom: new Date(),
      methods: [...ENROLLABLE_METHODS],
      codesRequired: false,
      lowCodes: 3,
      twoAdministrators: false,
      temporaryCodeUses: 1,
      ...rules,
    },
  });
}

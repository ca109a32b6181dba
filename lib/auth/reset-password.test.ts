import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { db, transaction } from "../db/client";
import { hashes } from "../db/testing/counted-hash-queue";
import { dumpDatabase, spellingsOf } from "../db/testing/dump";
import { createChallenge, FROM, setFailures, storeApp } from "../db/testing/people";
import { storePhone } from "../db/testing/testing-phone";
import { type HashLane, type HashPlace, takeHashPlace } from "../hash-queue";
import { createApprovalRequest, findApprovalRefusal } from "../mfa/approval-requests";
import { findLoginChallenge } from "../mfa/login-challenge";
import { generateRecoveryCodeSet } from "../mfa/recovery-code-sets";
import { deriveMailLinkToken } from "../notices/mail-links";
import { createAccount } from "./accounts";
import { logInWithPassword } from "./log-in";
import { logInWithRecoveryCode } from "./log-in-with-method";
import { findPasswordReset, requestPasswordReset, resetPassword } from "./reset-password";
import { findSession } from "./session-rows";
import { verifyAddress } from "./verify-address";

vi.mock("../hash-queue", async (original) =>
  (await import("../db/testing/counted-hash-queue")).countHashes(await original()),
);

const OLD = "mauve tugboats sing";
const NEW = "seven otters waltzing";

beforeEach(() => {
  hashes.count = 0;
});
afterEach(() => {
  vi.useRealTimers();
});

describe("asking for a link", () => {
  test("TH-10 is answered alike and as late for a known, an unverified and an unknown address, without a hash", async () => {
    const owner = await createOwner();
    const unverified = await signUp();
    hashes.count = 0;
    for (const email of [owner.email, unverified.email, newAddress()]) {
      const start = performance.now();
      expect(await requestPasswordReset(` ${email.toUpperCase()}`, FROM)).toEqual({
        asked: true,
        email,
      });
      expect(performance.now() - start).toBeGreaterThan(395);
    }
    expect(hashes.count).toBe(0);
    expect(await requestPasswordReset("no address", FROM)).toEqual({
      asked: false,
      reason: "invalid",
    });
  });

  test("PW-11 mails a link to the owner's login mailbox alone, and three an hour at most", async () => {
    const owner = await createOwner();
    const prisma = await db();
    await prisma.address.create({
      data: {
        userId: owner.userId,
        email: newAddress(),
        addedAt: new Date(),
        verifiedAt: new Date(),
      },
    });
    for (let round = 0; round < 5; round += 1) await requestPasswordReset(owner.email, FROM);
    const mails = await mailsOf(owner.userId, "reset_password");
    expect(mails).toHaveLength(3);
    expect(new Set(mails.map(({ addressId }) => addressId))).toEqual(new Set([owner.addressId]));
    const links = await prisma.mailLink.findMany({
      where: { userId: owner.userId, purpose: "reset-password" },
    });
    expect(links.map(({ id }) => id)).toEqual([mails.at(-1)?.linkId]);
    expect(await countRequests(owner.userId), "an event for each mail").toBe(3);
  });

  test("PW-11 sends an address that nobody verified its verification mail again, three an hour at most, and no way to a password", async () => {
    const email = newAddress();
    await signUp(email);
    const newest = await signUp(email);
    for (let round = 0; round < 5; round += 1) await requestPasswordReset(email, FROM);
    expect(await mailsOf(newest.userId, "verify_address")).toHaveLength(3);
    const prisma = await db();
    expect(
      await prisma.mailLink.count({ where: { user: { email }, purpose: "reset-password" } }),
    ).toBe(0);
  });

  test("TH-10 mails nobody who is disabled or unknown", async () => {
    const owner = await createOwner();
    const prisma = await db();
    await prisma.user.update({ where: { id: owner.userId }, data: { disabledAt: new Date() } });
    const before = await prisma.mail.count();
    for (const email of [owner.email, newAddress()]) {
      expect(await requestPasswordReset(email, FROM)).toEqual({ asked: true, email });
    }
    expect(await prisma.mail.count()).toBe(before);
  });

  test("LG-01 who asks without end fills no table: only what sends a mail is an event", async () => {
    const disabled = await createOwner();
    const prisma = await db();
    await prisma.user.update({ where: { id: disabled.userId }, data: { disabledAt: new Date() } });
    const { email: unverified } = await signUp();
    const before = await countRequests();
    for (const email of [disabled.email, newAddress()]) await requestPasswordReset(email, FROM);
    expect(await countRequests()).toBe(before);
    for (let round = 0; round < 5; round += 1) await requestPasswordReset(unverified, FROM);
    expect(await countRequests(), "the mail of the sign-up is one of three").toBe(before + 2);
  });
});

const countRequests = async (userId?: string) =>
  (await db()).auditEvent.count({ where: { type: "password_reset_requested", userId } });

describe("setting a new password", () => {
  test("PW-11 works once, logs nobody in, ends every session and login challenge, and tells every verified address", async () => {
    const owner = await createOwner();
    const challenge = await createChallenge(owner);
    const prisma = await db();
    const second = await prisma.address.create({
      data: {
        userId: owner.userId,
        email: newAddress(),
        addedAt: new Date(),
        verifiedAt: new Date(),
      },
    });
    const token = await askForLink(owner);
    hashes.count = 0;
    expect(await resetPassword({ token, chosen: NEW }, FROM)).toMatchObject({ reset: true });
    expect(hashes.count).toBe(1);
    expect(await findSession(owner.token)).toBeUndefined();
    expect(await prisma.session.count({ where: { userId: owner.userId } })).toBe(0);
    expect(
      await prisma.loginChallenge.findUniqueOrThrow({ where: { id: challenge.id } }),
    ).toMatchObject({
      endedAt: expect.any(Date),
    });
    const told = await mailsOf(owner.userId, "password_reset");
    expect(told.map(({ addressId }) => addressId).sort()).toEqual(
      [owner.addressId, second.id].sort(),
    );
    expect(await logIn(owner.email, OLD)).toMatchObject({ verified: false });
    expect(await logIn(owner.email, NEW)).toMatchObject({ verified: true });
    hashes.count = 0;
    expect(await resetPassword({ token, chosen: `${NEW} twice` }, FROM)).toEqual({
      reset: false,
      reason: "over",
    });
    expect(hashes.count).toBe(0);
  });

  test("PW-11 leaves the second factor: the login after a reset asks for it", async () => {
    const owner = await createOwner();
    const { appId } = await storeApp(owner.userId);
    await resetPassword({ token: await askForLink(owner), chosen: NEW }, FROM);
    const login = await logIn(owner.email, NEW);
    expect(login).toMatchObject({ verified: true, challenge: { token: expect.any(String) } });
    expect(login).not.toHaveProperty("session.token");
    const prisma = await db();
    expect(await prisma.authenticatorApp.findUniqueOrThrow({ where: { id: appId } })).toMatchObject(
      {
        verifiedAt: expect.any(Date),
        removedAt: null,
        suspendedAt: null,
      },
    );
    expect(await prisma.session.count({ where: { userId: owner.userId } })).toBe(0);
  });

  test("PW-11 two parallel posts of one link set one password", async () => {
    const owner = await createOwner();
    const token = await askForLink(owner);
    const passwords = [NEW, `${NEW} twice`];
    const results = await Promise.all(
      passwords.map((chosen) => resetPassword({ token, chosen }, FROM)),
    );
    expect(results.filter(({ reset }) => reset)).toHaveLength(1);
    expect(results).toContainEqual({ reset: false, reason: "over" });
    const won = passwords[results.findIndex(({ reset }) => reset)] ?? "";
    expect(await logIn(owner.email, won)).toMatchObject({ verified: true });
  });

  test("PW-11 a link is over after an hour, and when a newer one was mailed", async () => {
    const owner = await createOwner();
    const first = await askForLink(owner);
    const second = await askForLink(owner);
    expect(await findPasswordReset(first)).toBeUndefined();
    expect(await findPasswordReset(second)).toEqual({ email: owner.email });
    const prisma = await db();
    const link = await prisma.mailLink.findFirstOrThrow({
      where: { userId: owner.userId, purpose: "reset-password" },
    });
    expect(link.expiresAt.getTime() - link.createdAt.getTime()).toBe(3_600_000);
    vi.useFakeTimers({ toFake: ["Date"], now: link.expiresAt });
    expect(await findPasswordReset(second)).toBeUndefined();
    expect(await resetPassword({ token: second, chosen: NEW }, FROM)).toEqual({
      reset: false,
      reason: "over",
    });
  });

  test("PW-11 looking at a link as mail scanners do, and a password that is refused, spend nothing", async () => {
    const owner = await createOwner();
    const token = await askForLink(owner);
    hashes.count = 0;
    for (let look = 0; look < 3; look += 1) {
      expect(await findPasswordReset(token)).toEqual({ email: owner.email });
    }
    expect(await resetPassword({ token, chosen: "mauve tugboats" }, FROM)).toMatchObject({
      reset: false,
      reason: "refused",
      refusal: { reason: "too-short", minimum: 15, length: 14 },
    });
    expect(await resetPassword({ token, chosen: owner.email }, FROM)).toMatchObject({
      refusal: { reason: "personal" },
    });
    expect(hashes.count).toBe(0);
    expect(await resetPassword({ token, chosen: NEW }, FROM)).toMatchObject({ reset: true });
  });

  test("PW-11 TH-05 ends the waits and keeps the counts of failures", async () => {
    const owner = await createOwner();
    for (let tries = 0; tries < 5; tries += 1) await logIn(owner.email, "not it, and not near");
    expect(await logIn(owner.email, OLD)).toMatchObject({ reason: "waiting" });
    await setFailures({ userId: owner.userId, method: "authenticator-app" }, 7);
    const prisma = await db();
    const wait = { nextAttemptAt: new Date(Date.now() + 600_000) };
    await prisma.throttle.updateMany({ where: { subject: owner.userId }, data: wait });
    await resetPassword({ token: await askForLink(owner), chosen: NEW }, FROM);
    const [app] = await prisma.throttle.findMany({ where: { subject: owner.userId } });
    expect(app?.failures).toBe(7);
    expect(app?.nextAttemptAt.getTime()).toBeLessThan(Date.now());
    const failed = await prisma.throttle.count({ where: { method: "password", failures: 5 } });
    expect(failed).toBeGreaterThan(0);
    expect(await logIn(owner.email, NEW)).toMatchObject({ verified: true });
  });

  test("PW-11 PU-04 T15 ends the pause of notifications that whoever had the password began", async () => {
    const owner = await createOwner();
    await storePhone(owner.userId);
    for (let login = 0; login < 3; login += 1) {
      const challenge = await createChallenge(owner);
      await transaction((tx) => createApprovalRequest(tx, { challenge, from: FROM }));
    }
    const prisma = await db();
    await prisma.approvalRequest.updateMany({
      where: { userId: owner.userId },
      data: { decision: "denied", answeredAt: new Date() },
    });
    expect(await findApprovalRefusal(owner.userId)).toMatchObject({ reason: "denied" });
    await resetPassword({ token: await askForLink(owner), chosen: NEW }, FROM);
    expect(await findApprovalRefusal(owner.userId)).toBeUndefined();
  });

  test("PW-11 a busy server keeps the link", async () => {
    const owner = await createOwner();
    const token = await askForLink(owner);
    const places = fillLane("known-passwords");
    const result = await resetPassword({ token, chosen: NEW }, FROM);
    for (const place of places) place.release();
    expect(result).toEqual({ reset: false, reason: "busy" });
    expect(await findPasswordReset(token)).toEqual({ email: owner.email });
  });

  test("PW-11 TH-03 strangers who flood the login page keep nobody from setting a new password", async () => {
    const owner = await createOwner();
    const token = await askForLink(owner);
    const places = fillLane("passwords");
    const result = await resetPassword({ token, chosen: NEW }, FROM);
    for (const place of places) place.release();
    expect(result).toMatchObject({ reset: true });
  });

  test("PW-11 the link of a person who was disabled is over", async () => {
    const owner = await createOwner();
    const token = await askForLink(owner);
    const prisma = await db();
    await prisma.user.update({ where: { id: owner.userId }, data: { disabledAt: new Date() } });
    expect(await findPasswordReset(token)).toBeUndefined();
    expect(await resetPassword({ token, chosen: NEW }, FROM)).toEqual({
      reset: false,
      reason: "over",
    });
  });

  test("TH-09 a browser that followed no link has guessed nothing: no failure is counted", async () => {
    const prisma = await db();
    const counted = () => prisma.rateLimiterFlexible.findMany({ orderBy: { key: "asc" } });
    const before = await counted();
    expect(await resetPassword({ token: "", chosen: NEW }, FROM)).toEqual({
      reset: false,
      reason: "over",
    });
    expect(await counted()).toEqual(before);
    await resetPassword({ token: "not a link's", chosen: NEW }, FROM);
    expect(await counted()).not.toEqual(before);
  });

  test("TH-10 the new password is compared with one hash with a stranger's account at the address", async () => {
    const owner = await createOwner();
    await signUp(owner.email);
    await resetPassword({ token: await askForLink(owner), chosen: NEW }, FROM);
    const prisma = await db();
    const digests = (await prisma.user.findMany({ where: { email: owner.email } })).map(
      ({ passwordDigest }) => passwordDigest.slice(0, -31),
    );
    expect(digests).toHaveLength(2);
    expect(new Set(digests).size).toBe(1);
  });

  test("LG-02 neither the new password nor the token is in the database", async () => {
    const owner = await createOwner();
    const token = await askForLink(owner);
    await resetPassword({ token, chosen: NEW }, FROM);
    const dump = await dumpDatabase();
    expect(dump).toContain(owner.email);
    for (const secret of [token, NEW]) {
      for (const spelling of spellingsOf(secret)) expect(dump).not.toContain(spelling);
    }
  });
});

describe("RC-12 recovery codes in place of a forgotten password", () => {
  test("RC-12 two codes of one set set no password and make no session, and after a reset one code and the new password do", async () => {
    const owner = await createOwner();
    await storeApp(owner.userId);
    const generation = await generateRecoveryCodeSet({
      userId: owner.userId,
      knownSetId: null,
      steppedUpBy: ["pwd", "otp", "mfa"],
      from: FROM,
      authorize: async () => undefined,
    });
    if (!generation.generated) throw new Error("No codes were made.");
    const [first = "", second = ""] = generation.codes;
    // Every path takes the token of a mailed link, or the password, before it looks at a code.
    for (const code of [first, second]) {
      expect(await findPasswordReset(code)).toBeUndefined();
      expect(await resetPassword({ token: code, chosen: NEW }, FROM)).toEqual({
        reset: false,
        reason: "over",
      });
      expect(await findLoginChallenge(code)).toBeUndefined();
      expect(await logIn(owner.email, code)).toEqual({ verified: false, reason: "wrong" });
    }
    expect(await logIn(owner.email, `${first} ${second}`)).toEqual({
      verified: false,
      reason: "wrong",
    });
    const prisma = await db();
    const spent = { userId: owner.userId, usedAt: { not: null } };
    expect(await prisma.recoveryCode.count({ where: spent })).toBe(0);
    await resetPassword({ token: await askForLink(owner), chosen: NEW }, FROM);
    const login = await logIn(owner.email, NEW);
    if (!login.verified || !login.challenge) throw new Error("There is no login challenge.");
    const challenge = await findLoginChallenge(login.challenge.token);
    if (!challenge) throw new Error("The login challenge is over.");
    const request = { previousToken: undefined, from: FROM };
    expect(await logInWithRecoveryCode({ challenge, input: first, ...request })).toMatchObject({
      verified: true,
    });
    expect(await prisma.recoveryCode.count({ where: spent })).toBe(1);
  });
});

/** Takes every place of a lane of the hash queue; the caller releases them. */
function fillLane(lane: HashLane): HashPlace[] {
  const places = [];
  for (let place = takeHashPlace(lane); place; place = takeHashPlace(lane)) places.push(place);
  return places;
}

const newAddress = () => `${crypto.randomUUID()}@example.org`;

async function signUp(email = newAddress()) {
  const result = await createAccount(
    { name: "Ada", email, password: OLD },
    { previousToken: undefined, from: FROM },
  );
  const session = result.created && (await findSession(result.session.token));
  if (!session || !result.created) throw new Error("The sign-up made no session.");
  return { email, userId: session.userId, token: result.session.token };
}

/** Somebody who signed up and verified their address. */
async function createOwner() {
  const person = await signUp();
  await verifyAddress(await tokenFor(person.userId, "verify-address"), FROM);
  const prisma = await db();
  const mailbox = await prisma.address.findFirstOrThrow({ where: { userId: person.userId } });
  return { ...person, addressId: mailbox.id };
}

async function askForLink({ email, userId }: { email: string; userId: string }): Promise<string> {
  await requestPasswordReset(email, FROM);
  return tokenFor(userId, "reset-password");
}

async function tokenFor(userId: string, purpose: string): Promise<string> {
  const prisma = await db();
  const { id, keyId } = await prisma.mailLink.findFirstOrThrow({
    where: { userId, purpose, usedAt: null },
  });
  return deriveMailLinkToken({ id, keyId, purpose });
}

/** The mails of a template to a person, oldest first. */
async function mailsOf(userId: string, template: string) {
  const prisma = await db();
  const mailboxes = await prisma.address.findMany({ where: { userId } });
  return prisma.mail.findMany({
    where: { addressId: { in: mailboxes.map(({ id }) => id) }, template },
    orderBy: { createdAt: "asc" },
  });
}

const logIn = (email: string, password: string) =>
  logInWithPassword({
    email,
    password,
    returnTo: "/account",
    previousToken: undefined,
    from: FROM,
  });

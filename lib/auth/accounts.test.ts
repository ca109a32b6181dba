import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { db } from "../db/client";
import { hashes } from "../db/testing/counted-hash-queue";
import { dumpDatabase, spellingsOf } from "../db/testing/dump";
import { FROM } from "../db/testing/people";
import { createAccount, createAdministrator } from "./accounts";
import type { CurrentSession } from "./current-session";
import { parseEmailAddress } from "./email-address";
import { shareOneHash, verifyPassword } from "./password-digest";
import { findSession } from "./session-rows";
import { administratorExists, setupToken } from "./setup-token";
import { mailVerificationAgain } from "./verification-mail";
import { findUnverifiedAddress } from "./verify-address";

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

  test("T29 ten sign-ups at once with look-alikes of one address are answered alike, and leave five accounts that wait to be verified", async () => {
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
    expect(results.map(({ created }) => created)).toEqual(Array.from({ length: 10 }, () => true));
    const prisma = await db();
    const users = await prisma.user.findMany({ where: { email }, include: { sessions: true } });
    expect(users.map(({ sessions }) => sessions.length)).toEqual([1, 1, 1, 1, 1]);
    expect(users.map(({ verifiedEmail }) => verifiedEmail)).toEqual([null, null, null, null, null]);
    const salts = users.map(({ passwordDigest }) => passwordDigest.slice(0, -31));
    expect(new Set(salts).size).toBe(1);
    const mailboxes = await prisma.address.findMany({ where: { email } });
    expect(mailboxes.filter(({ removedAt }) => removedAt === null)).toHaveLength(5);
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
    const owner = await signUp();
    await signUp({ password: "a stranger's own words" });
    const prisma = await db();
    const [first, second] = await prisma.user.findMany({
      where: { email },
      include: { sessions: true },
      orderBy: { createdAt: "asc" },
    });
    expect(first?.sessions).toHaveLength(1);
    expect(await verifies(PASSWORD, first?.passwordDigest)).toBe(true);
    expect(await verifies("a stranger's own words", first?.passwordDigest)).toBe(false);
    expect(second?.sessions).toHaveLength(1);
    const session = owner.created && (await findSession(owner.session.token));
    expect(session).toMatchObject({ userId: first?.id });
  });
});

describe("TH-10 signing up with an address that somebody has", () => {
  test("TH-10 is answered like any other sign-up, for one hash each", async () => {
    const known = await createOwner();
    for (const address of [known.email, `${crypto.randomUUID()}@example.org`]) {
      hashes.count = 0;
      const result = await signUp({ email: address });
      expect(hashes.count).toBe(1);
      expect(result).toEqual({
        created: true,
        userId: expect.any(String),
        session: { token: expect.any(String), expiresAt: expect.any(Date) },
      });
      expect(result.created && (await findSession(result.session.token))).toMatchObject({
        aal: 1,
        amr: ["pwd"],
        user: { email: address, name: "Ada", role: "USER" },
      });
    }
  });

  test("TH-10 makes an account whose password verifies with the owner's salt, key and cost", async () => {
    const known = await createOwner();
    await signUp({ email: known.email, password: "a stranger's own words" });
    const prisma = await db();
    const stranger = await prisma.user.findFirstOrThrow({
      where: { email: known.email, verifiedEmail: null },
    });
    expect(shareOneHash(stranger.passwordDigest, known.passwordDigest)).toBe(true);
    expect(stranger.passwordDigest).not.toBe(known.passwordDigest);
    expect(await verifies("a stranger's own words", stranger.passwordDigest)).toBe(true);
    expect(await verifies("a stranger's own words", known.passwordDigest)).toBe(false);
  });

  test("TH-10 looks alike from inside: unverified, to be released on the same day, and the link sent three times an hour at most", async () => {
    const known = await createOwner();
    const seen = [];
    for (const address of [known.email, `${crypto.randomUUID()}@example.org`]) {
      const session = await signUpAndFind(address);
      const answers = [];
      for (let round = 0; round < 4; round += 1)
        answers.push(await mailVerificationAgain(session, FROM));
      const unverified = await findUnverifiedAddress(session.userId);
      seen.push({
        answers,
        days: Math.round(((unverified?.releasedAt?.getTime() ?? 0) - Date.now()) / 86_400_000),
      });
    }
    expect(seen[0]).toEqual(seen[1]);
    expect(seen[0]).toEqual({
      answers: [
        { asked: true },
        { asked: true },
        { asked: false, reason: "too-many" },
        { asked: false, reason: "too-many" },
      ],
      days: 7,
    });
  });

  test("TH-10 tells the owner by mail, once a day, and no link to verify the stranger's account ever exists", async () => {
    const known = await createOwner();
    const session = await signUpAndFind(known.email);
    await signUp({ email: known.email });
    await mailVerificationAgain(session, FROM);
    const prisma = await db();
    expect(await mailsTo(known.email)).toEqual([
      { template: "address_taken", addressId: known.addressId, linkId: null, eventId: null },
    ]);
    expect(await prisma.mailLink.count({ where: { user: { email: known.email } } })).toBe(0);
    await prisma.mail.updateMany({
      where: { addressId: known.addressId },
      data: { createdAt: new Date(Date.now() - 25 * 3_600_000) },
    });
    await signUp({ email: known.email });
    expect(await mailsTo(known.email)).toHaveLength(2);
  });

  test("TH-10 a sixth unverified account takes the place of the oldest that nobody is logged in to, else of the oldest, and never of the owner's", async () => {
    const known = await createOwner();
    const sessions = [];
    for (let round = 0; round < 5; round += 1) sessions.push(await signUpAndFind(known.email));
    const prisma = await db();
    await prisma.session.deleteMany({ where: { userId: sessions[2]?.userId } });
    await signUp({ email: known.email });
    expect(await stillThere(sessions)).toEqual([true, true, false, true, true]);
    await signUp({ email: known.email });
    expect(await stillThere(sessions)).toEqual([false, true, false, true, true]);
    expect(await prisma.user.count({ where: { email: known.email } })).toBe(6);
    expect(await prisma.user.count({ where: { id: known.userId } })).toBe(1);
    const released = sessions[2]?.userId;
    expect(
      await prisma.auditEvent.count({ where: { userId: released, type: "account_released" } }),
    ).toBe(1);
  });

  test("TH-10 no number of sign-ups sends more than ten mails an hour to an address nobody verified", async () => {
    for (let round = 0; round < 12; round += 1) await signUp();
    expect(await mailsTo(email)).toHaveLength(10);
    const prisma = await db();
    const mailboxes = await prisma.address.findMany({ where: { email } });
    await prisma.mail.updateMany({
      where: { addressId: { in: mailboxes.map(({ id }) => id) } },
      data: { createdAt: new Date(Date.now() - 3_700_000) },
    });
    await signUp();
    expect(await mailsTo(email)).toHaveLength(11);
  });
});

test("PW-11 a new account's address gets one link that verifies it, and the administrator's too", async () => {
  const session = await signUpAndFind(email);
  const prisma = await db();
  const links = await prisma.mailLink.findMany({ where: { userId: session.userId } });
  expect(links).toMatchObject([{ purpose: "verify-address", usedAt: null }]);
  expect(await mailsTo(email)).toMatchObject([
    { template: "verify_address", linkId: links[0]?.id },
  ]);
  const administrator = await prisma.user.findFirstOrThrow({ where: { role: "ADMINISTRATOR" } });
  expect(await mailsTo(administrator.email)).toMatchObject([{ template: "verify_address" }]);
  expect(await findUnverifiedAddress(administrator.id)).toEqual({
    email: administrator.email,
    releasedAt: undefined,
  });
});

/** Somebody whose address is verified. */
async function createOwner() {
  const address = `${crypto.randomUUID()}@example.org`;
  await signUp({ email: address });
  const prisma = await db();
  const user = await prisma.user.update({
    where: {
      id: (await prisma.user.findFirstOrThrow({ where: { email: address } })).id,
    },
    data: { verifiedEmail: address },
  });
  const mailbox = await prisma.address.findFirstOrThrow({ where: { userId: user.id } });
  await prisma.address.update({ where: { id: mailbox.id }, data: { verifiedAt: new Date() } });
  await prisma.mailLink.deleteMany({ where: { userId: user.id } });
  await prisma.mail.deleteMany({ where: { addressId: mailbox.id } });
  return {
    userId: user.id,
    email: address,
    passwordDigest: user.passwordDigest,
    addressId: mailbox.id,
  };
}

async function signUpAndFind(address: string): Promise<CurrentSession> {
  const result = await signUp({ email: address });
  const session = result.created && (await findSession(result.session.token));
  const parsed = parseEmailAddress(address);
  if (!session || !parsed) throw new Error("The sign-up made no session.");
  return { ...session, name: session.user.name, email: parsed, role: session.user.role };
}

async function stillThere(sessions: CurrentSession[]): Promise<boolean[]> {
  const prisma = await db();
  return Promise.all(
    sessions.map(async ({ userId }) => (await prisma.user.count({ where: { id: userId } })) === 1),
  );
}

/** The mails to an address, oldest first. */
async function mailsTo(address: string) {
  const prisma = await db();
  const mailboxes = await prisma.address.findMany({ where: { email: address } });
  return prisma.mail.findMany({
    where: { addressId: { in: mailboxes.map(({ id }) => id) } },
    select: { template: true, addressId: true, linkId: true, eventId: true },
    orderBy: { createdAt: "asc" },
  });
}

async function verifies(password: string, digest: string | undefined): Promise<boolean> {
  const { takeHashPlace } = await import("../hash-queue");
  const place = takeHashPlace("passwords");
  if (!place) throw new Error("The hash queue is full.");
  const { verified } = await verifyPassword(place, password, digest);
  place.release();
  return verified;
}

const signUp = (
  input: { name?: string; email?: string; password?: string } = {},
  request = REQUEST as Request,
) => createAccount({ name: "Ada", email, password: PASSWORD, ...input }, request);

type Request = Parameters<typeof createAccount>[1];

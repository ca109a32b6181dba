import { randomUUID } from "node:crypto";
import { Secret } from "otpauth";
import pino from "pino";
import { beforeEach, expect, test, vi } from "vitest";
import { db } from "../db/client";
import { createChallenge, createPersonWithApp, FROM, setFailures } from "../db/testing/people";
import { authenticatorCodeAt } from "../mfa/authenticator-code";
import { generateRecoveryCode } from "../mfa/generate-recovery-code";
import { formatRecoveryCode } from "../mfa/recovery-code";
import { createAccount } from "./accounts";
import { logInWithPassword } from "./log-in";
import { logInWithAuthenticatorApp, logInWithRecoveryCode } from "./log-in-with-method";
import { requestPasswordReset } from "./reset-password";

// The real log, whose output is read here.
const { lines } = vi.hoisted(() => ({ lines: [] as string[] }));
vi.mock("../log", () => ({
  log: pino({ base: undefined }, { write: (line: string) => lines.push(line) }),
}));

const PASSWORD = "mauve tugboats sing";
const FORGED = 'Browser\r\n{"event":"authn_login_success"}\u2028';
const from = { ...FROM, userAgent: FORGED };
const WHERE = { address: FROM.address, at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) };

beforeEach(() => {
  lines.length = 0;
});

test("LG-01 each try of a password is logged with outcome, factor, user, time in UTC and address", async () => {
  const email = "lg@example.org";
  await createAccount(
    { name: "Ada", email, password: PASSWORD },
    { previousToken: undefined, from },
  );
  const prisma = await db();
  await prisma.user.update({ where: { id: await idOf(email) }, data: { verifiedEmail: email } });
  lines.length = 0;
  await logIn(email, "not it at all");
  await logIn(email, PASSWORD);
  await logIn("nobody@example.org", PASSWORD);
  const userId = await idOf(email);
  expect(logged()).toMatchObject([
    { event: "authn_login_fail", userId, method: "password", ...WHERE },
    { event: "authn_login_success", userId, ...WHERE },
    { event: "authn_login_fail", method: "password", ...WHERE },
  ]);
  for (let failure = 0; failure < 5; failure++) await logIn(email, "not it at all");
  lines.length = 0;
  await logIn(email, PASSWORD);
  expect(logged()).toMatchObject([{ event: "authn_login_fail_max", method: "password", ...WHERE }]);
  expect(lines.join("")).not.toContain(email);
});

test("LG-01 each try of a second factor is logged, also while it waits and when it is turned off", async () => {
  const { seed, ...owner } = await createPersonWithApp();
  const { userId } = owner;
  const answer = async (input: string) =>
    logInWithAuthenticatorApp({
      challenge: await createChallenge(owner),
      input,
      previousToken: undefined,
      from,
    });
  const wrong = codeNow(seed) === "000000" ? "000001" : "000000";
  const method = "authenticator-app";
  await answer(wrong);
  expect(logged()).toMatchObject([{ event: "authn_login_fail", userId, method, ...WHERE }]);
  lines.length = 0;
  await answer(codeNow(seed));
  expect(logged()).toMatchObject([
    { event: "authn_login_success", userId, method: "authenticator-app", ...WHERE },
  ]);

  for (const [failures, event] of [
    [4, "authn_login_fail_max"],
    [99, "authn_login_lock"],
  ] as const) {
    await setFailures({ userId, method }, failures);
    lines.length = 0;
    await answer(wrong);
    expect(logged()).toMatchObject([
      { event: "authn_login_fail", userId, method, ...WHERE },
      { event, userId, method, ...WHERE },
    ]);
    lines.length = 0;
    await answer(wrong);
    expect(logged()).toMatchObject([{ event, userId, method, ...WHERE }]);
  }
});

test("LG-01 TH-12 what is refused without being judged is logged, and a lost app that is tried is mailed once a login", async () => {
  const { seed, ...owner } = await createPersonWithApp();
  const { userId } = owner;
  const answerer = async () => {
    const challenge = await createChallenge(owner);
    return (input: string) =>
      logInWithAuthenticatorApp({ challenge, input, previousToken: undefined, from });
  };
  const input = codeNow(seed);
  await (await answerer())(input);
  lines.length = 0;
  const again = await (await answerer())(input);
  expect(again).toMatchObject({ reason: "already-used" });
  const refused = { event: "authn_login_fail", userId, ...WHERE };
  expect(logged()).toMatchObject([{ ...refused, method: "authenticator-app" }]);

  const prisma = await db();
  await prisma.authenticatorApp.updateMany({
    where: { userId },
    data: { suspendedAt: new Date() },
  });
  lines.length = 0;
  const answer = await answerer();
  for (let time = 0; time < 2; time++) {
    expect(await answer("123456")).toMatchObject({ reason: "suspended" });
  }
  expect(logged()).toMatchObject(Array(2).fill({ ...refused, method: "authenticator-app" }));
  expect(await countMails(userId, "method_failed")).toBe(1);
  expect(await prisma.throttle.count({ where: { subject: userId, failures: { gt: 0 } } })).toBe(0);
});

test("LG-01 a recovery code of a set that is over is logged", async () => {
  const owner = await createPersonWithApp();
  const { userId } = owner;
  const now = new Date();
  const ended = { letter: "A", generatedAt: now, endedAt: now, endedBy: "revoked" };
  await (await db()).recoveryCodeSet.create({ data: { id: randomUUID(), userId, ...ended } });
  const challenge = await createChallenge(owner);
  const input = formatRecoveryCode(generateRecoveryCode({ letter: "A", number: 1 }));
  lines.length = 0;
  const login = { challenge, input, previousToken: undefined, from };
  expect(await logInWithRecoveryCode(login)).toMatchObject({ reason: "replaced" });
  expect(logged()).toMatchObject([
    { event: "authn_login_fail", userId, method: "recovery-codes", ...WHERE },
  ]);
});

test("LG-01 a reset that is asked for at an address nobody has is logged, by no address", async () => {
  const email = "unknown@example.org";
  await requestPasswordReset(email, from);
  const subject = expect.stringMatching(/^[\w-]{43}$/);
  expect(logged()).toMatchObject([{ event: "authn_password_reset_requested", subject, ...WHERE }]);
  expect(lines.join("")).not.toContain(email);
});

test("LG-05 line ends in what a browser or a person claims make no second line", async () => {
  const owner = await createPersonWithApp();
  const challenge = await createChallenge({ ...owner, email: `a@b\r\n{"forged":true}` });
  const forgedCode = 'A3K7-9QXW-B4TN-HRZ8\n{"event":"authn_login_success"}';
  await logInWithRecoveryCode({ challenge, input: forgedCode, previousToken: undefined, from });
  await logIn(`x@y\r\n{"forged":true}`, PASSWORD);
  await logInWithAuthenticatorApp({ challenge, input: "123456", previousToken: undefined, from });
  expect(lines.length).toBeGreaterThan(0);
  for (const line of lines) {
    expect(line.trimEnd()).not.toMatch(/[\r\n]/);
    expect(JSON.parse(line)).not.toHaveProperty("forged");
  }
  expect(lines.join("")).not.toContain("authn_login_success");
});

async function countMails(userId: string, template: string): Promise<number> {
  const prisma = await db();
  const addresses = await prisma.address.findMany({ where: { userId }, select: { id: true } });
  const addressId = { in: addresses.map(({ id }) => id) };
  return prisma.mail.count({ where: { addressId, template } });
}

const codeNow = (seed: Buffer) =>
  authenticatorCodeAt(new Secret({ buffer: new Uint8Array(seed).buffer }).base32, new Date());

async function idOf(email: string): Promise<string> {
  const prisma = await db();
  return (await prisma.user.findFirstOrThrow({ where: { email } })).id;
}

const logIn = (email: string, password: string) =>
  logInWithPassword({ email, password, returnTo: "/account", previousToken: undefined, from });

const logged = (): unknown[] => lines.map((line) => JSON.parse(line));

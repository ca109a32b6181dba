import { beforeEach, describe, expect, test, vi } from "vitest";
import { requestAddressChange } from "../auth/change-address";
import { enrollAuthenticatorApp } from "../auth/enroll-authenticator-app";
import { addPerson } from "../auth/known-browser";
import { logInWithPassword } from "../auth/log-in";
import { findMailedLinkState, logInWithMailedLink } from "../auth/log-in-with-mailed-link";
import { mailLinkAgain } from "../auth/mailed-link";
import { mustEnroll } from "../auth/must-enroll";
import { digestPassword } from "../auth/password-digest";
import { requestPasswordReset, resetPassword } from "../auth/reset-password";
import { findSession } from "../auth/session-rows";
import { db } from "../db/client";
import { createAdministrator, promote, READER } from "../db/testing/administrators";
import { findEvents } from "../db/testing/events";
import { mailTo, tokenTo } from "../db/testing/mailboxes";
import {
  allow,
  createPerson,
  createPersonWithApp,
  FROM,
  setFailures,
  storePhone,
  storeSecurityKey,
} from "../db/testing/people";
import { logInAs, readSession, WITH_APP } from "../db/testing/signed-in";
import { takeHashPlace } from "../hash-queue";
import { beginAuthenticatorApp } from "../mfa/authenticator-app";
import { authenticatorCodeAt } from "../mfa/authenticator-code";
import { hasMethod } from "../mfa/has-method";
import { findLoginChallenge, type LoginChallenge } from "../mfa/login-challenge";
import { beginPairing } from "../mfa/pairing";
import { generateRecoveryCodeSet } from "../mfa/recovery-code-sets";
import { listOpenInvitations } from "../notices/invitations";
import { findOpenRequest } from "./administrative-requests";
import { inviteByMail } from "./invite";
import { rescueAccount } from "./rescue-account";
import { askForMfaReset } from "./reset-mfa";

const PASSWORD = "mauve tugboats sing";

let administrator: Awaited<ReturnType<typeof createAdministrator>>;
let person: Awaited<ReturnType<typeof createPersonWithApp>>;
beforeEach(async () => {
  const prisma = await db();
  await prisma.throttle.deleteMany();
  await prisma.rateLimiterFlexible.deleteMany();
  administrator = await createAdministrator();
  person = await createPersonWithApp();
  await givePassword(person.userId);
  return () => vi.useRealTimers();
});

describe("what a reset takes", () => {
  test("LC-06 every method, code, session, login, phone under way and link in; rows stay as history", async () => {
    const { userId } = person;
    const prisma = await db();
    await storePhone(userId);
    await storeSecurityKey(userId);
    const made = await generateRecoveryCodeSet({
      userId,
      knownSetId: null,
      steppedUpBy: WITH_APP,
      from: FROM,
      authorize: allow,
    });
    expect(made.generated).toBe(true);
    const { session } = await logInAs(person, WITH_APP);
    await beginPairing({ userId, sessionId: session.id }, { replacesId: undefined });
    await requestPasswordReset(person.email, FROM);
    const challenge = await enterPassword();
    await setFailures({ userId, method: "authenticator-app" }, 100);
    expect(await reset()).toEqual({ reset: true });
    expect(await hasMethod(prisma, userId)).toBe(false);
    const where = { userId };
    expect(await prisma.session.count({ where })).toBe(0);
    expect(await prisma.mailLink.count({ where })).toBe(0);
    expect(await prisma.pairing.count({ where: { userId, endedAt: null } })).toBe(0);
    expect(
      await prisma.recoveryCode.count({ where: { userId, sealedDigest: { not: null } } }),
    ).toBe(0);
    expect(await findLoginChallenge(challenge.token)).toBeUndefined();
    expect(
      await prisma.throttle.count({ where: { subject: userId, failures: { gt: 0 } } }),
      "what is enrolled next was not failed at",
    ).toBe(0);
    expect(await prisma.user.findUnique({ where: { id: userId } })).toMatchObject({
      mfaResetAt: expect.any(Date),
      methodCount: 0,
      codesLeft: 0,
      recoverability: "no-mfa",
    });
    const removed = { where: { userId, removedAt: { not: null } } };
    expect(await prisma.authenticatorApp.count(removed)).toBe(1);
    expect(await prisma.sparekeyAuthenticator.count(removed)).toBe(1);
    expect(await prisma.securityKey.count(removed)).toBe(1);
    expect(await prisma.recoveryCodeSet.findFirst({ where })).toMatchObject({ endedBy: "reset" });
  });

  test("T17 LC-06 ends what somebody began before it: a change of the address that waits, and other requests about the person", async () => {
    const { userId } = person;
    const { session } = await logInAs(person, WITH_APP);
    const input = `${userId}@stranger.example`;
    expect(await requestAddressChange({ session, input, from: FROM })).toMatchObject({
      requested: true,
    });
    await promote(person);
    expect(await reset()).toEqual({ reset: false, reason: "requested" });
    expect(await rescueAccount(person.email)).toMatchObject({ rescued: true });
    const prisma = await db();
    const waiting = { where: { userId, appliedAt: null, cancelledAt: null } };
    expect(await prisma.addressChange.count(waiting)).toBe(0);
    expect(await findOpenRequest(READER, "reset-mfa", userId)).toBeUndefined();
    expect(await mailTo(person, person.email)).toContain("address_change_cancelled");
  });

  test("T17 LC-06 ends what a stranger began in an administrator's session: invitations and requests", async () => {
    const { session } = administrator;
    const email = `${administrator.userId}@stranger.example`;
    await inviteByMail({ session, email, role: "ADMINISTRATOR", from: FROM });
    await promote(person);
    expect(await reset()).toEqual({ reset: false, reason: "requested" });
    expect(await rescueAccount(administrator.email)).toMatchObject({ rescued: true });
    const open = await listOpenInvitations();
    expect(open.filter((invitation) => invitation.email === email)).toEqual([]);
    expect(await findOpenRequest(READER, "reset-mfa", person.userId)).toBeUndefined();
  });

  test("SE-14 LC-06 a disabled person is not helped in", async () => {
    const prisma = await db();
    const { userId: id } = person;
    await prisma.user.update({ where: { id }, data: { disabledAt: new Date() } });
    expect(await reset()).toEqual({ reset: false, reason: "disabled" });
    expect(await hasMethod(prisma, id)).toBe(true);
  });

  test("LC-09 the person is mailed who knows why, and it is on record by whom", async () => {
    await reset();
    expect(await mailTo(person, person.email)).toEqual(["mfa_reset"]);
    const prisma = await db();
    const where = { userId: person.userId, type: "mfa_reset" };
    expect(await prisma.auditEvent.findFirst({ where })).toMatchObject({
      actorId: administrator.userId,
      reason: "Called back",
    });
  });

  test("LC-06 not for oneself, not without a verified address, not for somebody who is not locked out", async () => {
    expect(await reset(administrator.userId)).toEqual({ reset: false, reason: "self" });
    expect(await reset((await createPerson()).userId)).toEqual({
      reset: false,
      reason: "no-method",
    });
    const prisma = await db();
    const { userId } = person;
    await prisma.address.updateMany({ where: { userId }, data: { verifiedAt: null } });
    expect(await reset()).toEqual({ reset: false, reason: "no-address" });
    expect(await hasMethod(prisma, userId)).toBe(true);
  });

  test("LC-06 of an administrator it only asks for a second one", async () => {
    await promote(person);
    expect(await reset()).toEqual({ reset: false, reason: "requested" });
    expect(await reset()).toEqual({ reset: false, reason: "already-requested" });
    expect(await hasMethod(await db(), person.userId)).toBe(true);
    expect(await mailTo(person, person.email)).toEqual(["mfa_reset_requested"]);
  });
});

describe("the login after it", () => {
  test("LC-06 TH-01 the password alone gives no session, in any form, also in a known browser", async () => {
    await reset();
    const known = addPerson([], person.userId);
    for (const knownBrowsers of [[], known]) {
      const result = await logInWithPassword({ ...login(), knownBrowsers });
      expect(result).toEqual({ verified: true, challenge: expect.anything() });
    }
    expect(await countSessions()).toBe(0);
    expect(await mailTo(person, person.email)).toEqual(["mfa_reset", "reset_login"]);
  });

  test("LC-06 password and link give a session of level 1 that can only enroll; enrolling ends the reset", async () => {
    await reset();
    const { challenge } = await enterPassword();
    const result = await follow(challenge);
    if (!result.verified) throw new Error(`Refused: ${result.reason}.`);
    const session = await readSession(result.session.token);
    expect(session).toMatchObject({ aal: 1, amr: ["pwd"], userId: person.userId });
    expect(await mustEnroll(session)).toBe(true);
    const owner = { userId: person.userId, sessionId: session.id };
    const display = { issuer: "Sparekey", account: person.email };
    const { setupKey } = await beginAuthenticatorApp(owner, display);
    const input = authenticatorCodeAt(setupKey, new Date());
    const enrolled = await enrollAuthenticatorApp({
      session,
      previous: "replaced",
      input,
      display,
      from: FROM,
    });
    const token = enrolled.verified ? enrolled.value.token?.token : undefined;
    expect(await findSession(token ?? "")).toMatchObject({ aal: 2, restrictedUntil: null });
    const prisma = await db();
    const user = await prisma.user.findUniqueOrThrow({ where: { id: person.userId } });
    expect(user.mfaResetAt).toBeNull();
    expect(await findEvents(person.userId)).toContain("mfa_reset_link_used");
  });

  test("LC-06 the link does nothing where the password was not given, and goes on working where it was", async () => {
    await reset();
    const { challenge } = await enterPassword();
    const token = await linkToken();
    const stranger = await createPersonWithApp();
    const other = { ...challenge, userId: stranger.userId };
    expect(await findMailedLinkState(token, undefined)).toBe("needs-password");
    expect(await findMailedLinkState(token, other)).toBe("needs-password");
    expect(await follow(other)).toEqual({ verified: false, reason: "needs-password" });
    expect(await countSessions()).toBe(0);
    expect(await findMailedLinkState(token, challenge)).toBe("ready");
    expect(await follow(challenge)).toMatchObject({ verified: true });
  });

  test("LC-06 the link works once, also when it is followed ten times at once in as many browsers", async () => {
    await reset();
    const challenges = [];
    for (let browser = 0; browser < 10; browser++)
      challenges.push((await enterPassword()).challenge);
    const token = await linkToken();
    const results = await Promise.all(challenges.map((challenge) => follow(challenge, token)));
    expect(results.filter(({ verified }) => verified)).toHaveLength(1);
    expect(await countSessions()).toBe(1);
    const { challenge } = await enterPassword();
    expect(await follow(challenge, token)).toMatchObject({ verified: false, reason: "over" });
  });

  test("LC-06 the link is good for an hour, and three are mailed an hour", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    await reset();
    const { challenge } = await enterPassword();
    const first = await linkToken();
    expect(await mailLinkAgain(challenge)).toEqual({ sent: true });
    expect(await findMailedLinkState(first, challenge), "the newest alone").toBe("over");
    expect(await mailLinkAgain(challenge)).toEqual({ sent: true });
    expect(await mailLinkAgain(challenge)).toEqual({ sent: false, reason: "too-many" });
    const last = await linkToken();
    vi.setSystemTime(Date.now() + 3_600_001);
    expect(await findMailedLinkState(last, challenge)).toBe("over");
  });

  test("T17 whoever reads the mail and sets a new password with it gets no further, until an administrator looks again", async () => {
    await reset();
    await requestPasswordReset(person.email, FROM);
    const chosen = "green otters count rivers";
    const token = await tokenTo(person, "reset-password");
    expect(await resetPassword({ token, chosen }, FROM)).toMatchObject({ reset: true });
    const { challenge } = await enterPassword(chosen);
    expect(await mailTo(person, person.email)).not.toContain("reset_login");
    expect(await mailLinkAgain(challenge)).toEqual({ sent: false, reason: "over" });
    expect(await reset(), "once more").toEqual({ reset: true });
    const again = await enterPassword(chosen);
    expect(await follow(again.challenge)).toMatchObject({ verified: true });
  });
});

describe("a rescue from the server", () => {
  test("LC-06 resets the account that verified an address, on record and mailed, and makes no secret", async () => {
    expect(await rescueAccount("nobody@example.org")).toEqual({
      rescued: false,
      reason: "unknown",
    });
    expect(await rescueAccount("nobody")).toEqual({ rescued: false, reason: "invalid" });
    const { userId, email } = administrator;
    expect(await rescueAccount(email.toUpperCase())).toEqual({
      rescued: true,
      name: "Ada",
      email,
      vouched: false,
    });
    expect(await findEvents(userId)).toEqual(["administrator_rescued"]);
    expect(await mailTo(administrator, email)).toEqual(["administrator_rescued"]);
    await givePassword(userId);
    const result = await logInWithPassword({ ...login(), email });
    expect(result).toEqual({ verified: true, challenge: expect.anything() });
  });

  test("LC-06 an administrator who never opened the link is rescued too, at the operator's word, and gets in", async () => {
    const { userId, email } = administrator;
    await unverify(administrator);
    const stranger = await createPerson();
    await unverify(stranger);
    await bear(stranger, email);
    expect(await rescueAccount(email)).toEqual({
      rescued: true,
      name: "Ada",
      email,
      vouched: true,
    });
    expect(await findEvents(userId)).toEqual(["address_verified", "administrator_rescued"]);
    expect(await findEvents(stranger.userId), "as when the link is opened").toEqual([
      "account_released",
    ]);
    expect(await mailTo(administrator, email)).toEqual(["administrator_rescued"]);
    person = administrator;
    await givePassword(userId);
    const { challenge } = await enterPassword();
    expect(await follow(challenge)).toMatchObject({ verified: true });
  });

  test("LC-06 not a member who never did, nor a disabled administrator, nor one at an address that is another's", async () => {
    const unknown = { rescued: false, reason: "unknown" };
    await unverify(person);
    expect(await rescueAccount(person.email), "a member").toEqual(unknown);
    const disabled = await createAdministrator();
    await unverify(disabled);
    const prisma = await db();
    const data = { disabledAt: new Date() };
    await prisma.user.update({ where: { id: disabled.userId }, data });
    expect(await rescueAccount(disabled.email), "disabled").toEqual(unknown);
    const owner = await createPerson();
    await prisma.user.update({ where: { id: owner.userId }, data });
    await unverify(administrator);
    await bear(administrator, owner.email);
    expect(await rescueAccount(owner.email), "another's").toEqual(unknown);
    for (const { userId } of [person, disabled, administrator]) {
      expect(await hasMethod(prisma, userId)).toBe(true);
      expect(await findEvents(userId)).toEqual([]);
    }
  });
});

/** As they are when nobody opened the mailed link. */
async function unverify({ userId }: { userId: string }): Promise<void> {
  const prisma = await db();
  await prisma.user.update({ where: { id: userId }, data: { verifiedEmail: null } });
  await prisma.address.updateMany({ where: { userId }, data: { verifiedAt: null } });
}

/** Has somebody log in with another address. */
async function bear({ userId }: { userId: string }, email: string): Promise<void> {
  const prisma = await db();
  await prisma.user.update({ where: { id: userId }, data: { email } });
  await prisma.address.updateMany({ where: { userId }, data: { email } });
}

async function givePassword(userId: string): Promise<void> {
  const place = takeHashPlace("passwords");
  if (!place) throw new Error("The hash queue is full.");
  const passwordDigest = await digestPassword(place, PASSWORD);
  place.release();
  const prisma = await db();
  await prisma.user.update({ where: { id: userId }, data: { passwordDigest } });
}

const reset = (userId = person.userId) =>
  askForMfaReset({ session: administrator.session, userId, reason: "Called back", from: FROM });

const login = (password = PASSWORD) => ({
  email: person.email,
  password,
  returnTo: "/account",
  previousToken: undefined,
  from: FROM,
});

/** In a new browser. */
async function enterPassword(password = PASSWORD) {
  const result = await logInWithPassword(login(password));
  const token = (result.verified && result.challenge?.token) || "";
  const challenge = await findLoginChallenge(token);
  if (!challenge) throw new Error("There is no login challenge.");
  return { token, challenge };
}

const linkToken = () => tokenTo(person, "reset-login");

async function follow(challenge: LoginChallenge, token?: string) {
  const followed = token ?? (await linkToken());
  return logInWithMailedLink({ challenge, token: followed, previousToken: undefined, from: FROM });
}

async function countSessions(): Promise<number> {
  const prisma = await db();
  return prisma.session.count({ where: { userId: person.userId } });
}

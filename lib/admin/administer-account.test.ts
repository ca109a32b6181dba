import { beforeEach, describe, expect, test, vi } from "vitest";
import { applyDueAddressChanges, requestAddressChange } from "../auth/change-address";
import { deleteAccount } from "../auth/delete-account";
import {
  holdAdministrator,
  NotAdministrator,
  provenAdministrator,
} from "../auth/hold-administrator";
import { clearAway } from "../auth/housekeeping";
import { requestPasswordReset } from "../auth/reset-password";
import { findSession, SessionOver, SessionTooWeak } from "../auth/session-rows";
import { verifyAddress } from "../auth/verify-address";
import { db, transaction } from "../db/client";
import { createAdministrator, READER } from "../db/testing/administrators";
import { findEvents } from "../db/testing/events";
import { mailTo, tokenTo } from "../db/testing/mailboxes";
import {
  createChallenge,
  createPerson,
  createPersonWithApp,
  FROM,
  type Person,
} from "../db/testing/people";
import { forgetPolicies, setPolicy } from "../db/testing/policies";
import { logInAs } from "../db/testing/signed-in";
import { WEAK_SESSIONS } from "../db/testing/weak-sessions";
import { LoginChallengeOver, satisfyLoginChallenge } from "../mfa/login-challenge";
import { findLiveTemporaryCode } from "../mfa/temporary-codes";
import { PORTAL_ITSELF } from "../request-source";
import {
  ACCOUNT_ACTS,
  type AccountAct,
  administerAccount,
  findAccountAct,
} from "./administer-account";
import { findOpenRequest } from "./administrative-requests";
import { inviteByMail } from "./invite";
import { makeTemporaryCode } from "./make-temporary-code";
import { askForMfaReset } from "./reset-mfa";

const REASON = "Ticket 12: she called from her desk.";
const DONE = { done: true };
const HOUR_MS = 3_600_000;

let administrator: Awaited<ReturnType<typeof createAdministrator>>;
let person: Person;
beforeEach(async () => {
  const prisma = await db();
  await prisma.user.updateMany({ data: { role: "USER" } });
  await prisma.mail.deleteMany();
  administrator = await createAdministrator();
  person = await createPerson();
  return () => vi.useRealTimers();
});

const doTo = ({ userId }: Person, act: AccountAct, { by = administrator, reason = REASON } = {}) =>
  administerAccount({ session: by.session, userId, act, reason, from: FROM });

describe("what is done to an account", () => {
  test("LC-09 a role is given and taken with a reason, on record by whom, and the person is told", async () => {
    expect(await doTo(person, "make-administrator")).toEqual(DONE);
    expect(await roleOf(person)).toBe("ADMINISTRATOR");
    expect(await doTo(person, "remove-administrator")).toEqual(DONE);
    expect(await roleOf(person)).toBe("USER");
    const prisma = await db();
    const events = await prisma.auditEvent.findMany({
      where: { userId: person.userId },
      orderBy: { id: "asc" },
    });
    expect(events).toMatchObject([
      { type: "role_given", actorId: administrator.userId, reason: REASON },
      { type: "role_taken", actorId: administrator.userId, reason: REASON },
    ]);
    expect(await mailTo(person, person.email)).toEqual(["role_given", "role_taken"]);
  });

  test("SE-14 who is disabled is out at once: sessions and logins on their way end with it", async () => {
    const { token } = await logInAs(person, ["pwd"]);
    const challenge = await createChallenge(person);
    expect(await doTo(person, "disable")).toEqual(DONE);
    expect(await findSession(token)).toBeUndefined();
    const answer = () =>
      transaction((tx) => satisfyLoginChallenge(tx, challenge, "authenticator-app"));
    await expect(answer()).rejects.toBeInstanceOf(LoginChallengeOver);
    expect(await mailTo(person, person.email)).toEqual(["account_disabled"]);

    expect(await doTo(person, "enable")).toEqual(DONE);
    expect(await findSession(token), "comes back").toBeUndefined();
    await expect(answer(), "comes back").rejects.toBeInstanceOf(LoginChallengeOver);
    expect(await findEvents(person.userId)).toEqual(["account_disabled", "account_enabled"]);
  });

  test("SE-14 T17 nothing that was given to get in with outlives disabling: temporary codes, mailed links, requests", async () => {
    const helped = await createPersonWithApp();
    const { userId } = helped;
    const { session } = administrator;
    const help = { session, userId, reason: REASON, from: FROM };
    const code = await makeTemporaryCode({ ...help, knownCodeId: undefined, hours: 24 });
    expect(code).toMatchObject({ made: true });
    await requestPasswordReset(helped.email, FROM);
    expect(await tokenTo(helped, "reset-password")).not.toBe("");
    await setPolicy({ twoAdministrators: true });
    expect(await askForMfaReset(help)).toMatchObject({ reason: "requested" });
    await doTo(helped, "disable");
    const prisma = await db();
    expect(await prisma.temporaryCode.findFirst({ where: { userId } })).toMatchObject({
      endedBy: "disabled",
      sealedDigest: null,
    });
    expect(await tokenTo(helped, "reset-password")).toBe("");
    expect(await findOpenRequest(READER, "reset-mfa", userId)).toBeUndefined();
    expect(await askForMfaReset(help)).toEqual({ reset: false, reason: "disabled" });
    const again = await makeTemporaryCode({ ...help, knownCodeId: undefined, hours: 24 });
    expect(again).toEqual({ made: false, reason: "disabled" });
    await doTo(helped, "enable");
    expect(await findLiveTemporaryCode(userId), "comes back").toBeUndefined();
    await forgetPolicies();
  });

  test("SE-14 T17 a change of the login address that a stranger began outlives neither disabling nor enabling", async () => {
    const email = `${person.userId}@stranger.example`;
    const { session } = await logInAs(person, ["pwd"]);
    await requestAddressChange({ session, input: email, from: FROM });
    await verifyAddress(await tokenTo({ ...person, email }, "verify-address"), FROM);
    expect(await doTo(person, "disable")).toEqual(DONE);
    expect(await mailTo(person, person.email)).toContain("address_change_cancelled");
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 80 * HOUR_MS });
    const by = { ...administrator, ...(await createSessionOf(administrator)) };
    expect(await doTo(person, "enable", { by })).toEqual(DONE);
    await applyDueAddressChanges();
    const prisma = await db();
    const user = await prisma.user.findUniqueOrThrow({ where: { id: person.userId } });
    expect(user.email).toBe(person.email);
  });

  test("SE-10 all sessions of a person end, and nobody else's", async () => {
    const { token } = await logInAs(person, ["pwd"]);
    const stranger = await logInAs(await createPerson(), ["pwd"]);
    const challenge = await createChallenge(person);
    expect(await doTo(person, "end-sessions")).toEqual(DONE);
    expect(await findSession(token)).toBeUndefined();
    expect(await findSession(stranger.token)).toBeDefined();
    const answer = transaction((tx) => satisfyLoginChallenge(tx, challenge, "authenticator-app"));
    await expect(answer).rejects.toBeInstanceOf(LoginChallengeOver);
    expect(await findEvents(person.userId)).toEqual(["sessions_ended_by_administrator"]);
  });

  test("a reason has 1 to 500 characters in one line, and nothing happens without one", async () => {
    for (const reason of ["", " \n\t ", "\u202E", "x".repeat(501)]) {
      expect(await doTo(person, "disable", { reason })).toEqual({ done: false, reason: "reason" });
    }
    expect(await findEvents(person.userId)).toEqual([]);
    expect(await doTo(person, "disable", { reason: ` ${"x".repeat(498)}\n\u202E y ` })).toEqual(
      DONE,
    );
    const prisma = await db();
    const { reason } = await prisma.auditEvent.findFirstOrThrow({
      where: { userId: person.userId },
    });
    expect(reason).toBe(`${"x".repeat(498)} y`);
  });

  test("what is so already, and who is gone, changes nothing", async () => {
    const refused = (reason: string) => ({ done: false, reason });
    expect(await doTo(person, "remove-administrator")).toEqual(refused("done-already"));
    expect(await doTo(person, "enable")).toEqual(refused("done-already"));
    await doTo(person, "disable");
    expect(await doTo(person, "disable")).toEqual(refused("done-already"));
    expect(await doTo(person, "make-administrator")).toEqual(refused("disabled"));
    const nobody = { userId: crypto.randomUUID(), email: "" };
    for (const act of ACCOUNT_ACTS) expect(await doTo(nobody, act)).toEqual(refused("gone"));
    expect(await findEvents(person.userId)).toEqual(["account_disabled"]);
  });

  test("nobody becomes an administrator at an address that nobody has verified", async () => {
    const prisma = await db();
    await prisma.user.update({ where: { id: person.userId }, data: { verifiedEmail: null } });
    expect(await doTo(person, "make-administrator")).toMatchObject({ reason: "unverified" });
    expect(await roleOf(person)).toBe("USER");
  });

  test("LC-09 no role is taken, by others or by oneself, while a member's account would be deleted for its unverified address", async () => {
    const other = await createAdministrator();
    const prisma = await db();
    const createdAt = new Date(Date.now() - 8 * 86_400_000);
    for (const by of [administrator, other]) {
      const unverified = { verifiedEmail: null, createdAt };
      await prisma.user.update({ where: { id: other.userId }, data: unverified });
      const taken = await doTo(other, "remove-administrator", { by });
      expect(taken).toEqual({ done: false, reason: "unverified" });
    }
    await clearAway();
    expect(await roleOf(other)).toBe("ADMINISTRATOR");
    expect(await doTo(other, "disable")).toEqual(DONE);
    await clearAway();
    expect(await roleOf(other), "is still there").toBe("ADMINISTRATOR");
  });

  test("nobody disables themselves; the page says beforehand what the verb would", async () => {
    await createAdministrator();
    for (const act of ["disable", "end-sessions"] as const) {
      expect(await doTo(administrator, act)).toEqual({ done: false, reason: "own-account" });
      const { userId } = administrator;
      const session = provenAdministrator(administrator.session);
      expect(await findAccountAct({ session, userId, act })).toMatchObject({
        refusal: "own-account",
      });
    }
  });

  test("an administrator gives up their own role while another is there", async () => {
    expect(await doTo(administrator, "remove-administrator")).toMatchObject({
      reason: "last-administrator",
    });
    await createAdministrator();
    expect(await doTo(administrator, "remove-administrator")).toEqual(DONE);
    expect(await roleOf(administrator)).toBe("USER");
  });

  test("invitations of whoever administers no more end, so that nobody comes back by their own", async () => {
    const other = await createAdministrator();
    for (const act of ["remove-administrator", "disable"] as const) {
      const prisma = await db();
      await prisma.user.update({ where: { id: other.userId }, data: { role: "ADMINISTRATOR" } });
      const email = `${crypto.randomUUID()}@example.net`;
      const { session } = await createSessionOf(other);
      await inviteByMail({ session, email, role: "ADMINISTRATOR", from: FROM });
      expect(await doTo(other, act)).toEqual(DONE);
      const invitation = await prisma.invitation.findFirstOrThrow({ where: { email } });
      expect(invitation.cancelledAt, act).not.toBeNull();
      const { id: addressId } = await prisma.address.findFirstOrThrow({ where: { email } });
      expect(
        await prisma.auditEvent.findMany({ where: { addressId }, orderBy: { id: "asc" } }),
      ).toMatchObject([
        { type: "invitation_sent" },
        { type: "invitation_cancelled", userId: other.userId, address: PORTAL_ITSELF.address },
      ]);
    }
  });
});

describe("who may do it", () => {
  test.each(Object.entries(WEAK_SESSIONS))(
    "LC-09 SE-07 a %s session of an administrator changes nothing",
    async (_, open) => {
      const session = await open(administrator);
      for (const act of ACCOUNT_ACTS) {
        const attempt = doTo(person, act, { by: { ...administrator, session } });
        await expect(attempt).rejects.toBeInstanceOf(SessionTooWeak);
      }
      expect(await findEvents(person.userId)).toEqual([]);
    },
  );

  test("LC-08 SE-14 whoever was demoted, is disabled or has no method is refused, whatever their page showed", async () => {
    const prisma = await db();
    const demoted = await createAdministrator();
    await doTo(demoted, "remove-administrator");
    const withoutMfa = await createAdministrator();
    await prisma.authenticatorApp.updateMany({
      where: { userId: withoutMfa.userId },
      data: { removedAt: new Date() },
    });
    for (const by of [demoted, withoutMfa]) {
      for (const act of ACCOUNT_ACTS) {
        await expect(doTo(person, act, { by })).rejects.toBeInstanceOf(NotAdministrator);
      }
    }
    const disabled = await createAdministrator();
    await doTo(disabled, "disable");
    await expect(doTo(person, "disable", { by: disabled })).rejects.toBeInstanceOf(SessionOver);
    expect(await findEvents(person.userId)).toEqual([]);
  });

  test("SE-14 a demotion that comes while an administrator's act is under way waits for it, and the next act is refused", async () => {
    const other = await createAdministrator();
    const order: string[] = [];
    let hasHeld = () => {};
    const held = new Promise<void>((resolve) => {
      hasHeld = resolve;
    });
    const act = transaction(async (tx) => {
      await holdAdministrator(tx, other.session, "unrestricted");
      hasHeld();
      await new Promise((resolve) => setTimeout(resolve, 300));
      order.push("act");
    });
    await held;
    const demotion = doTo(other, "remove-administrator").then(() => order.push("demotion"));
    await Promise.all([act, demotion]);
    expect(order).toEqual(["act", "demotion"]);
    await expect(doTo(person, "disable", { by: other })).rejects.toBeInstanceOf(NotAdministrator);
  });

  test("SE-14 of an act and a demotion at once, the act is done before or not at all", async () => {
    for (let round = 0; round < 5; round += 1) {
      const other = await createAdministrator();
      const target = await createPerson();
      const [demotion, act] = await Promise.allSettled([
        doTo(other, "remove-administrator"),
        doTo(target, "disable", { by: other }),
      ]);
      expect(demotion).toMatchObject({ status: "fulfilled", value: DONE });
      if (act.status === "rejected") expect(act.reason).toBeInstanceOf(NotAdministrator);
      const done = act.status === "fulfilled";
      expect(await findEvents(target.userId)).toEqual(done ? ["account_disabled"] : []);
    }
  });
});

describe("the last administrator", () => {
  const LEAVING = ["remove-administrator", "disable"] as const;

  test.each(LEAVING)("%s: refused for the last one, whoever else is disabled", async (act) => {
    const other = await createAdministrator();
    await doTo(other, "disable");
    expect(await roleOf(other)).toBe("ADMINISTRATOR");
    const refused = await doTo(administrator, act);
    expect(refused).toMatchObject({ done: false });
    expect(await doTo(administrator, "remove-administrator")).toMatchObject({
      reason: "last-administrator",
    });
    expect(await countAdministrators()).toBe(1);
  });

  test("of three who remove, disable and delete at once, whoever it is about, one stays", async () => {
    for (let round = 0; round < 5; round += 1) {
      const prisma = await db();
      await prisma.user.updateMany({ data: { role: "USER" } });
      const [a, b, c] = await Promise.all([
        createAdministrator(),
        createAdministrator(),
        createAdministrator(),
      ]);
      const results = await Promise.allSettled([
        doTo(b, "remove-administrator", { by: a }),
        doTo(a, "disable", { by: b }),
        doTo(b, "disable", { by: c }),
        doTo(c, "remove-administrator", { by: a }),
        doTo(c, "disable", { by: b }),
        deleteAccount({ session: c.session, from: FROM }),
        doTo(a, "remove-administrator", { by: a }),
      ]);
      for (const result of results) {
        if (result.status === "fulfilled") continue;
        const { reason } = result;
        const isExpected = reason instanceof NotAdministrator || reason instanceof SessionOver;
        expect(isExpected, `${reason}`).toBe(true);
      }
      expect(await countAdministrators(), `round ${round}`).toBeGreaterThanOrEqual(1);
    }
  });

  test("of two who demote each other at once, one stays", async () => {
    for (let round = 0; round < 10; round += 1) {
      const prisma = await db();
      await prisma.user.updateMany({ data: { role: "USER" } });
      const a = await createAdministrator();
      const b = await createAdministrator();
      const act = LEAVING[round % 2] ?? "disable";
      const results = await Promise.allSettled([doTo(b, act, { by: a }), doTo(a, act, { by: b })]);
      const done = results.filter(({ status }) => status === "fulfilled");
      expect(done, `round ${round}`).toHaveLength(1);
      expect(await countAdministrators(), `round ${round}`).toBe(1);
    }
  });
});

async function roleOf({ userId }: Person): Promise<string> {
  const prisma = await db();
  return (await prisma.user.findUniqueOrThrow({ where: { id: userId } })).role;
}

async function countAdministrators(): Promise<number> {
  const prisma = await db();
  return prisma.user.count({ where: { role: "ADMINISTRATOR", disabledAt: null } });
}

const createSessionOf = (who: Person) => logInAs(who, ["pwd", "otp", "mfa"]);

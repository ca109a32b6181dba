import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { db, transaction } from "../db/client";
import { mailboxOf, mailTo, storeMailbox, tokenTo } from "../db/testing/mailboxes";
import { createPerson, FROM, type Person } from "../db/testing/people";
import { logInAs } from "../db/testing/signed-in";
import { WEAK_SESSIONS } from "../db/testing/weak-sessions";
import { countFailure } from "../mfa/failure-limits";
import { beginLoginChallenge, findLoginChallenge } from "../mfa/login-challenge";
import { mailLink } from "../notices/mail-links";
import { addAddress, findAddressBook, sendLinkAgain } from "./addresses";
import {
  applyDueAddressChanges,
  cancelAddressChange,
  decideAddressChange,
  findAddressChangeOfLink,
  removeAddress,
  requestAddressChange,
} from "./change-address";
import type { CurrentSession } from "./current-session";
import { SessionOver, SessionTooWeak } from "./session-rows";
import { verifyAddress } from "./verify-address";

const HOUR = 3_600_000;
const WAITING = { requested: true, outcome: "waiting" };

let person: Person;
let session: CurrentSession;
let next: string;
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  person = await createPerson();
  session = await logIn(person);
  next = `${crypto.randomUUID()}@example.net`;
});
afterEach(() => {
  vi.useRealTimers();
});

describe("changing the login address", () => {
  test.each([
    ["old, then new", ["confirm", "verify"]],
    ["new, then old", ["verify", "confirm"]],
  ])("SE-07 it needs both links: %s", async (_, steps) => {
    expect(await change()).toEqual(WAITING);
    for (const [index, step] of steps.entries()) {
      expect(await loginAddress()).toBe(person.email);
      const isLast = index === steps.length - 1;
      if (step === "verify") expect(await verify()).toEqual({ verified: true });
      else expect(await decide("confirm")).toBe(isLast ? "changed" : "waiting");
    }
    expect(await loginAddress()).toBe(next);
    const { login, change: waiting, others } = await findAddressBook(person.userId);
    expect([login.email, waiting, others]).toEqual([next, undefined, []]);
    expect((await mailboxOf(person, person.email)).removedAt).not.toBeNull();
  });

  test("LC-03 every verified address is told of each step, the old one to the end and the new one too", async () => {
    const { email: other } = await storeMailbox(person);
    await change();
    await verify();
    await decide("confirm");
    const [asked, done] = ["address_change_requested", "address_changed"];
    expect(await mailTo(person, person.email)).toEqual([asked, "confirm_address_change", done]);
    expect(await mailTo(person, other)).toEqual([asked, done]);
    expect(await mailTo(person, next)).toEqual(["verify_new_address", done]);
  });

  test("without the old address's link it waits for 72 hours, to the second", async () => {
    await change();
    await verify();
    pass(72 * HOUR - 1000);
    await applyDueAddressChanges();
    expect(await loginAddress()).toBe(person.email);
    pass(1000);
    await applyDueAddressChanges();
    expect(await loginAddress()).toBe(next);
  });

  test("without the new address's link nothing happens, whatever time passes, and after a week it is cancelled", async () => {
    await change();
    pass(73 * HOUR);
    await applyDueAddressChanges();
    expect(await loginAddress()).toBe(person.email);
    expect((await findAddressBook(person.userId)).change).toBeDefined();
    pass(96 * HOUR);
    await applyDueAddressChanges();
    const { login, change: waiting } = await findAddressBook(person.userId);
    expect([login.email, waiting]).toEqual([person.email, undefined]);
    expect(await verify()).toEqual({ verified: false, reason: "over" });
    expect((await mailTo(person, person.email)).at(-1)).toBe("address_change_cancelled");
  });

  test("a new address that is verified after the 72 hours takes over at once", async () => {
    await change();
    pass(100 * HOUR);
    await verify();
    expect(await loginAddress()).toBe(next);
  });

  test("two servers that make due changes at once make each one once", async () => {
    await change();
    await verify();
    pass(72 * HOUR);
    await Promise.all([1, 2, 3].map(() => applyDueAddressChanges()));
    await applyDueAddressChanges();
    expect(await countEvents("address_changed")).toBe(1);
    expect(await mailTo(person, next)).toEqual(["verify_new_address", "address_changed"]);
  });

  test("an account whose own address was never verified needs the new one's link alone", async () => {
    await makeUnverified(person);
    await change();
    expect(await mailTo(person, person.email)).toEqual([]);
    await verify();
    expect(await loginAddress()).toBe(next);
  });

  test("a notification address that is verified needs no second link to become the login address", async () => {
    const { email, id } = await storeMailbox(person);
    expect(await change(email)).toEqual(WAITING);
    expect(await mailTo(person, email)).toEqual(["address_change_requested"]);
    expect(await remove(id)).toEqual({ removed: false, reason: "in-use" });
    expect(await decide("confirm")).toBe("changed");
    expect(await loginAddress()).toBe(email);
    expect((await findAddressBook(person.userId)).others).toEqual([]);
  });

  test("a cancelled change leaves a notification address what it was", async () => {
    const { email } = await storeMailbox(person);
    await change(email);
    expect(await decide("cancel")).toBe("cancelled");
    const { login, others } = await findAddressBook(person.userId);
    expect([login.email, ...others.map((other) => other.email)]).toEqual([person.email, email]);
  });

  test("SE-06 all sessions but the one that asked end with it, logins on their way, and links to the old address", async () => {
    const elsewhere = await logIn(person);
    const challenge = await transaction((tx) =>
      beginLoginChallenge(tx, { userId: person.userId, returnTo: "/account", from: FROM }),
    );
    const { id: addressId } = await mailboxOf(person, person.email);
    await transaction((tx) =>
      mailLink(tx, {
        purpose: "reset-password",
        template: "reset_password",
        userId: person.userId,
        addressId,
      }),
    );
    expect(await tokenTo(person, "reset-password")).not.toBe("");
    await change();
    await verify();
    expect(await countSessions()).toBe(2);
    await decide("confirm");
    const prisma = await db();
    expect(await prisma.session.findUnique({ where: { id: elsewhere.id } })).toBeNull();
    expect(await prisma.session.findUnique({ where: { id: session.id } })).not.toBeNull();
    expect(await findLoginChallenge(challenge.token)).toBeUndefined();
    expect(await tokenTo(person, "reset-password")).toBe("");
  });

  test("one change waits at a time: a new one cancels the one before, whose links are dead", async () => {
    await change();
    const [oldToken, newToken] = [await tokenTo(person, "confirm-address-change"), await token()];
    const first = next;
    next = `${crypto.randomUUID()}@example.net`;
    pass(1000);
    expect(await change()).toEqual(WAITING);
    expect(await decideAddressChange({ token: oldToken, decision: "confirm", from: FROM })).toBe(
      "over",
    );
    expect(await verifyAddress(newToken, FROM)).toEqual({ verified: false, reason: "over" });
    await verify();
    await decide("confirm");
    expect(await loginAddress()).toBe(next);
    expect((await mailboxOf(person, first)).removedAt).not.toBeNull();
    expect(await countEvents("address_change_cancelled")).toBe(1);
  });

  test("two tabs that ask at once leave one change waiting", async () => {
    const wishes = [next, `${crypto.randomUUID()}@example.net`];
    await Promise.all(wishes.map((email) => change(email)));
    const prisma = await db();
    const where = { userId: person.userId, appliedAt: null, cancelledAt: null };
    expect(await prisma.addressChange.count({ where })).toBe(1);
    const { login, change: waiting, others } = await findAddressBook(person.userId);
    expect(wishes).toContain(waiting?.to.email);
    expect([login.email, others]).toEqual([person.email, []]);
  });

  test("the same address, and what is none, are told", async () => {
    for (const same of [person.email, ` ${person.email.toUpperCase()}`]) {
      expect(await change(same)).toEqual({ requested: false, reason: "unchanged" });
    }
    expect(await change("nobody")).toEqual({ requested: false, reason: "invalid" });
    expect(await countEvents("address_change_requested")).toBe(0);
  });
});

describe("an address that is another account's", () => {
  test("TH-10 asking for it is answered alike, its owner alone is told, and no link exists", async () => {
    const owner = await createPerson();
    expect(await change(owner.email)).toEqual(WAITING);
    expect(await mailTo(owner, owner.email)).toEqual(["address_taken"]);
    expect(await mailTo(person, owner.email)).toEqual([]);
    expect(await tokenTo({ ...person, email: owner.email }, "verify-address")).toBe("");
    const { change: waiting } = await findAddressBook(person.userId);
    expect(waiting?.to).toMatchObject({ email: owner.email, verifiedAt: null });
    const addressId = waiting?.to.id ?? "";
    for (let count = 1; count <= 3; count++) {
      expect(await sendLinkAgain({ session, addressId, from: FROM })).toEqual({ sent: true });
    }
    expect(await sendLinkAgain({ session, addressId, from: FROM })).toEqual({
      sent: false,
      reason: "too-many",
    });
    await decide("confirm");
    pass(200 * HOUR);
    await applyDueAddressChanges();
    expect([await loginAddress(), await loginAddress(owner)]).toEqual([person.email, owner.email]);
  });

  test("a person who reads mail there is told, since they know it", async () => {
    const owner = await createPerson();
    await addAddress({ session, input: owner.email, from: FROM });
    await verifyAddress(await tokenTo({ ...person, email: owner.email }, "verify-address"), FROM);
    expect(await change(owner.email)).toEqual({ requested: false, reason: "taken" });
  });

  test("one that another account verified meanwhile is not taken from it: the change is cancelled and told", async () => {
    const rival = await createPerson();
    await makeUnverified(rival, next);
    await change();
    await verify();
    const prisma = await db();
    await prisma.user.update({ where: { id: rival.userId }, data: { verifiedEmail: next } });
    expect(await decide("confirm")).toBe("taken");
    expect([await loginAddress(), await loginAddress(rival)]).toEqual([person.email, next]);
    expect((await mailTo(person, person.email)).at(-1)).toBe("address_change_cancelled");
    expect((await findAddressBook(person.userId)).change).toBeUndefined();
  });

  test("one that an administrator bears, who is never released, is not taken from them: both could not log in with it", async () => {
    const administrator = await createPerson();
    await makeUnverified(administrator, next);
    const prisma = await db();
    const where = { id: administrator.userId };
    await prisma.user.update({ where, data: { role: "ADMINISTRATOR" } });
    expect(await change()).toEqual(WAITING);
    await verify();
    expect(await decide("confirm")).toBe("taken");
    expect([await loginAddress(), await loginAddress(administrator)]).toEqual([person.email, next]);
    const { id } = await storeMailbox(person);
    await prisma.address.update({ where: { id }, data: { email: next } });
    expect(await change()).toEqual({ requested: false, reason: "taken" });
  });

  test("accounts that bear it unverified are released when it changes hands", async () => {
    const squatter = await createPerson();
    await makeUnverified(squatter, next);
    await change();
    await verify();
    await decide("confirm");
    const prisma = await db();
    expect(await prisma.user.findUnique({ where: { id: squatter.userId } })).toBeNull();
    expect(await loginAddress()).toBe(next);
  });

  test("two accounts that verify the same new address at once do not both get it", async () => {
    const rival = await createPerson();
    await makeUnverified(person);
    await makeUnverified(rival);
    const rivalSession = await logIn(rival);
    await change();
    await requestAddressChange({ session: rivalSession, input: next, from: FROM });
    const tokens = [await token(), await tokenTo({ ...rival, email: next }, "verify-address")];
    const results = await Promise.all(tokens.map((one) => verifyAddress(one, FROM)));
    expect(results.filter(({ verified }) => verified)).toHaveLength(1);
    const prisma = await db();
    expect(await prisma.user.count({ where: { verifiedEmail: next } })).toBe(1);
  });
});

describe("cancelling", () => {
  test("the old address's link cancels it, and the new one's link is dead", async () => {
    await change();
    expect(await decide("cancel")).toBe("cancelled");
    expect(await verify()).toEqual({ verified: false, reason: "over" });
    pass(100 * HOUR);
    await applyDueAddressChanges();
    expect(await loginAddress()).toBe(person.email);
    expect((await mailTo(person, person.email)).at(-1)).toBe("address_change_cancelled");
  });

  test("any live session of the person cancels it, restricted or old, and no other person's", async () => {
    await change();
    const { change: waiting } = await findAddressBook(person.userId);
    const changeId = waiting?.id ?? "";
    const stranger = await logIn(await createPerson());
    expect(await cancelAddressChange({ session: stranger, changeId, from: FROM })).toBe(false);
    const weak = await WEAK_SESSIONS.restricted(person);
    const old = await WEAK_SESSIONS.stale(person);
    expect(await cancelAddressChange({ session: weak, changeId, from: FROM })).toBe(true);
    expect(await cancelAddressChange({ session: old, changeId, from: FROM })).toBe(false);
    expect(await countEvents("address_change_cancelled")).toBe(1);
    await (await db()).session.deleteMany({ where: { id: old.id } });
    await expect(
      cancelAddressChange({ session: old, changeId, from: FROM }),
    ).rejects.toBeInstanceOf(SessionOver);
  });

  test.each([
    ["cancel first", 0],
    ["apply first", 1],
    ["both at once", 2],
  ])("a cancel and a due change in the same moment have one outcome: %s", async (_, order) => {
    await change();
    await verify();
    const { change: waiting } = await findAddressBook(person.userId);
    pass(72 * HOUR);
    const own = await logIn(person);
    const cancel = () =>
      cancelAddressChange({ session: own, changeId: waiting?.id ?? "", from: FROM });
    let cancelled: boolean;
    if (order === 0) {
      cancelled = await cancel();
      await applyDueAddressChanges();
    } else if (order === 1) {
      await applyDueAddressChanges();
      // Its own session ended with the change.
      cancelled = await cancel().catch((error) => {
        expect(error).toBeInstanceOf(SessionOver);
        return false;
      });
    } else {
      [cancelled] = await Promise.all([cancel().catch(() => false), applyDueAddressChanges()]);
    }
    if (order < 2) expect(cancelled).toBe(order === 0);
    expect(await loginAddress()).toBe(cancelled ? person.email : next);
    const outcomes = await Promise.all(
      ["address_change_cancelled", "address_changed"].map(countEvents),
    );
    expect(outcomes).toEqual(cancelled ? [1, 0] : [0, 1]);
  });
});

describe("the link at the old address", () => {
  test("it shows what it is about, and looking changes nothing", async () => {
    await change();
    const link = await tokenTo(person, "confirm-address-change");
    const shown = await findAddressChangeOfLink(link);
    expect(shown).toMatchObject({
      old: person.email,
      new: next,
      name: "Ada",
      userAgent: FROM.userAgent,
    });
    expect(shown && shown.dueAt.getTime() - shown.requestedAt.getTime()).toBe(72 * HOUR);
    expect(await findAddressChangeOfLink(link)).toEqual(shown);
  });

  test("it works once: confirmed it cancels nothing, and twice at once it is one decision", async () => {
    await change();
    const link = await tokenTo(person, "confirm-address-change");
    const results = await Promise.all(
      (["confirm", "confirm", "cancel"] as const).map((decision) =>
        decideAddressChange({ token: link, decision, from: FROM }),
      ),
    );
    expect(results.filter((result) => result !== "over")).toHaveLength(1);
    expect(await findAddressChangeOfLink(link)).toBeUndefined();
    expect(await decideAddressChange({ token: link, decision: "cancel", from: FROM })).toBe("over");
  });

  test("a link of another purpose, of another person's change, made up or too old is refused", async () => {
    await change();
    const stranger = await createPerson();
    const strangerSession = await logIn(stranger);
    const input = `${crypto.randomUUID()}@example.net`;
    await requestAddressChange({ session: strangerSession, input, from: FROM });
    await decideAddressChange({
      token: await tokenTo(stranger, "confirm-address-change"),
      decision: "confirm",
      from: FROM,
    });
    const confirmed = async () =>
      (await findAddressBook(person.userId)).change?.oldConfirmedAt ?? null;
    expect(await confirmed()).toBeNull();
    for (const wrong of [await token(), "", "A".repeat(43)]) {
      expect(await findAddressChangeOfLink(wrong)).toBeUndefined();
      expect(await decideAddressChange({ token: wrong, decision: "confirm", from: FROM })).toBe(
        "over",
      );
    }
    const link = await tokenTo(person, "confirm-address-change");
    pass(72 * HOUR);
    expect(await decideAddressChange({ token: link, decision: "confirm", from: FROM })).toBe(
      "over",
    );
    expect(await confirmed()).toBeNull();
  });

  test("TH-09 a made-up link is a failure of a stranger, and after too many the real one waits, unspent", async () => {
    await change();
    const link = await tokenTo(person, "confirm-address-change");
    const from = { ...FROM, address: "198.51.100.22" };
    const cancel = (token: string, source = from) =>
      decideAddressChange({ token, decision: "cancel", from: source });
    const prisma = await db();
    const counted = () =>
      prisma.rateLimiterFlexible.findUnique({ where: { key: `address:${from.address}` } });
    expect(await cancel("")).toBe("over");
    expect(await counted(), "a browser that followed no link has guessed nothing").toBeNull();
    expect(await cancel("A".repeat(43))).toBe("over");
    expect(await counted()).toMatchObject({ points: 1 });
    for (let failure = 1; failure < 100; failure += 1) await countFailure(from);
    expect(await cancel(link)).toBe("later");
    expect(await findAddressChangeOfLink(link)).toBeDefined();
    expect(await cancel(link, FROM)).toBe("cancelled");
  });

  test("the link of a disabled person does nothing, and their time passes for nothing", async () => {
    await change();
    await verify();
    const prisma = await db();
    await prisma.user.update({ where: { id: person.userId }, data: { disabledAt: new Date() } });
    expect(await decide("confirm")).toBe("over");
    pass(80 * HOUR);
    await applyDueAddressChanges();
    expect(await loginAddress()).toBe(person.email);
  });
});

describe("removing a notification address", () => {
  test("a verified one is asked by a link, and told of its own removal", async () => {
    const { id, email } = await storeMailbox(person);
    const dueAt = new Date(Date.now() + 72 * HOUR);
    expect(await remove(id)).toEqual({ removed: false, reason: "requested", dueAt });
    expect(await remove(id)).toEqual({ removed: false, reason: "requested", dueAt });
    const link = await tokenTo({ ...person, email }, "confirm-address-change");
    expect(await findAddressChangeOfLink(link)).toMatchObject({ old: email, new: undefined });
    expect(await decideAddressChange({ token: link, decision: "confirm", from: FROM })).toBe(
      "removed",
    );
    expect((await findAddressBook(person.userId)).others).toEqual([]);
    expect(await mailTo(person, email)).toEqual([
      "address_change_requested",
      "confirm_address_change",
      "address_removed",
    ]);
    expect(await mailTo(person, person.email)).toEqual([
      "address_change_requested",
      "address_removed",
    ]);
    expect(await countSessions()).toBe(1);
  });

  test("unanswered it is removed after 72 hours, and cancelled it stays", async () => {
    const [gone, kept] = [await storeMailbox(person), await storeMailbox(person)];
    for (const { id } of [gone, kept]) await remove(id);
    const { others } = await findAddressBook(person.userId);
    const changeId = others.find(({ id }) => id === kept.id)?.removal?.id ?? "";
    expect(await cancelAddressChange({ session, changeId, from: FROM })).toBe(true);
    pass(72 * HOUR);
    await applyDueAddressChanges();
    const left = (await findAddressBook(person.userId)).others;
    expect(left.map(({ id }) => id)).toEqual([kept.id]);
  });

  test("one that was never verified goes at once, and its link is dead", async () => {
    await addAddress({ session, input: next, from: FROM });
    const link = await token();
    const { id } = await mailboxOf(person, next);
    expect(await remove(id)).toEqual({ removed: true });
    expect(await verifyAddress(link, FROM)).toEqual({ verified: false, reason: "over" });
    expect(await mailTo(person, next)).toEqual(["verify_new_address"]);
    expect((await mailTo(person, person.email)).at(-1)).toBe("address_removed");
  });

  test("LC-08 nobody removes the login address, or another person's by its id", async () => {
    const { id } = await storeMailbox(person);
    const login = await mailboxOf(person, person.email);
    expect(await remove(login.id)).toEqual({ removed: false, reason: "in-use" });
    const stranger = await logIn(await createPerson());
    for (const addressId of [id, login.id]) {
      const result = await removeAddress({ session: stranger, addressId, from: FROM });
      expect(result).toEqual({ removed: false, reason: "unknown" });
    }
    expect(await countEvents("address_change_requested")).toBe(0);
  });

  test("an address that is to be removed can become the login address instead", async () => {
    const { id, email } = await storeMailbox(person);
    await remove(id);
    await change(email);
    await decide("confirm");
    pass(100 * HOUR);
    await applyDueAddressChanges();
    expect(await loginAddress()).toBe(email);
    expect((await mailboxOf(person, email)).removedAt).toBeNull();
  });
});

describe("sessions that may not", () => {
  test.each(Object.entries(WEAK_SESSIONS))(
    "SE-07 a %s session changes and removes no address, whatever its page showed",
    async (_, open) => {
      const { id: addressId } = await storeMailbox(person);
      const weak = await open(person);
      const attempts = [
        () => requestAddressChange({ session: weak, input: next, from: FROM }),
        () => removeAddress({ session: weak, addressId, from: FROM }),
      ];
      for (const attempt of attempts) {
        await expect(attempt()).rejects.toBeInstanceOf(SessionTooWeak);
      }
      const { change: waiting, others } = await findAddressBook(person.userId);
      expect([waiting, others[0]?.removal]).toEqual([undefined, undefined]);
    },
  );

  test("SE-06 a session that ended meanwhile changes nothing", async () => {
    await (await db()).session.deleteMany({ where: { id: session.id } });
    await expect(change()).rejects.toBeInstanceOf(SessionOver);
    expect(await countEvents("address_change_requested")).toBe(0);
  });
});

const pass = (ms: number) => vi.setSystemTime(Date.now() + ms);

const change = (input = next) => requestAddressChange({ session, input, from: FROM });

const remove = (addressId: string) => removeAddress({ session, addressId, from: FROM });

const decide = async (decision: "confirm" | "cancel") =>
  decideAddressChange({
    token: await tokenTo(person, "confirm-address-change"),
    decision,
    from: FROM,
  });

const token = () => tokenTo({ ...person, email: next }, "verify-address");

const verify = async () => verifyAddress(await token(), FROM);

async function loginAddress({ userId } = person): Promise<string> {
  const prisma = await db();
  const user = await prisma.user.findUniqueOrThrow({ where: { id: userId } });
  if (user.verifiedEmail) expect(user.verifiedEmail).toBe(user.email);
  return user.email;
}

async function makeUnverified({ userId, email }: Person, becomes = email): Promise<void> {
  const prisma = await db();
  await prisma.user.update({
    where: { id: userId },
    data: { email: becomes, verifiedEmail: null },
  });
  await prisma.address.updateMany({
    where: { userId },
    data: { email: becomes, verifiedAt: null },
  });
}

async function countEvents(type: string): Promise<number> {
  const prisma = await db();
  return prisma.auditEvent.count({ where: { type, userId: person.userId } });
}

async function countSessions(): Promise<number> {
  const prisma = await db();
  return prisma.session.count({ where: { userId: person.userId } });
}

async function logIn(who: Person): Promise<CurrentSession> {
  return (await logInAs(who, ["pwd"])).session;
}

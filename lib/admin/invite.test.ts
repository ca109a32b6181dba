import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createAccount, createInvitedAccount } from "../auth/accounts";
import { deleteAccount } from "../auth/delete-account";
import { NotAdministrator } from "../auth/hold-administrator";
import { clearAway } from "../auth/housekeeping";
import { findSession, SessionTooWeak } from "../auth/session-rows";
import { db, transaction } from "../db/client";
import { createAdministrator, READER } from "../db/testing/administrators";
import { dumpDatabase } from "../db/testing/dump";
import { findEvents } from "../db/testing/events";
import { mailTo } from "../db/testing/mailboxes";
import { createPerson, FROM } from "../db/testing/people";
import { readSession } from "../db/testing/signed-in";
import { WEAK_SESSIONS } from "../db/testing/weak-sessions";
import { composeMail } from "../notices/compose-mail";
import { deriveInvitationToken, findInvitation, listOpenInvitations } from "../notices/invitations";
import { PORTAL_ITSELF } from "../request-source";
import { parseAuditView } from "./audit-view";
import { inviteByMail, withdrawInvitation } from "./invite";
import { listAuditEvents } from "./list-audit-events";

const PASSWORD = "mauve tugboats sing";
const REQUEST = { previousToken: undefined, from: FROM };
const HOUR = 3_600_000;
const OVER = { created: false, refusal: { reason: "invitation-over" } };

let administrator: Awaited<ReturnType<typeof createAdministrator>>;
let email: string;
beforeEach(async () => {
  const prisma = await db();
  await prisma.invitation.deleteMany();
  await prisma.mail.deleteMany();
  administrator = await createAdministrator();
  email = `${crypto.randomUUID()}@example.net`;
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  vi.resetModules();
});

const invite = (role: "USER" | "ADMINISTRATOR" = "USER", session = administrator.session) =>
  inviteByMail({ session, email, role, from: FROM });

const accept = (token: string) =>
  createInvitedAccount({ token, name: "Grace", password: PASSWORD }, REQUEST);

/** The token of the newest invitation, as its mail has it. */
async function mailedToken(): Promise<string> {
  const prisma = await db();
  const mail = await prisma.mail.findFirstOrThrow({
    where: { template: "invitation" },
    orderBy: { id: "desc" },
  });
  const letter = await composeMail(mail);
  return /\/invitation\/link\?token=(\S+)/.exec(letter?.text ?? "")?.[1] ?? "";
}

describe("an invitation", () => {
  test("makes an account with its role and a verified address, and a session, once", async () => {
    expect(await invite("ADMINISTRATOR")).toEqual({ invited: true, email });
    const token = await mailedToken();
    expect(token).toMatch(/^[\w-]{43}$/);
    const result = await accept(token);
    if (!result.created) throw new Error(result.refusal.reason);
    const prisma = await db();
    const user = await prisma.user.findUniqueOrThrow({ where: { id: result.userId } });
    expect(user).toMatchObject({ name: "Grace", role: "ADMINISTRATOR", verifiedEmail: email });
    const addresses = await prisma.address.findMany({ where: { userId: user.id } });
    expect(addresses).toMatchObject([{ email, removedAt: null }]);
    expect(addresses[0]?.verifiedAt).not.toBeNull();
    expect(await findSession(result.session.token)).toMatchObject({ aal: 1 });
    expect(await findEvents(user.id)).toEqual(["invitation_accepted", "role_given"]);
    const events = await prisma.auditEvent.findMany({ where: { userId: user.id } });
    expect(events.map(({ actorId }) => actorId)).toEqual(Array(2).fill(administrator.userId));
    const given = events.find(({ type }) => type === "role_given");
    expect(given?.address, "not the network of who joins").toBe(PORTAL_ITSELF.address);
    expect(await mailTo({ userId: user.id, email }, email)).toEqual(["role_given"]);
    expect(await accept(token)).toEqual(OVER);
    expect(await listOpenInvitations()).toEqual([]);
  });

  test("OT-02 its mail names inviter, portal and address; the database has only the hash of its token", async () => {
    await invite();
    const prisma = await db();
    const mail = await prisma.mail.findFirstOrThrow();
    const letter = await composeMail(mail);
    expect(letter).toMatchObject({ to: email, subject: "You are invited to an account" });
    for (const part of ["Ada", "http://localhost:3000", "whoever runs this portal"]) {
      expect(letter?.text.replace(/\s+/g, " ")).toContain(part);
    }
    expect(letter?.text).not.toContain(FROM.address);
    expect(letter?.text).not.toMatch(/[{}]|undefined/);
    expect(await dumpDatabase()).not.toContain(await mailedToken());
  });

  test("raced by ten browsers, it makes one account", async () => {
    await invite();
    const token = await mailedToken();
    const results = await Promise.all(Array.from({ length: 10 }, () => accept(token)));
    expect(results.filter(({ created }) => created)).toHaveLength(1);
    const prisma = await db();
    expect(await prisma.user.count({ where: { email } })).toBe(1);
  });

  test("is over after 72 hours, is not mailed then, and is cleared away a week later", async () => {
    await invite();
    const prisma = await db();
    const mail = await prisma.mail.findFirstOrThrow();
    const token = await mailedToken();
    const start = Date.now();
    vi.useFakeTimers({ toFake: ["Date"], now: start + 72 * HOUR - 1000 });
    expect(await findInvitation(token)).toBeDefined();
    vi.setSystemTime(start + 72 * HOUR + 1000);
    expect(await findInvitation(token)).toBeUndefined();
    expect(await composeMail(mail)).toBeUndefined();
    expect(await accept(token)).toEqual(OVER);
    expect(await listOpenInvitations()).toEqual([]);
    await clearAway();
    expect(await prisma.invitation.count()).toBe(1);
    vi.setSystemTime(start + (72 + 7 * 24) * HOUR + 2000);
    await clearAway();
    expect(await prisma.invitation.count()).toBe(0);
  });

  test("that made a member gave no role", async () => {
    await invite();
    const result = await accept(await mailedToken());
    const userId = result.created ? result.userId : "";
    expect(await findEvents(userId)).toEqual(["invitation_accepted"]);
  });

  test("T17 whom it went to stays on record, cancelled or over, after its mail and its row are gone", async () => {
    const { session } = administrator;
    await invite("ADMINISTRATOR");
    const id = (await listOpenInvitations())[0]?.id ?? "";
    expect(await withdrawInvitation({ session, id, from: FROM })).toBe(true);
    const prisma = await db();
    await prisma.mail.updateMany({ data: { sentAt: new Date() } });
    const late = Date.now() + 365 * 24 * HOUR;
    vi.useFakeTimers({ toFake: ["Date"], now: late });
    await clearAway();
    expect(await prisma.invitation.count()).toBe(0);
    const told = await addressesOnRecord();
    expect(told).toEqual([
      { type: "invitation_cancelled", email },
      { type: "invitation_sent", email },
    ]);
  });

  test("LC-04 who verified its address takes it along when they delete their account", async () => {
    await invite();
    await invite();
    const result = await accept(await mailedToken());
    if (!result.created) throw new Error(result.refusal.reason);
    const prisma = await db();
    const stranger = await createPerson();
    email = `${crypto.randomUUID()}@example.net`;
    await invite();
    const { email: gone } = await prisma.user.findUniqueOrThrow({ where: { id: result.userId } });
    const session = await readSession(result.session.token);
    expect(await deleteAccount({ session, from: FROM })).toEqual({ deleted: true });
    await prisma.mail.updateMany({ data: { sentAt: new Date() } });
    await clearAway();
    expect(await prisma.address.count({ where: { email: gone } })).toBe(0);
    expect(await prisma.address.count({ where: { email } }), "another's invitation").toBe(1);
    expect(await prisma.address.count({ where: { email: stranger.email } })).toBe(1);
  });

  test("that is cancelled does nothing, also when both happen at once", async () => {
    const { session } = administrator;
    await invite();
    const token = await mailedToken();
    const [open] = await listOpenInvitations();
    const id = open?.id ?? "";
    expect(await withdrawInvitation({ session, id, from: FROM })).toBe(true);
    expect(await withdrawInvitation({ session, id, from: FROM })).toBe(false);
    expect(await accept(token)).toEqual(OVER);
    expect(await findEvents(administrator.userId)).toEqual([
      "invitation_sent",
      "invitation_cancelled",
    ]);

    await invite();
    const [next] = await listOpenInvitations();
    const [withdrawn, accepted] = await Promise.all([
      withdrawInvitation({ session, id: next?.id ?? "", from: FROM }),
      accept(await mailedToken()),
    ]);
    expect(withdrawn).not.toBe(accepted.created);
  });

  test("a new one to the same address replaces the older, on record", async () => {
    await invite();
    const older = await mailedToken();
    await invite("ADMINISTRATOR");
    expect(await listOpenInvitations()).toMatchObject([{ email, role: "ADMINISTRATOR" }]);
    expect(await findEvents(administrator.userId)).toEqual([
      "invitation_sent",
      "invitation_cancelled",
      "invitation_sent",
    ]);
    expect(await accept(older)).toEqual(OVER);
    expect((await accept(await mailedToken())).created).toBe(true);
  });

  test("lets people in while sign-up is closed", async () => {
    vi.resetModules();
    vi.stubEnv("SIGNUP", "closed");
    const closed = await import("../auth/accounts");
    const prisma = await db();
    await invite();
    const token = await mailedToken();
    const account = { name: "Grace", password: PASSWORD };
    expect(await closed.createAccount({ ...account, email }, REQUEST)).toMatchObject({
      refusal: { reason: "closed" },
    });
    expect(await closed.createInvitedAccount({ ...account, token }, REQUEST)).toMatchObject({
      created: true,
    });
    expect(await prisma.user.count({ where: { verifiedEmail: email } })).toBe(1);
  });

  test("keeps its link when the name or the password is refused", async () => {
    await invite();
    const token = await mailedToken();
    const refused = await createInvitedAccount(
      { token, name: " ", password: "mauve tug" },
      REQUEST,
    );
    expect(refused).toMatchObject({
      refusal: { reason: "invalid", fields: { name: true, password: { reason: "too-short" } } },
    });
    expect((await accept(token)).created).toBe(true);
  });

  test("is for no other address: a stranger's unverified account at it is released", async () => {
    await createAccount({ name: "Stranger", email, password: "other tugboats sing" }, REQUEST);
    await invite();
    const result = await accept(await mailedToken());
    expect(result.created).toBe(true);
    const prisma = await db();
    const accounts = await prisma.user.findMany({ where: { email } });
    expect(accounts).toMatchObject([{ name: "Grace", verifiedEmail: email }]);
  });

  test("does not pass an account that has verified the address meanwhile", async () => {
    await invite();
    const token = await mailedToken();
    const prisma = await db();
    await createAccount({ name: "Owner", email, password: "other tugboats sing" }, REQUEST);
    await prisma.user.updateMany({ where: { email }, data: { verifiedEmail: email } });
    expect(await accept(token)).toEqual({ created: false, refusal: { reason: "address-taken" } });
  });
});

/** What the administrator has on record about mailboxes, the newest first. */
async function addressesOnRecord() {
  const view = parseAuditView((name) => (name === "actor" ? administrator.userId : undefined));
  const { events } = await listAuditEvents(READER, view, { before: undefined });
  return events.map(({ type, email: about }) => ({ type, email: about }));
}

describe("inviting", () => {
  test("is refused for what is no address, and for one that has a verified account", async () => {
    const { session } = administrator;
    const to = (input: string) => inviteByMail({ session, email: input, role: "USER", from: FROM });
    expect(await to("nobody")).toEqual({ invited: false, reason: "email" });
    const member = await createPerson();
    expect(await to(member.email.toUpperCase())).toEqual({ invited: false, reason: "account" });
    const prisma = await db();
    expect(await prisma.invitation.count()).toBe(0);
    expect(await prisma.mail.count()).toBe(0);
  });

  test("ends at a hundred an hour for each administrator, also in parallel", async () => {
    const prisma = await db();
    const now = new Date();
    await prisma.invitation.createMany({
      data: Array.from({ length: 98 }, () => ({
        id: crypto.randomUUID(),
        email: `${crypto.randomUUID()}@example.net`,
        invitedById: administrator.userId,
        tokenHash: crypto.randomUUID(),
        keyId: "test",
        createdAt: now,
        expiresAt: new Date(now.getTime() + HOUR),
        cancelledAt: now,
      })),
    });
    const { session } = administrator;
    const results = await Promise.all(
      Array.from({ length: 5 }, () =>
        inviteByMail({
          session,
          email: `${crypto.randomUUID()}@example.net`,
          role: "USER",
          from: FROM,
        }),
      ),
    );
    expect(results.filter(({ invited }) => invited)).toHaveLength(2);
    expect(await invite()).toEqual({ invited: false, reason: "too-many" });
    const { session: other } = await createAdministrator();
    expect(await invite("USER", other)).toMatchObject({ invited: true });
  });

  test.each(Object.entries(WEAK_SESSIONS))(
    "LC-09 a %s session invites nobody and cancels nothing",
    async (_, open) => {
      await invite();
      const [id = ""] = (await listOpenInvitations()).map((invitation) => invitation.id);
      const session = await open(administrator);
      await expect(invite("USER", session)).rejects.toBeInstanceOf(SessionTooWeak);
      const cancelling = withdrawInvitation({ session, id, from: FROM });
      await expect(cancelling).rejects.toBeInstanceOf(SessionTooWeak);
      expect(await listOpenInvitations()).toMatchObject([{ id }]);
    },
  );

  test("LC-08 SE-14 a member, or an administrator of yesterday, invites nobody and cancels nothing", async () => {
    await invite();
    const [id = ""] = (await listOpenInvitations()).map((invitation) => invitation.id);
    const other = await createAdministrator();
    const prisma = await db();
    await prisma.user.update({ where: { id: other.userId }, data: { role: "USER" } });
    const { session } = other;
    await expect(invite("USER", session)).rejects.toBeInstanceOf(NotAdministrator);
    const cancelling = withdrawInvitation({ session, id, from: FROM });
    await expect(cancelling).rejects.toBeInstanceOf(NotAdministrator);
    expect(await listOpenInvitations()).toMatchObject([{ id }]);
  });

  test("LC-08 an outsider's token is none of an invitation", async () => {
    await invite();
    const guess = deriveInvitationToken({ id: crypto.randomUUID(), keyId: "test" });
    expect(await accept(guess)).toEqual(OVER);
    expect(await accept("")).toEqual(OVER);
    expect(await transaction((tx) => tx.user.count({ where: { email } }))).toBe(0);
  });
});

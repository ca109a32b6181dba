import { beforeEach, describe, expect, test } from "vitest";
import { db, transaction } from "../db/client";
import { dumpDatabase } from "../db/testing/dump";
import { mailTo, storeMailbox, tokenTo } from "../db/testing/mailboxes";
import { appOwner, createPerson, FROM, type Person } from "../db/testing/people";
import { logInAs } from "../db/testing/signed-in";
import { WEAK_SESSIONS } from "../db/testing/weak-sessions";
import { beginAuthenticatorApp, verifyAuthenticatorAppEnrollment } from "../mfa/authenticator-app";
import { authenticatorCodeAt } from "../mfa/authenticator-code";
import { beginLoginChallenge, findLoginChallenge } from "../mfa/login-challenge";
import { generateRecoveryCodeSet } from "../mfa/recovery-code-sets";
import { sealAuditEvents } from "../notices/seal-audit-events";
import { verifyAuditChain } from "../notices/verify-audit-chain";
import { createAccount } from "./accounts";
import { addAddress } from "./addresses";
import { decideAddressChange, requestAddressChange } from "./change-address";
import type { CurrentSession } from "./current-session";
import { deleteAccount } from "./delete-account";
import { clearAway } from "./housekeeping";
import { holdSession, SessionOver, SessionTooWeak } from "./session-rows";
import { verifyAddress } from "./verify-address";

const DELETED = { deleted: true };
const REFUSED = { deleted: false, reason: "last-administrator" };

let person: Person;
let session: CurrentSession;
beforeEach(async () => {
  person = await createPerson();
  session = await logIn(person);
});

describe("deleting one's account", () => {
  test("T17 LC-04 changes no event: what is on record stays, and its chain whole", async () => {
    await enrollApp();
    const before = await history();
    while ((await sealAuditEvents()) > 0);
    expect(await remove()).toEqual(DELETED);
    await clearAway();
    while ((await sealAuditEvents()) > 0);
    expect((await history()).slice(0, before.length)).toEqual(before);
    expect(await verifyAuditChain()).toMatchObject({ whole: true, pending: 0 });
  });

  test("SE-06 sessions, logins on their way, methods, codes and links end in the same moment", async () => {
    const elsewhere = await logIn(person);
    await enrollApp();
    await generateCodes();
    const challenge = await transaction((tx) =>
      beginLoginChallenge(tx, { userId: person.userId, returnTo: "/account", from: FROM }),
    );
    const next = `${crypto.randomUUID()}@example.net`;
    await requestAddressChange({ session, input: next, from: FROM });
    const links = {
      old: await tokenTo(person, "confirm-address-change"),
      new: await tokenTo({ ...person, email: next }, "verify-address"),
    };
    expect(await remove()).toEqual(DELETED);
    const prisma = await db();
    const where = { userId: person.userId };
    expect([
      await prisma.user.count({ where: { id: person.userId } }),
      await prisma.session.count({ where }),
      await prisma.loginChallenge.count({ where }),
      await prisma.authenticatorApp.count({ where }),
      await prisma.recoveryCodeSet.count({ where }),
      await prisma.recoveryCode.count({ where }),
      await prisma.mailLink.count({ where }),
      await prisma.addressChange.count({ where }),
    ]).toEqual(Array(8).fill(0));
    expect(await findLoginChallenge(challenge.token)).toBeUndefined();
    expect(await verifyAddress(links.new, FROM)).toMatchObject({ reason: "over" });
    expect(await decideAddressChange({ token: links.old, decision: "confirm", from: FROM })).toBe(
      "over",
    );
    await expect(
      addAddress({ session: elsewhere, input: "a@example.org", from: FROM }),
    ).rejects.toBeInstanceOf(SessionOver);
  });

  test("SE-06 LC-04 phones with their push subscriptions, keys, pairings and notifications end with it, other people's stay", async () => {
    const other = await createPerson();
    for (const { userId } of [person, other]) await storeNewMethods(userId);
    const count = async ({ userId }: Person) => {
      const prisma = await db();
      const where = { userId };
      return Promise.all([
        prisma.sparekeyAuthenticator.count({ where }),
        prisma.pairing.count({ where }),
        prisma.approvalRequest.count({ where }),
        prisma.securityKey.count({ where }),
        prisma.webauthnChallenge.count({ where }),
      ]);
    };
    expect(await count(person)).toEqual([1, 1, 1, 1, 1]);
    expect(await remove()).toEqual(DELETED);
    expect(await count(person)).toEqual([0, 0, 0, 0, 0]);
    expect(await count(other)).toEqual([1, 1, 1, 1, 1]);
  });

  test("LC-03 LC-04 every verified address is told, though the account is gone, and no other", async () => {
    const { email: other } = await storeMailbox(person);
    const unverified = `${crypto.randomUUID()}@example.net`;
    await addAddress({ session, input: unverified, from: FROM });
    await remove();
    for (const email of [person.email, other]) {
      expect((await mailTo(person, email)).at(-1)).toBe("account_deleted");
    }
    expect(await mailTo(person, unverified)).toEqual(["verify_new_address"]);
  });

  test("LC-04 the record of every method ever enrolled survives removal and deletion, with time and place", async () => {
    await enrollApp();
    await enrollApp();
    const prisma = await db();
    const apps = await prisma.authenticatorApp.findMany({ where: { userId: person.userId } });
    expect(apps).toHaveLength(2);
    expect(apps.filter(({ removedAt }) => removedAt)).toHaveLength(1);
    expect(apps.every(({ verifiedAt }) => verifiedAt)).toBe(true);
    await generateCodes();
    const before = await history();
    await remove();
    const after = await history();
    expect(after.slice(0, -1)).toEqual(before);
    expect(after.map(({ type }) => type)).toEqual([
      "authenticator_app_added",
      "authenticator_app_replaced",
      "recovery_codes_generated",
      "account_deleted",
    ]);
    for (const { at, address } of after) {
      expect(at).toBeInstanceOf(Date);
      expect(address).toBe(FROM.address);
    }
  });

  test("LC-04 of the name nothing is left, and of the addresses only the rows that mail still needs", async () => {
    const prisma = await db();
    const name = `Ada ${crypto.randomUUID()}`;
    await prisma.user.update({ where: { id: person.userId }, data: { name } });
    const { email: other } = await storeMailbox(person);
    await requestAddressChange({ session, input: "ada@elsewhere.example", from: FROM });
    await remove();
    const rows = (await dumpDatabase()).split("\n");
    const local = (email: string) => email.split("@")[0] ?? email;
    expect(rows.filter((row) => row.includes(name))).toEqual([]);
    for (const email of [person.email, other]) {
      const left = rows.filter((row) => row.includes(local(email)));
      expect(left).toHaveLength(1);
      expect(left[0]).toMatch(/^Address /);
    }
    const addresses = await prisma.address.findMany({ where: { userId: person.userId } });
    expect(addresses.every(({ removedAt }) => removedAt)).toBe(true);
  });

  test("the address is free for a new account afterwards", async () => {
    await remove();
    const account = { name: "Ada", email: person.email, password: "mauve tugboats sing" };
    const created = await createAccount(account, { previousToken: undefined, from: FROM });
    expect(created.created).toBe(true);
    const token = await newestTokenTo(person.email);
    expect(await verifyAddress(token, FROM)).toEqual({ verified: true });
  });

  test("two tabs that delete at once delete once, and the other one learns that its session is over", async () => {
    const results = await Promise.allSettled([remove(), remove()]);
    expect(results.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    expect((await history()).filter(({ type }) => type === "account_deleted")).toHaveLength(1);
  });

  test("LC-08 it is the session's own account that goes, and nobody else's", async () => {
    const other = await createPerson();
    await remove();
    const prisma = await db();
    expect(await prisma.user.count({ where: { id: other.userId } })).toBe(1);
    expect(await mailTo(other, other.email)).toEqual([]);
  });
});

describe("administrators", () => {
  beforeEach(async () => {
    const prisma = await db();
    await prisma.user.updateMany({ data: { role: "USER" } });
    await makeAdministrator(person);
  });

  test("the last one stays, whoever else there is", async () => {
    const disabled = await createPerson();
    await makeAdministrator(disabled);
    const prisma = await db();
    await prisma.user.update({ where: { id: disabled.userId }, data: { disabledAt: new Date() } });
    expect(await remove()).toEqual(REFUSED);
    expect(await mailTo(person, person.email)).toEqual([]);
    expect(await prisma.session.count({ where: { id: session.id } })).toBe(1);
  });

  test("of two who leave at once, one stays", async () => {
    const second = await createPerson();
    await makeAdministrator(second);
    const sessions = [session, await logIn(second)];
    const results = await Promise.all(
      sessions.map((own) => deleteAccount({ session: own, from: FROM })),
    );
    expect(results.filter(({ deleted }) => deleted)).toHaveLength(1);
    expect(results).toContainEqual(REFUSED);
    const prisma = await db();
    expect(await prisma.user.count({ where: { role: "ADMINISTRATOR" } })).toBe(1);
  });

  test("with a second one, the first may leave", async () => {
    await makeAdministrator(await createPerson());
    expect(await remove()).toEqual(DELETED);
  });
});

describe("sessions that may not", () => {
  test.each(Object.entries(WEAK_SESSIONS))(
    "SE-07 a %s session deletes nothing, whatever its page showed",
    async (_, open) => {
      const weak = await open(person);
      const attempt = deleteAccount({ session: weak, from: FROM });
      await expect(attempt).rejects.toBeInstanceOf(SessionTooWeak);
      const prisma = await db();
      expect(await prisma.user.count({ where: { id: person.userId } })).toBe(1);
      expect(await history()).toEqual([]);
    },
  );
});

const remove = () => deleteAccount({ session, from: FROM });

async function makeAdministrator({ userId }: Person): Promise<void> {
  const prisma = await db();
  await prisma.user.update({ where: { id: userId }, data: { role: "ADMINISTRATOR" } });
}

async function enrollApp(): Promise<void> {
  const owner = appOwner(person.userId);
  const display = { issuer: "Sparekey", account: person.email };
  const { setupKey } = await beginAuthenticatorApp(owner, display);
  const result = await verifyAuthenticatorAppEnrollment({
    ...owner,
    input: authenticatorCodeAt(setupKey, new Date()),
    display,
    from: FROM,
    authorize: (tx) => holdSession(tx, session.id, "fresh"),
    onVerified: async () => undefined,
  });
  expect(result.verified).toBe(true);
}

async function generateCodes(): Promise<void> {
  const result = await generateRecoveryCodeSet({
    userId: person.userId,
    knownSetId: null,
    steppedUpBy: ["pwd", "otp", "mfa"],
    from: FROM,
    authorize: async () => undefined,
  });
  expect(result.generated).toBe(true);
}

/** What is on record about the person, oldest first. */
async function history() {
  const prisma = await db();
  return prisma.auditEvent.findMany({
    where: { userId: person.userId },
    orderBy: [{ at: "asc" }, { id: "asc" }],
  });
}

/** The token of the link that was mailed last to an address, whosever it is. */
async function newestTokenTo(email: string): Promise<string> {
  const prisma = await db();
  const { userId } = await prisma.address.findFirstOrThrow({
    where: { email },
    orderBy: { addedAt: "desc" },
  });
  return tokenTo({ userId, email }, "verify-address");
}

async function logIn(who: Person): Promise<CurrentSession> {
  return (await logInAs(who, ["pwd"])).session;
}

/** A row in each table that a phone or a key leaves traces in. */
async function storeNewMethods(userId: string): Promise<void> {
  const prisma = await db();
  const [now, bytes] = [new Date(), new Uint8Array([1])];
  const times = { createdAt: now, expiresAt: now };
  await prisma.sparekeyAuthenticator.create({
    data: {
      id: crypto.randomUUID(),
      userId,
      name: "Phone",
      publicKey: bytes,
      sealedSubscription: bytes,
      subscriptionKeyId: "test",
      addedAt: now,
      addedAddress: FROM.address,
      addedUserAgent: FROM.userAgent,
    },
  });
  await prisma.pairing.create({
    data: { id: crypto.randomUUID(), userId, secretHash: crypto.randomUUID(), ...times },
  });
  await prisma.approvalRequest.create({
    data: {
      userId,
      loginChallengeId: crypto.randomUUID(),
      sealedNumber: bytes,
      keyId: "test",
      ...FROM,
      ...times,
    },
  });
  await prisma.securityKey.create({
    data: {
      userId,
      name: "Key",
      credentialId: crypto.randomUUID(),
      publicKey: bytes,
      counter: 0,
      transports: [],
      aaguid: "none",
      backupEligible: false,
      backedUp: false,
      addedAt: now,
    },
  });
  await prisma.webauthnChallenge.create({
    data: { userId, purpose: "login", challengeHash: crypto.randomUUID(), ...times },
  });
}

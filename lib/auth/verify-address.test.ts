import { describe, expect, test } from "vitest";
import { db } from "../db/client";
import { createPerson, FROM } from "../db/testing/people";
import { countFailure } from "../mfa/failure-limits";
import { deriveMailLinkToken } from "../notices/mail-links";
import { createAccount } from "./accounts";
import { findSession } from "./session-rows";
import { disownAccount, findAddressVerification, verifyAddress } from "./verify-address";

const BROWSER = { ...FROM, userAgent: "A browser of the stranger" };

describe("following the link that verifies an address", () => {
  test("TH-09 a made-up link is a failure of a stranger, and after too many a real one waits, unspent", async () => {
    const { userId } = await signUp();
    const token = await tokenFor(userId);
    const from = { ...FROM, address: "198.51.100.21" };
    const prisma = await db();
    const points = async () =>
      (await prisma.rateLimiterFlexible.findUnique({ where: { key: `address:${from.address}` } }))
        ?.points ?? 0;
    expect(await verifyAddress("A".repeat(43), from)).toEqual({ verified: false, reason: "over" });
    expect(await disownAccount("A".repeat(43), from)).toBe("over");
    expect(await points()).toBe(2);
    await verifyAddress("", from);
    await disownAccount("", from);
    expect(await points(), "a browser that followed no link has guessed nothing").toBe(2);
    for (let failure = 2; failure < 100; failure += 1) await countFailure(from);
    expect(await verifyAddress(token, from)).toEqual({ verified: false, reason: "later" });
    expect(await disownAccount(token, from)).toBe("later");
    expect(await isVerified(userId)).toBe(false);
    expect(await verifyAddress(token, FROM)).toEqual({ verified: true });
  });

  test("PW-11 says whose account it is about, and changes nothing, however often a mail scanner looks", async () => {
    const { email, userId } = await signUp("Grace");
    const token = await tokenFor(userId);
    for (let look = 0; look < 3; look += 1) {
      expect(await findAddressVerification(token)).toEqual({
        email,
        name: "Grace",
        createdAt: expect.any(Date),
        createdWith: BROWSER.userAgent,
        canBeDisowned: true,
      });
    }
    expect(await isVerified(userId)).toBe(false);
    expect(await findAddressVerification(`${token.slice(1)}A`)).toBeUndefined();
  });

  test("PW-11 verifies the address once, in its own browser or another, and says so in the history", async () => {
    const { email, userId, token: sessionToken } = await signUp();
    const token = await tokenFor(userId);
    expect(await verifyAddress(token, FROM)).toEqual({ verified: true });
    expect(await isVerified(userId)).toBe(true);
    const prisma = await db();
    const mailbox = await prisma.address.findFirstOrThrow({ where: { userId } });
    expect(mailbox).toMatchObject({ email, verifiedAt: expect.any(Date) });
    expect(
      await prisma.auditEvent.count({
        where: { userId, type: "address_verified", addressId: mailbox.id },
      }),
    ).toBe(1);
    expect(await findSession(sessionToken)).toMatchObject({ userId });
    expect(await findAddressVerification(token)).toBeUndefined();
    expect(await verifyAddress(token, FROM)).toEqual({ verified: false, reason: "over" });
    expect(await disownAccount(token, FROM)).toBe("over");
  });

  test("PW-11 ten parallel posts of one link verify once", async () => {
    const { userId } = await signUp();
    const token = await tokenFor(userId);
    const results = await Promise.all(Array.from({ length: 10 }, () => verifyAddress(token, FROM)));
    expect(results.filter(({ verified }) => verified)).toHaveLength(1);
  });

  test("PW-11 is over after seven days, and with another purpose's or nobody's token", async () => {
    const { userId } = await signUp();
    const token = await tokenFor(userId);
    const prisma = await db();
    const later = { expiresAt: new Date(Date.now() + 7 * 86_400_000 - 60_000) };
    expect(
      await prisma.mailLink.count({ where: { userId, expiresAt: { gt: later.expiresAt } } }),
    ).toBe(1);
    await prisma.mailLink.updateMany({ where: { userId }, data: { purpose: "reset-password" } });
    expect(await verifyAddress(token, FROM)).toEqual({ verified: false, reason: "over" });
    await prisma.mailLink.updateMany({
      where: { userId },
      data: { purpose: "verify-address", expiresAt: new Date() },
    });
    expect(await verifyAddress(token, FROM)).toEqual({ verified: false, reason: "over" });
    expect(await verifyAddress("", FROM)).toEqual({ verified: false, reason: "over" });
    expect(await isVerified(userId)).toBe(false);
  });

  test("T29 a stranger who waited in an account at the victim's address loses it, with its sessions, when the victim verifies", async () => {
    const email = newAddress();
    const stranger = await signUp("Stranger", email);
    const other = await signUp("Stranger again", email);
    const victim = await signUp("Victim", email);
    expect(await verifyAddress(await tokenFor(victim.userId), FROM)).toEqual({ verified: true });
    const prisma = await db();
    expect(await prisma.user.findMany({ where: { email }, select: { name: true } })).toEqual([
      { name: "Victim" },
    ]);
    for (const { userId, token } of [stranger, other]) {
      expect(await findSession(token)).toBeUndefined();
      expect(await prisma.mailLink.count({ where: { userId } })).toBe(0);
      expect(await prisma.auditEvent.count({ where: { userId, type: "account_released" } })).toBe(
        1,
      );
    }
    expect(await findSession(victim.token)).toMatchObject({ userId: victim.userId });
  });

  test("T29 of two accounts that are verified at the same moment, one owns the address and the other is gone", async () => {
    const email = newAddress();
    const both = [await signUp("One", email), await signUp("Two", email)];
    const tokens = await Promise.all(both.map(({ userId }) => tokenFor(userId)));
    const results = await Promise.all(tokens.map((token) => verifyAddress(token, FROM)));
    expect(results.filter(({ verified }) => verified)).toHaveLength(1);
    const prisma = await db();
    const left = await prisma.user.findMany({ where: { email } });
    expect(left).toMatchObject([{ verifiedEmail: email }]);
  });

  test("LC-11 an administrator at the same address is not released, and cannot verify it any more", async () => {
    const email = newAddress();
    const administrator = await signUp("Administrator", email);
    const prisma = await db();
    await prisma.user.update({
      where: { id: administrator.userId },
      data: { role: "ADMINISTRATOR" },
    });
    const token = await tokenFor(administrator.userId);
    expect(await findAddressVerification(token)).toMatchObject({ canBeDisowned: false });
    expect(await disownAccount(token, FROM)).toBe("over");
    const owner = await signUp("Owner", email);
    expect(await verifyAddress(await tokenFor(owner.userId), FROM)).toEqual({ verified: true });
    expect(await findSession(administrator.token)).toBeDefined();
    expect(await verifyAddress(token, FROM)).toEqual({ verified: false, reason: "taken" });
    expect(await isVerified(administrator.userId)).toBe(false);
  });

  test("LC-03 a second mailbox is verified by its link, and touches neither the login address nor another's account there", async () => {
    const person = await createPerson();
    const stranger = await signUp();
    const prisma = await db();
    const { id: addressId } = await prisma.address.create({
      data: { userId: person.userId, email: stranger.email, addedAt: new Date() },
    });
    const { id, keyId } = await prisma.mailLink.findFirstOrThrow({
      where: { userId: stranger.userId },
    });
    await prisma.mailLink.update({ where: { id }, data: { userId: person.userId, addressId } });
    const token = deriveMailLinkToken({ id, keyId, purpose: "verify-address" });
    expect(await findAddressVerification(token)).toMatchObject({ canBeDisowned: false });
    expect(await disownAccount(token, FROM)).toBe("over");
    expect(await verifyAddress(token, FROM)).toEqual({ verified: true });
    expect(await prisma.address.findUniqueOrThrow({ where: { id: addressId } })).toMatchObject({
      verifiedAt: expect.any(Date),
    });
    expect(await prisma.user.findUniqueOrThrow({ where: { id: person.userId } })).toMatchObject({
      email: person.email,
      verifiedEmail: person.email,
    });
    expect(await findSession(stranger.token)).toBeDefined();
  });
});

describe("whoever reads the mailbox and did not create the account", () => {
  test("T29 deletes it at once, with its sessions and its link", async () => {
    const { userId, token: sessionToken } = await signUp();
    const token = await tokenFor(userId);
    expect(await disownAccount(token, FROM)).toBe("disowned");
    const prisma = await db();
    expect(await prisma.user.count({ where: { id: userId } })).toBe(0);
    expect(await findSession(sessionToken)).toBeUndefined();
    expect(await prisma.auditEvent.count({ where: { userId, type: "account_released" } })).toBe(1);
    expect(await prisma.address.findFirstOrThrow({ where: { userId } })).toMatchObject({
      removedAt: expect.any(Date),
    });
    expect(await disownAccount(token, FROM)).toBe("over");
    expect(await verifyAddress(token, FROM)).toEqual({ verified: false, reason: "over" });
  });
});

const newAddress = () => `${crypto.randomUUID()}@example.org`;

async function signUp(name = "Ada", email = newAddress()) {
  const result = await createAccount(
    { name, email, password: "mauve tugboats sing" },
    { previousToken: undefined, from: BROWSER },
  );
  const session = result.created && (await findSession(result.session.token));
  if (!session || !result.created) throw new Error("The sign-up made no session.");
  return { email, userId: session.userId, token: result.session.token };
}

async function tokenFor(userId: string): Promise<string> {
  const prisma = await db();
  const { id, keyId, purpose } = await prisma.mailLink.findFirstOrThrow({
    where: { userId, purpose: "verify-address" },
  });
  return deriveMailLinkToken({ id, keyId, purpose });
}

async function isVerified(userId: string): Promise<boolean> {
  const prisma = await db();
  const user = await prisma.user.findUniqueOrThrow({ where: { id: userId } });
  return user.verifiedEmail === user.email;
}

import { generateKeyPairSync, type KeyObject, randomBytes, randomUUID } from "node:crypto";
import { hashToken, randomToken } from "../../random-token";
import type { RequestSource } from "../../request-source";
import { seal } from "../../seal";
import { db } from "../client";

/** Where the requests of a test come from (an address for documentation, RFC 5737). */
export const FROM: RequestSource = { address: "192.0.2.1", userAgent: "Vitest" };

/** A person of a test, without any method. Nobody knows their password. */
export type Person = { userId: string; email: string };

/** Stores a person as they are after the signup, but for a password that verifies. */
export async function createPerson(): Promise<Person> {
  const prisma = await db();
  const email = `${randomUUID()}@example.org`;
  const now = new Date();
  const { id } = await prisma.user.create({
    data: {
      email,
      verifiedEmail: email,
      name: "Ada",
      passwordDigest: "none",
      passwordChangedAt: now,
      createdAt: now,
    },
  });
  await prisma.address.create({ data: { userId: id, email, addedAt: now, verifiedAt: now } });
  return { userId: id, email };
}

/** Stores many people at once, without mailboxes, and returns the name that they alone bear. */
export async function createMany(count: number): Promise<string> {
  const prisma = await db();
  const name = `Crowd${randomBytes(6).toString("hex")}`;
  const now = new Date();
  await prisma.user.createMany({
    data: Array.from({ length: count }, (_, index) => {
      const email = `${name}-${index}@example.org`;
      const row = { name, email, verifiedEmail: email, passwordDigest: "none" };
      return { ...row, passwordChangedAt: now, createdAt: now };
    }),
  });
  return name;
}

/** Stores a person with an authenticator app whose seed the test knows; no step of it is spent. */
export async function createPersonWithApp(): Promise<Person & { seed: Buffer; appId: string }> {
  const person = await createPerson();
  return { ...person, ...(await storeApp(person.userId)) };
}

/** Gives a person an authenticator app, enrolled and unused. */
export async function storeApp(userId: string): Promise<{ seed: Buffer; appId: string }> {
  const prisma = await db();
  const [seed, appId, now] = [randomBytes(20), randomUUID(), new Date()];
  const { sealed, keyId } = seal("authenticator app seeds", seed, [userId, appId]);
  await prisma.authenticatorApp.create({
    data: { id: appId, userId, sealedSeed: sealed, keyId, createdAt: now, verifiedAt: now },
  });
  return { seed, appId };
}

/** Stores a login challenge of a person, as the right password does. */
export async function createChallenge({ userId, email }: Person) {
  const prisma = await db();
  const createdAt = new Date();
  const expiresAt = new Date(createdAt.getTime() + 10 * 60_000);
  const returnTo = "/account";
  const token = randomToken();
  const { id } = await prisma.loginChallenge.create({
    data: { tokenHash: hashToken(token), userId, returnTo, createdAt, expiresAt },
  });
  return { id, token, userId, email, returnTo, expiresAt };
}

/** Sets the count of consecutive failures of a person's method; the wait after the last one is over. */
export async function setFailures(
  { userId, method }: { userId: string; method: string },
  failures: number,
): Promise<void> {
  const prisma = await db();
  const count = { failures, nextAttemptAt: new Date(), lastAttemptAt: new Date() };
  await prisma.throttle.upsert({
    where: { subject_method_lane: { subject: userId, method, lane: "" } },
    create: { subject: userId, method, ...count },
    update: count,
  });
}

/** Who begins to enroll an app, where no session is behind it. */
export const appOwner = (userId: string) => ({ userId, sessionId: userId });

/** Stands for a session that may still do what it asked for. */
export const allow = async () => undefined;

/** Gives a person a Sparekey Authenticator whose private key the test has. */
export async function storePhone(
  userId: string,
  { name = "Chrome on Android" }: { name?: string } = {},
): Promise<{ phoneId: string; privateKey: KeyObject }> {
  const prisma = await db();
  const phoneId = randomUUID();
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const spki = publicKey.export({ type: "spki", format: "der" });
  await prisma.sparekeyAuthenticator.create({
    data: {
      id: phoneId,
      userId,
      name,
      publicKey: new Uint8Array(spki),
      addedAt: new Date(),
      addedAddress: FROM.address,
      addedUserAgent: FROM.userAgent,
    },
  });
  return { phoneId, privateKey };
}

/** Gives a person a security key that no test can use: for rules about having one. */
export async function storeSecurityKey(
  userId: string,
  { name = "Blue key" }: { name?: string } = {},
): Promise<string> {
  const prisma = await db();
  const { id } = await prisma.securityKey.create({
    data: {
      userId,
      name,
      credentialId: randomToken(),
      publicKey: new Uint8Array(randomBytes(77)),
      counter: 0,
      transports: ["usb"],
      aaguid: randomUUID(),
      backupEligible: false,
      backedUp: false,
      addedAt: new Date(),
    },
  });
  return id;
}

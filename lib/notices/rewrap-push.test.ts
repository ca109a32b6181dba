import { createECDH, randomBytes, randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { db } from "../db/client";
import { createPerson, FROM } from "../db/testing/people";
import { TEST_SECRETS } from "../db/testing/test-environment";

const NEWER_KEY = `newer:${Buffer.alloc(32, "the newer key").toString("base64")}`;
const BOTH = `${NEWER_KEY},${TEST_SECRETS}`;

beforeEach(async () => {
  const prisma = await db();
  await prisma.sparekeyAuthenticator.deleteMany();
  await prisma.serverKey.deleteMany();
});
afterEach(() => vi.unstubAllEnvs());

describe("a key of SECRETS that is retired", () => {
  test("RC-04 subscriptions and the key for push services work without it, once they are sealed again", async () => {
    const { subscriptions, vapid } = await serverWith(TEST_SECRETS);
    const phones = [newSubscription(), newSubscription(), newSubscription()];
    for (const { id, subscription } of phones) {
      await store(id, subscriptions.sealPushSubscription(id, subscription));
    }
    const keys = await vapid.obtainVapidKeys();

    const rotated = await serverWith(BOTH);
    expect(await rotated.vapid.obtainVapidKeys()).toEqual(keys);
    expect(await rotated.subscriptions.rewrapPushSubscriptions()).toEqual({
      rewrapped: 3,
      failed: 0,
    });
    expect(await rotated.vapid.rewrapServerKeys()).toEqual({ rewrapped: 1, failed: 0 });
    expect(await rotated.subscriptions.rewrapPushSubscriptions()).toMatchObject({ rewrapped: 0 });
    expect(await rotated.vapid.rewrapServerKeys()).toMatchObject({ rewrapped: 0 });

    const newer = await serverWith(NEWER_KEY);
    expect(await newer.vapid.obtainVapidKeys()).toEqual(keys);
    for (const { id, subscription } of phones) {
      expect(newer.subscriptions.unsealPushSubscription(id, await read(id))).toEqual(subscription);
    }
  });

  test("RC-04 what does not open stays as it is, and is counted", async () => {
    const { subscriptions, vapid } = await serverWith(TEST_SECRETS);
    const [{ id: first, subscription }, { id: second }] = [newSubscription(), newSubscription()];
    await store(first, subscriptions.sealPushSubscription(first, subscription));
    await store(second, subscriptions.sealPushSubscription(first, subscription)); // of another row
    await vapid.obtainVapidKeys();
    const prisma = await db();
    await prisma.serverKey.updateMany({ data: { publicKey: "another" } });
    const rotated = await serverWith(BOTH);
    expect(await rotated.subscriptions.rewrapPushSubscriptions()).toEqual({
      rewrapped: 1,
      failed: 1,
    });
    expect(await rotated.vapid.rewrapServerKeys()).toEqual({ rewrapped: 0, failed: 1 });
    expect((await read(second)).keyId).toBe("test");
  });

  test("RC-04 is needed as long as a subscription, the key for push services or an open notification needs it", async () => {
    const { subscriptions, vapid } = await serverWith(TEST_SECRETS);
    const { id, subscription } = newSubscription();
    await store(id, subscriptions.sealPushSubscription(id, subscription));
    await vapid.obtainVapidKeys();
    await storeRequests();
    const rotated = await serverWith(BOTH);
    const uses = async () => (await rotated.knownKeys.retireUnusedKeys())[0];
    expect(await uses()).toMatchObject({
      id: "test",
      subscriptions: 1,
      serverKeys: 1,
      others: 1,
    });
    await rotated.subscriptions.rewrapPushSubscriptions();
    await rotated.vapid.rewrapServerKeys();
    expect(await uses()).toMatchObject({ subscriptions: 0, serverKeys: 0, others: 1 });
  });
});

/** The modules as a server has them that was started with these `SECRETS`. */
async function serverWith(SECRETS: string) {
  vi.resetModules();
  vi.stubEnv("SECRETS", SECRETS);
  return {
    subscriptions: await import("./push-subscription"),
    vapid: await import("./vapid-keys"),
    knownKeys: await import("../db/known-keys"),
  };
}

function newSubscription() {
  const ecdh = createECDH("prime256v1");
  return {
    id: randomUUID(),
    subscription: {
      endpoint: `https://web.push.apple.com/${randomUUID()}`,
      keys: {
        p256dh: ecdh.generateKeys("base64url"),
        auth: randomBytes(16).toString("base64url"),
      },
    },
  };
}

async function store(
  id: string,
  sealed: { sealedSubscription: Uint8Array<ArrayBuffer>; subscriptionKeyId: string },
): Promise<void> {
  const prisma = await db();
  const { userId } = await createPerson();
  await prisma.sparekeyAuthenticator.create({
    data: {
      id,
      userId,
      name: "Phone",
      publicKey: new Uint8Array(),
      addedAt: new Date(),
      addedAddress: FROM.address,
      addedUserAgent: FROM.userAgent,
      ...sealed,
    },
  });
}

async function read(id: string) {
  const prisma = await db();
  const row = await prisma.sparekeyAuthenticator.findUniqueOrThrow({ where: { id } });
  return { sealed: row.sealedSubscription ?? new Uint8Array(), keyId: row.subscriptionKeyId ?? "" };
}

/** A notification that is open, one that is over and one that was used. */
async function storeRequests(): Promise<void> {
  const prisma = await db();
  const { userId } = await createPerson();
  const [now, later] = [new Date(), new Date(Date.now() + 120_000)];
  const request = {
    userId,
    loginChallengeId: randomUUID(),
    sealedNumber: new Uint8Array([1]),
    keyId: "test",
    createdAt: now,
    ...FROM,
  };
  await prisma.approvalRequest.createMany({
    data: [
      { ...request, expiresAt: later },
      { ...request, expiresAt: now },
      { ...request, expiresAt: later, usedAt: now },
    ],
  });
}

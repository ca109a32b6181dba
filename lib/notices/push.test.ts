import { createECDH, randomBytes, randomUUID } from "node:crypto";
import { globalAgent } from "node:https";
import { rootCertificates } from "node:tls";
import pino from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { db } from "../db/client";
import { dumpDatabase, spellingsOf } from "../db/testing/dump";
import {
  decryptPush,
  type FakePushService,
  type FakeSubscription,
  startFakePushService,
} from "../db/testing/fake-push-service";
import { createPerson, type Person } from "../db/testing/people";

// The real log, whose output is read here.
const { lines } = vi.hoisted(() => ({ lines: [] as string[] }));
vi.mock("../log", () => ({
  log: pino({ base: undefined }, { write: (line: string) => lines.push(line) }),
}));

// The real protocol on a loopback port; its address is in the environment before it is read.
let service: FakePushService;
let seal: typeof import("./push-subscription")["sealPushSubscription"];
let push: typeof import("./push")["pushToAuthenticators"];
let vapid: typeof import("./vapid-keys");

beforeAll(async () => {
  service = await startFakePushService();
  globalAgent.options.ca = [...rootCertificates, service.certificate];
  vi.resetModules();
  vi.stubEnv("PUSH_HOSTS", service.host);
  ({ sealPushSubscription: seal } = await import("./push-subscription"));
  ({ pushToAuthenticators: push } = await import("./push"));
  vapid = await import("./vapid-keys");
});
afterAll(async () => {
  await service.close();
  vi.unstubAllEnvs();
});

let person: Person;
beforeEach(async () => {
  lines.length = 0;
  service.refused.length = 0;
  person = await createPerson();
});

describe("a push", () => {
  test("PU-10 lives no longer than its request, replaces an older one of the same phone, and is urgent", async () => {
    const [phone, other] = [await connect(), await connect()];
    await ring({ seconds: 90 });
    await ring({ seconds: 119 });
    const [first, second] = service.received(phone.subscription);
    expect(Number(first?.headers.ttl)).toBeGreaterThan(80);
    expect(Number(first?.headers.ttl)).toBeLessThanOrEqual(90);
    expect(Number(second?.headers.ttl)).toBeLessThanOrEqual(119);
    expect(first?.headers).toMatchObject({
      urgency: "high",
      topic: expect.stringMatching(/^[A-Za-z0-9_-]{32}$/),
    });
    expect(second?.headers.topic).toBe(first?.headers.topic);
    const [elsewhere] = service.received(other.subscription);
    expect(elsewhere?.headers.topic).not.toBe(first?.headers.topic);
    expect(service.refused).toEqual([]);
  });

  test("PU-10 is not sent for a request that is over", async () => {
    const phone = await connect();
    await ring({ seconds: 0 });
    await ring({ seconds: -5 });
    expect(service.received(phone.subscription)).toEqual([]);
    expect(lines).toEqual([]); // nothing went wrong either
  });

  test("PU-09 says nothing of account, address, browser or number, whoever it is for", async () => {
    const phone = await connect();
    await ring({});
    const [received] = service.received(phone.subscription);
    expect(received?.payload).toBe(
      '{"type":"approval","title":"Are you logging in?","body":"Open Sparekey Authenticator to approve or deny."}',
    );
  });

  test("PU-12 is encrypted for its phone in at most 4,096 bytes, with a salt and a key of its own", async () => {
    const phone = await connect();
    await ring({});
    await ring({});
    const [first, second] = service.received(phone.subscription);
    expect(first?.headers["content-encoding"]).toBe("aes128gcm");
    expect(first?.bytes).toBeLessThanOrEqual(4_096);
    expect(first?.payload).toBe(second?.payload);
    expect(service.refused).toEqual([]);
  });

  test("PU-13 is signed by the portal's key for the push service alone, for less than a day, with a contact", async () => {
    const phone = await connect();
    await ring({});
    const [received] = service.received(phone.subscription);
    expect(received?.claims).toMatchObject({
      aud: `https://${service.host}`,
      sub: "mailto:no-reply@localhost",
    });
    const life = (received?.claims.exp ?? 0) - Date.now() / 1000;
    expect(life).toBeGreaterThan(0);
    expect(life).toBeLessThanOrEqual(86_400);
    expect(received?.vapidKey).toBe((await vapid.obtainVapidKeys()).publicKey);
  });

  test("PU-10 reaches every phone that is connected and not reported lost, and nobody else's", async () => {
    const prisma = await db();
    const [first, second, lost, removed] = await Promise.all([1, 2, 3, 4].map(() => connect()));
    const stranger = await connect(await createPerson());
    const change = (id: string | undefined, data: { suspendedAt?: Date; removedAt?: Date }) =>
      prisma.sparekeyAuthenticator.update({ where: { id: id ?? "" }, data });
    await change(lost?.id, { suspendedAt: new Date() });
    await change(removed?.id, { removedAt: new Date() });
    await ring({});
    const counts = [first, second, lost, removed, stranger].map(
      (phone) => service.received(phone?.subscription).length,
    );
    expect(counts).toEqual([1, 1, 0, 0, 0]);
  });
});

describe("an answer of a push service", () => {
  test.each([404, 410])("PU-11 %d drops the subscription, and no other", async (status) => {
    const [gone, there] = [await connect(), await connect()];
    service.answer(gone.subscription, status);
    await ring({});
    expect(await hasSubscription(gone.id)).toBe(false);
    expect(await hasSubscription(there.id)).toBe(true);
    expect(service.received(there.subscription)).toHaveLength(1);
    expect(logged()).toContainEqual(
      expect.objectContaining({ event: "push_gone", status, authenticatorId: gone.id }),
    );
  });

  test("PU-11 410 drops no subscription that came meanwhile", async () => {
    const [prisma, phone, next] = [await db(), await connect(), service.subscribe()];
    service.answer(phone.subscription, 410, () =>
      prisma.sparekeyAuthenticator.update({ where: { id: phone.id }, data: seal(phone.id, next) }),
    );
    await ring({});
    expect(await hasSubscription(phone.id)).toBe(true);
    await ring({});
    expect(service.received(next)).toHaveLength(1);
  });

  test.each([400, 403, 413, 429, 500, 503])(
    "PU-11 %d keeps the subscription, and is logged without endpoint or message",
    async (status) => {
      const [failing, there] = [await connect(), await connect()];
      service.answer(failing.subscription, status);
      await ring({});
      expect(await hasSubscription(failing.id)).toBe(true);
      expect(service.received(there.subscription)).toHaveLength(1);
      expect(logged()).toContainEqual(
        expect.objectContaining({
          event: "push_failed",
          status,
          host: service.host,
          authenticatorId: failing.id,
        }),
      );
    },
  );

  test.each([301, 302, 307, 308])("PU-14 %d is followed by nobody", async (status) => {
    const phone = await connect();
    service.answer(phone.subscription, status);
    await ring({});
    expect(service.refused).toEqual([]); // where it pointed, nothing came
    expect(logged()).toContainEqual(expect.objectContaining({ event: "push_failed", status }));
  });

  test("PU-10 that does not come keeps nobody waiting for more than ten seconds", async () => {
    const [silent, there] = [await connect(), await connect()];
    service.answer(silent.subscription, "hang");
    const begin = performance.now();
    await ring({});
    expect(performance.now() - begin).toBeLessThan(12_000);
    expect(service.received(there.subscription)).toHaveLength(1);
    expect(logged()).toContainEqual(
      expect.objectContaining({ event: "push_failed", authenticatorId: silent.id }),
    );
  });
});

describe("what goes wrong", () => {
  test("PU-10 with a subscription that does not open never reaches the caller, nor another phone", async () => {
    const [broken, there] = [await connect(), await connect()];
    const prisma = await db();
    await prisma.sparekeyAuthenticator.update({
      where: { id: broken.id },
      data: { sealedSubscription: new Uint8Array(randomBytes(80)) },
    });
    await ring({});
    expect(service.received(there.subscription)).toHaveLength(1);
  });

  test("PU-14 with a stored subscription of another phone: it does not open", async () => {
    const [thief, victim] = [await connect(), await connect()];
    const prisma = await db();
    const row = await prisma.sparekeyAuthenticator.findUniqueOrThrow({ where: { id: thief.id } });
    await prisma.sparekeyAuthenticator.update({
      where: { id: victim.id },
      data: { sealedSubscription: row.sealedSubscription },
    });
    await ring({});
    expect(service.received(thief.subscription)).toHaveLength(1);
    expect(service.received(victim.subscription)).toHaveLength(0);
  });

  test("PU-14 with an endpoint that is no push service any more: nobody asks there", async () => {
    const phone = await connect();
    const prisma = await db();
    const elsewhere = phone.subscription.endpoint.replace("localhost", "127.0.0.1");
    await prisma.sparekeyAuthenticator.update({
      where: { id: phone.id },
      data: seal(phone.id, { ...phone.subscription, endpoint: elsewhere }),
    });
    await ring({});
    expect(service.received(phone.subscription)).toEqual([]);
    expect(logged()).toContainEqual(
      expect.objectContaining({ event: "push_failed", error: "EndpointRefused" }),
    );
  });

  test("PU-10 with the push service gone altogether is logged, and no more", async () => {
    const closed = await startFakePushService();
    const gone = { ...service.subscribe() };
    await closed.close();
    const phone = await connect(person, {
      ...gone,
      endpoint: gone.endpoint.replace(service.host, closed.host),
    });
    await ring({});
    expect(logged()).toContainEqual(
      expect.objectContaining({ event: "push_failed", authenticatorId: phone.id }),
    );
  });
});

test("LG-02 neither the database nor the log has an endpoint, its keys, or the portal's private key", async () => {
  const phones = [await connect(), await connect(), await connect()];
  for (const [index, status] of [201, 410, 500].entries()) {
    const phone = phones[index];
    if (phone) service.answer(phone.subscription, status);
  }
  await ring({});
  const { privateKey, publicKey } = await vapid.obtainVapidKeys();
  const dump = await dumpDatabase();
  expect(dump).toContain(publicKey);
  expect(lines.join("")).toContain(service.host);
  const keyBytes = Buffer.from(privateKey, "base64url");
  const secrets = [
    privateKey,
    keyBytes.toString("hex"),
    keyBytes.toString("base64"),
    ...phones.flatMap(({ subscription: { endpoint, keys } }) => [
      endpoint.split("/").at(-1) ?? "",
      keys.auth,
      keys.p256dh,
    ]),
  ];
  for (const secret of secrets.flatMap(spellingsOf)) {
    expect(dump).not.toContain(secret);
    expect(lines.join("")).not.toContain(secret);
  }
});

test("PU-12 the example of RFC 8291 §5 decrypts", () => {
  const bytes = (text: string) => Buffer.from(text, "base64url");
  const body = bytes(
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN",
  );
  const receiver = {
    privateKey: bytes("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"),
    auth: bytes("BTBZMqHH6r4Tts7J_aSIgg"),
  };
  expect(decryptPush(body, receiver).toString()).toBe("When I grow up, I want to be a watermelon");
  const another = createECDH("prime256v1");
  another.generateKeys();
  expect(() => decryptPush(body, { ...receiver, privateKey: another.getPrivateKey() })).toThrow();
});

/** A connected phone of a person that allowed push. */
async function connect(
  { userId }: Person = person,
  subscription: FakeSubscription = service.subscribe(),
) {
  const prisma = await db();
  const id = randomUUID();
  await prisma.sparekeyAuthenticator.create({
    data: {
      id,
      userId,
      name: "Chrome on Android",
      publicKey: new Uint8Array(),
      addedAt: new Date(),
      addedAddress: "192.0.2.1",
      addedUserAgent: "Vitest",
      ...seal(id, subscription),
    },
  });
  return { id, subscription };
}

function ring({ seconds = 120 }: { seconds?: number }): Promise<void> {
  return push({
    userId: person.userId,
    requestId: randomUUID(),
    expiresAt: new Date(Date.now() + seconds * 1_000),
  });
}

async function hasSubscription(id: string): Promise<boolean> {
  const prisma = await db();
  const row = await prisma.sparekeyAuthenticator.findUniqueOrThrow({ where: { id } });
  return row.sealedSubscription !== null && row.subscriptionKeyId !== null;
}

const logged = (): unknown[] => lines.map((line) => JSON.parse(line));

import { createECDH, randomBytes, randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { db } from "../db/client";
import { dumpDatabase } from "../db/testing/dump";
import { createPerson } from "../db/testing/people";
import { storePhone, type TestingPhone } from "../db/testing/testing-phone";
import { unsealPushSubscription } from "../notices/push-subscription";
import { verifySignedRequest } from "./signed-request";
import { listSparekeyAuthenticators } from "./sparekey-authenticators";
import { subscribeToPush, subscriptionLines } from "./subscribe-to-push";

test("PU-12 a phone's subscription takes the place of the one before, and null takes it away", async () => {
  const { userId } = await createPerson();
  const phone = await storePhone(userId);
  const hasPush = async () => (await listSparekeyAuthenticators(userId))[0]?.hasPush;
  expect(await hasPush()).toBe(false);
  const [first, second] = [newSubscription(), newSubscription()];
  expect(await subscribeToPush(phone, first)).toEqual({ subscribed: true });
  expect(await subscribeToPush(phone, second)).toEqual({ subscribed: true });
  expect(await stored(phone.id)).toEqual(second);
  expect(await hasPush()).toBe(true);
  expect(await subscribeToPush(phone, null)).toEqual({ subscribed: false });
  expect(await stored(phone.id)).toBeUndefined();
  expect(await hasPush()).toBe(false);
});

test("PU-14 a subscription elsewhere is refused, and the one before stays", async () => {
  const phone = await storePhone((await createPerson()).userId);
  const good = newSubscription();
  await subscribeToPush(phone, good);
  for (const endpoint of ["https://169.254.169.254/", "https://fcm.googleapis.com.evil.example/"]) {
    expect(await subscribeToPush(phone, { ...good, endpoint })).toEqual({
      subscribed: false,
      reason: "push-service",
    });
  }
  for (const value of [undefined, {}, "", { endpoint: good.endpoint }]) {
    expect(await subscribeToPush(phone, value)).toMatchObject({ reason: "push-service" });
  }
  expect(await stored(phone.id)).toEqual(good);
});

test("PU-05 a phone that was removed is subscribed to nothing", async () => {
  const phone = await storePhone((await createPerson()).userId);
  const prisma = await db();
  await prisma.sparekeyAuthenticator.update({
    where: { id: phone.id },
    data: { removedAt: new Date() },
  });
  const refused = { subscribed: false, reason: "removed" };
  expect(await subscribeToPush(phone, newSubscription())).toEqual(refused);
  expect(await subscribeToPush({ id: randomUUID() }, newSubscription())).toEqual(refused);
  expect(await stored(phone.id)).toBeUndefined();
});

test("LG-02 the database shows neither endpoint nor keys of a subscription", async () => {
  const phone = await storePhone((await createPerson()).userId);
  const { endpoint, keys } = newSubscription();
  await subscribeToPush(phone, { endpoint, keys });
  const dump = await dumpDatabase();
  expect(dump).toContain(phone.id);
  const secrets = [endpoint, endpoint.split("/").at(-1) ?? "", keys.auth, keys.p256dh];
  for (const secret of secrets) {
    expect(dump).not.toContain(secret);
    expect(dump).not.toContain(Buffer.from(secret).toString("hex"));
  }
});

test("PU-05 a subscription counts only as the phone's own key signed it, for its account, every part of it", async () => {
  const [{ userId }, stranger] = [await createPerson(), await createPerson()];
  const [phone, other] = [await storePhone(userId), await storePhone(userId)];
  const subscription = newSubscription();
  const { endpoint, keys } = subscription;
  const lines = subscriptionLines({ userId }, subscription);
  const verify = async (signer: TestingPhone, signed: readonly string[]) => {
    const body = await signer.sign({
      authenticatorId: phone.id,
      purpose: "subscribe",
      lines: signed,
    });
    const asked = (authenticator: { userId: string }) =>
      subscriptionLines(authenticator, subscription);
    return (await verifySignedRequest({ purpose: "subscribe", body, lines: asked })).verified;
  };
  expect(lines).toEqual([userId, endpoint, keys.p256dh, keys.auth]);
  expect(await verify(phone, lines)).toBe(true);
  expect(await verify(other, lines)).toBe(false);
  expect(await verify(phone, subscriptionLines(stranger, subscription))).toBe(false);
  expect(await verify(phone, subscriptionLines({ userId }, null))).toBe(false);
  for (const part of [1, 2, 3]) {
    const changed = lines.map((line, index) => (index === part ? `${line}x` : line));
    expect(await verify(phone, changed)).toBe(false);
  }
});

function newSubscription() {
  return {
    endpoint: `https://web.push.apple.com/${randomBytes(24).toString("base64url")}`,
    keys: {
      p256dh: createECDH("prime256v1").generateKeys("base64url"),
      auth: randomBytes(16).toString("base64url"),
    },
  };
}

async function stored(id: string) {
  const prisma = await db();
  const { sealedSubscription: sealed, subscriptionKeyId: keyId } =
    await prisma.sparekeyAuthenticator.findUniqueOrThrow({ where: { id } });
  return sealed && keyId ? unsealPushSubscription(id, { sealed, keyId }) : undefined;
}

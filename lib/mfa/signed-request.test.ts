import { generateKeyPairSync, randomUUID } from "node:crypto";
import { beforeEach, expect, test, vi } from "vitest";
import { db } from "../db/client";
import { createPerson } from "../db/testing/people";
import { makePhone, storePhone } from "../db/testing/testing-phone";
import { issueNonce, parsePublicKey, verifySignedRequest } from "./signed-request";

let phone: Awaited<ReturnType<typeof storePhone>>;
let userId: string;
beforeEach(async () => {
  ({ userId } = await createPerson());
  phone = await storePhone(userId);
});

const purpose = "answer";
const signed = (more = {}) =>
  phone.sign({ authenticatorId: phone.id, purpose, lines: ["a", "b"], ...more });
const check = (body: unknown, lines = ["a", "b"]) =>
  verifySignedRequest({ purpose, body, lines: () => lines });

test("PU-05 a request that a connected phone signed tells which phone it is", async () => {
  expect(await check(await signed())).toMatchObject({
    verified: true,
    authenticator: { id: phone.id, userId, name: "Chrome on Android", suspendedAt: null },
  });
});

test("PU-05 the key of another phone signs nothing for this one", async () => {
  const other = await makePhone();
  const body = await other.sign({ authenticatorId: phone.id, purpose, lines: ["a", "b"] });
  expect(await check(body)).toEqual({ verified: false, reason: "signature" });
});

test.each([
  ["another purpose", { purpose: "requests" }],
  ["another line", { lines: ["a", "c"] }],
  ["lines in another order", { lines: ["b", "a"] }],
  ["one line of two", { lines: ["ab"] }],
  ["another portal", { origin: "https://portal.example" }],
])("PU-05 a signature over %s is refused", async (_what, more) => {
  expect(await check(await signed(more))).toEqual({ verified: false, reason: "signature" });
});

test("PU-05 a line with a line break in it is refused, whatever was signed", async () => {
  expect(await check(await signed({ lines: ["a\nb"] }), ["a\nb"])).toMatchObject({
    reason: "request",
  });
});

test("PU-05 a nonce is the server's own, for one phone and for five minutes; a new one comes with the refusal", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  const [own, others] = [issueNonce(phone.id), issueNonce(randomUUID())];
  const invented = own.replace(/^\d+/, (issuedAt) => String(Number(issuedAt) + 1));
  for (const nonce of [others, invented, "", "1.x"]) {
    const refused = await check(await signed({ nonce }));
    expect(refused).toMatchObject({ verified: false, reason: "nonce" });
    const again = refused.verified ? "" : refused.nonce;
    expect(await check(await signed({ nonce: again }))).toMatchObject({ verified: true });
  }
  vi.setSystemTime(Date.now() + 5 * 60_000 - 1);
  expect(await check(await signed({ nonce: own }))).toMatchObject({ verified: true });
  vi.setSystemTime(Date.now() + 1);
  expect(await check(await signed({ nonce: own }))).toMatchObject({ reason: "nonce" });
  vi.useRealTimers();
});

test("PU-05 a phone that was removed, or never connected, is told so", async () => {
  const stranger = randomUUID();
  const body = await phone.sign({ authenticatorId: stranger, purpose, lines: ["a", "b"] });
  expect(await check(body)).toEqual({ verified: false, reason: "removed" });
  const prisma = await db();
  await prisma.sparekeyAuthenticator.update({
    where: { id: phone.id },
    data: { removedAt: new Date() },
  });
  expect(await check(await signed())).toEqual({ verified: false, reason: "removed" });
});

test("LC-05 a phone that was reported lost is told apart", async () => {
  const prisma = await db();
  const suspendedAt = new Date();
  await prisma.sparekeyAuthenticator.update({ where: { id: phone.id }, data: { suspendedAt } });
  expect(await check(await signed())).toMatchObject({ authenticator: { suspendedAt } });
});

test.each([undefined, null, "text", {}, { authenticatorId: "1", nonce: "", signature: "" }])(
  "a body of another shape is refused: %j",
  async (body) => {
    expect(await check(body)).toEqual({ verified: false, reason: "request" });
  },
);

test("PU-05 only a P-256 key in its one encoding is a phone's key", async () => {
  expect(parsePublicKey(phone.encodedKey)).toEqual(phone.publicKey);
  const encode = (der: Buffer) => der.toString("base64url");
  const spki = { format: "der", type: "spki" } as const;
  const other = generateKeyPairSync("ec", { namedCurve: "secp384r1" }).publicKey.export(spki);
  const rsa = generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey.export(spki);
  const longer = Buffer.concat([phone.publicKey, Buffer.from([0])]);
  for (const wrong of [encode(other), encode(rsa), encode(longer), "", "AAAA"]) {
    expect(parsePublicKey(wrong)).toBeUndefined();
  }
});

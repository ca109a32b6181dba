import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { db, transaction } from "../db/client";
import { createPerson, FROM, type Person } from "../db/testing/people";
import { makePhone, type TestingPhone } from "../db/testing/testing-phone";
import {
  beginPairing,
  beginPairingByPhone,
  claimByPhrase,
  claimPairing,
  decidePairing,
  declinePairing,
  deriveCheckNumber,
  findPairingOfSession,
  findPairingSecret,
  findPhoneState,
  type PairingOwner,
  spendPairing,
} from "./pairing";
import { parsePairingPhrase } from "./pairing-phrase";

const MINUTE = 60_000;
const PHONE = { address: "198.51.100.7", userAgent: "Mozilla/5.0 (Linux; Android 15) Chrome/156" };

let person: Person;
let owner: PairingOwner;
let phone: TestingPhone;
beforeEach(async () => {
  person = await createPerson();
  owner = { userId: person.userId, sessionId: randomUUID() };
  phone = await makePhone();
});
afterEach(async () => {
  vi.useRealTimers();
  const prisma = await db();
  await prisma.pairing.deleteMany();
  await prisma.rateLimiterFlexible.deleteMany();
});

const begin = (whose = owner) => beginPairing(whose, { replacesId: undefined });
const claim = (secret: string, by = phone) =>
  claimPairing({ secret, encodedKey: by.encodedKey, from: PHONE });

async function claimNew(): Promise<string> {
  const result = await claim((await begin()).secret);
  if (!result.claimed) throw new Error(result.reason);
  return result.id;
}

async function decide(id: string, decision: "confirmed" | "declined", by = phone) {
  const lines = [person.userId, decision];
  const body = await by.sign({ authenticatorId: id, purpose: "confirm-pairing", lines });
  return decidePairing({ ...body, decision }, { authenticatorId: id, decision });
}

async function ask(id: string, by = phone) {
  return findPhoneState(await by.sign({ authenticatorId: id, purpose: "account" }), id);
}

const spend = (id: string, whose = owner) =>
  transaction((tx) => spendPairing(tx, { id, ...whose }));

async function showPhrase(by = phone) {
  const begun = await beginPairingByPhone({ encodedKey: by.encodedKey, from: PHONE });
  if (!begun.begun) throw new Error(begun.reason);
  return begun;
}

const type = (typed: string, whose = owner, replacesId?: string) => {
  const parsed = parsePairingPhrase(typed);
  if (!parsed.parsed) throw new Error(parsed.reason);
  const authorize = async () => undefined;
  const { phrase } = parsed;
  return claimByPhrase({ owner: whose, phrase, replacesId, from: FROM, authorize });
};

describe("from the account's page", () => {
  test("LC-10 the secret has 128 bits; the database has neither it nor its plain hash", async () => {
    const { secret } = await begin();
    expect(Buffer.from(secret, "base64url")).toHaveLength(16);
    const prisma = await db();
    const stored = JSON.stringify(await prisma.pairing.findMany());
    expect(stored).not.toContain(secret);
    const { secret: other } = await begin({ ...owner, sessionId: randomUUID() });
    expect(other).not.toBe(secret);
  });

  test("a double click does not change the picture being scanned, and no other session sees it", async () => {
    const { secret } = await begin();
    expect(await begin()).toEqual({ secret });
    expect(await findPairingSecret(owner)).toBe(secret);
    expect(await findPairingSecret({ ...owner, sessionId: randomUUID() })).toBeUndefined();
  });

  test("LC-05 a picture that was drawn to add a phone replaces none, nor the other way round", async () => {
    const { secret } = await begin();
    const replacesId = randomUUID();
    const replacing = await beginPairing(owner, { replacesId });
    expect(replacing.secret).not.toBe(secret);
    expect(await claim(secret)).toEqual({ claimed: false, reason: "gone" });
    expect(await beginPairing(owner, { replacesId })).toEqual(replacing);
    expect((await begin()).secret).not.toBe(replacing.secret);
  });

  test("LC-10 with less than five minutes left there is a new picture, and the old one is over", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const { secret } = await begin();
    vi.setSystemTime(Date.now() + 6 * MINUTE);
    expect((await begin()).secret).not.toBe(secret);
    expect(await claim(secret)).toEqual({ claimed: false, reason: "gone" });
  });

  test("a phone that scanned it learns whose account it is about to serve, and serves nothing yet", async () => {
    const { secret } = await begin();
    expect(await claim(secret)).toMatchObject({
      claimed: true,
      account: { userId: person.userId, email: person.email, name: "Ada" },
    });
    expect(await findPairingOfSession(owner)).toEqual({ state: "claimed" });
    const prisma = await db();
    expect(await prisma.sparekeyAuthenticator.count({ where: { userId: person.userId } })).toBe(0);
  });

  test("LC-10 of twenty phones that scan one picture at once, one gets it", async () => {
    const { secret } = await begin();
    const phones = await Promise.all(Array.from({ length: 20 }, makePhone));
    const results = await Promise.all(phones.map((one) => claim(secret, one)));
    expect(results.filter(({ claimed }) => claimed)).toHaveLength(1);
  });

  test("LC-10 a secret works once, also for the same phone, and for ten minutes", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const { secret } = await begin();
    expect(await claim(secret)).toMatchObject({ claimed: true });
    expect(await claim(secret)).toEqual({ claimed: false, reason: "gone" });
    const again = { ...owner, sessionId: randomUUID() };
    const { secret: second } = await begin(again);
    vi.setSystemTime(Date.now() + 10 * MINUTE);
    expect(await claim(second)).toEqual({ claimed: false, reason: "gone" });
    expect(await findPairingOfSession(again)).toBeUndefined();
  });

  test("an unknown secret and a key that is none connect nothing", async () => {
    const { secret } = await begin();
    expect(await claim("AAAAAAAAAAAAAAAAAAAAAA")).toEqual({ claimed: false, reason: "gone" });
    expect(await claimPairing({ secret, encodedKey: "AAAA", from: PHONE })).toEqual({
      claimed: false,
      reason: "key",
    });
    expect(await findPairingOfSession(owner)).toEqual({ state: "waiting" });
  });
});

describe("by a phrase", () => {
  test("LC-10 the phrase that a phone shows takes it to the account whose session typed it", async () => {
    const { id, phrase } = await showPhrase();
    expect(await ask(id)).toMatchObject({ verified: true, value: { state: "unclaimed" } });
    expect(await type(phrase.toUpperCase())).toEqual({ used: true });
    expect(await findPairingOfSession(owner)).toEqual({ state: "claimed" });
    expect(await ask(id)).toMatchObject({
      value: { state: "claimed", account: { email: person.email } },
    });
  });

  test("what the session's page showed before is over then", async () => {
    const { secret } = await begin();
    await type((await showPhrase()).phrase);
    expect(await claim(secret)).toEqual({ claimed: false, reason: "gone" });
  });

  test("LC-10 of ten accounts that type one phrase at once, one gets the phone; it works once and for ten minutes", async () => {
    const { phrase } = await showPhrase();
    const people = await Promise.all(Array.from({ length: 10 }, createPerson));
    const used = await Promise.all(
      people.map(({ userId }) => type(phrase, { userId, sessionId: randomUUID() })),
    );
    expect(used.filter((one) => one.used)).toHaveLength(1);
    expect(await type(phrase)).toEqual({ used: false, reason: "unknown" });
    vi.useFakeTimers({ toFake: ["Date"] });
    const { phrase: late } = await showPhrase(await makePhone());
    vi.setSystemTime(Date.now() + 10 * MINUTE);
    expect(await type(late)).toEqual({ used: false, reason: "unknown" });
  });

  test("LC-10 T01 guessed phrases are failures of their network address, and a hundred in ten minutes are all", async () => {
    const { phrase } = await showPhrase();
    const guess = "river puzzle amused stone";
    for (let time = 0; time < 100; time++) {
      expect(await type(guess)).toEqual({ used: false, reason: "unknown" });
    }
    expect(await type(phrase)).toMatchObject({ used: false, reason: "waiting" });
  });

  test("a session that may not do this any more takes no phone", async () => {
    const { id, phrase } = await showPhrase();
    const authorize = () => Promise.reject(new Error("over"));
    const typed = claimByPhrase({ owner, phrase, replacesId: undefined, from: FROM, authorize });
    await expect(typed).rejects.toThrow("over");
    expect(await ask(id)).toMatchObject({ value: { state: "unclaimed" } });
  });

  test("a hundred phones of one network address may wait, and not one more", async () => {
    for (let time = 0; time < 100; time++) await showPhrase();
    const { encodedKey } = phone;
    expect(await beginPairingByPhone({ encodedKey, from: PHONE })).toEqual({
      begun: false,
      reason: "busy",
    });
    expect(await beginPairingByPhone({ encodedKey, from: FROM })).toMatchObject({ begun: true });
  });

  test("TH-09 a household's addresses of IPv6 are one network", async () => {
    const { encodedKey } = phone;
    const begin = (address: string) =>
      beginPairingByPhone({ encodedKey, from: { ...PHONE, address } });
    for (let time = 0; time < 100; time++) {
      expect(await begin(`2001:db8:0:7::${time.toString(16)}`)).toMatchObject({ begun: true });
    }
    expect(await begin("2001:db8:0:7:ffff::1")).toEqual({ begun: false, reason: "busy" });
    expect(await begin("2001:db8:0:8::1")).toMatchObject({ begun: true });
  });
});

describe("confirming", () => {
  test("PU-05 the phone confirms with its own key, over the account and the decision", async () => {
    const id = await claimNew();
    const stranger = await makePhone();
    expect(await decide(id, "confirmed", stranger)).toMatchObject({ reason: "signature" });
    const declined = await phone.sign({
      authenticatorId: id,
      purpose: "confirm-pairing",
      lines: [person.userId, "declined"],
    });
    const turned = { authenticatorId: id, decision: "confirmed" as const };
    expect(await decidePairing(declined, turned)).toMatchObject({ reason: "signature" });
    expect(await findPairingOfSession(owner)).toEqual({ state: "claimed" });
    expect(await decide(id, "confirmed")).toMatchObject({ value: { state: "confirmed" } });
    expect(await ask(id)).toMatchObject({ value: { state: "confirmed" } });
  });

  test("then the account's page shows where the phone is, and the number that the phone shows", async () => {
    const id = await claimNew();
    await decide(id, "confirmed");
    const checkNumber = deriveCheckNumber(id, phone.publicKey);
    expect(checkNumber).toMatch(/^\d{4}$/);
    expect(await findPairingOfSession(owner)).toEqual({
      state: "ready",
      replacesId: undefined,
      phone: { pairingId: id, ...PHONE, checkNumber },
    });
  });

  test("LC-05 a phone that was taken by its phrase in the place of a lost one says so", async () => {
    const { id, phrase } = await showPhrase();
    const replacesId = randomUUID();
    expect(await type(phrase, owner, replacesId)).toEqual({ used: true });
    await decide(id, "confirmed");
    expect(await findPairingOfSession(owner)).toMatchObject({ state: "ready", replacesId });
  });

  test("the check number tells one key from another", async () => {
    const numbers = new Set<string>();
    for (let time = 0; time < 40; time++) {
      numbers.add(deriveCheckNumber(randomUUID(), (await makePhone()).publicKey));
    }
    expect(numbers.size).toBeGreaterThan(35);
  });

  test("without the phone's word nothing is spent", async () => {
    const id = await claimNew();
    expect(await spend(id)).toBeUndefined();
  });

  test("LC-10 of ten confirmations at once one spends the pairing, and nobody else's does", async () => {
    const id = await claimNew();
    await decide(id, "confirmed");
    expect(await spend(id, { ...owner, sessionId: randomUUID() })).toBeUndefined();
    const stranger = await createPerson();
    expect(await spend(id, { ...owner, userId: stranger.userId })).toBeUndefined();
    const spent = await Promise.all(Array.from({ length: 10 }, () => spend(id)));
    expect(spent.filter(Boolean)).toHaveLength(1);
    expect(spent.find(Boolean)).toMatchObject({ id, publicKey: phone.publicKey });
  });

  test("declined on the phone or on the account's page, it is over on both", async () => {
    const onPhone = await claimNew();
    expect(await decide(onPhone, "declined")).toMatchObject({ value: { state: "declined" } });
    expect(await findPairingOfSession(owner)).toBeUndefined();
    expect(await ask(onPhone)).toMatchObject({ verified: false, reason: "removed" });
    const inAccount = await claimNew();
    await decide(inAccount, "confirmed");
    await declinePairing(owner);
    expect(await spend(inAccount)).toBeUndefined();
    expect(await ask(inAccount)).toMatchObject({ verified: false, reason: "removed" });
  });

  test("LC-10 ten minutes after the phone scanned, nothing is connected any more", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const id = await claimNew();
    await decide(id, "confirmed");
    vi.setSystemTime(Date.now() + 10 * MINUTE);
    expect(await spend(id)).toBeUndefined();
    expect(await ask(id)).toMatchObject({ verified: false, reason: "removed" });
    expect(await decide(id, "confirmed")).toMatchObject({ verified: false, reason: "removed" });
  });
});

test.each([
  ["https://accounts.example.org", true],
  ["http://localhost:3000", true],
  ["http://127.0.0.1:3000", true],
  ["http://[::1]:3000", true],
  ["http://accounts.example.org", false],
  ["http://192.168.1.5:3000", false],
])("phones are connected where browsers make keys: %s", async (url, isOffered) => {
  vi.resetModules();
  vi.stubEnv("APP_URL", url);
  const { offersSparekeyAuthenticator } = await import("./pairing");
  expect(offersSparekeyAuthenticator()).toBe(isOffered);
  vi.unstubAllEnvs();
  vi.resetModules();
});

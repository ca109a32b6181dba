import { beforeEach, expect, test, vi } from "vitest";
import { db } from "../db/client";
import { findEvents } from "../db/testing/events";
import { createPersonWithKey, DISPLAY, storeKey } from "../db/testing/key-people";
import { createPerson, FROM, type Person } from "../db/testing/people";
import { FLAGS, type Lie, SoftwareKey } from "../db/testing/software-key";
import { askForSecurityKey } from "./security-key-assertion";
import { beginSecurityKey, enrollSecurityKey } from "./security-key-enrollment";
import { listSecurityKeys } from "./security-keys";

let person: Person;
beforeEach(async () => {
  person = await createPerson();
  return () => vi.useRealTimers();
});

test("WA-11 a browser is asked for a key it can find by itself, verified where it can, without the maker's word", async () => {
  const { key } = await createPersonWithKey().then(async (other) => {
    person = other;
    return other;
  });
  const options = await begin();
  expect(options).toMatchObject({
    rp: { id: "localhost", name: "Sparekey" },
    user: { name: "ada@example.org", displayName: "Ada" },
    attestation: "none",
    authenticatorSelection: { residentKey: "preferred", userVerification: "preferred" },
    excludeCredentials: [{ id: key.id, type: "public-key", transports: ["usb"] }],
    pubKeyCredParams: [{ alg: -8 }, { alg: -7 }, { alg: -257 }],
    timeout: 300_000,
  });
});

test("WA-10 the handle of a person is 32 random bytes, the same for each key, and of nobody else", async () => {
  const [first, second] = [await begin(), await begin()];
  expect(Buffer.from(first.user.id, "base64url")).toHaveLength(32);
  expect(second.user.id).toBe(first.user.id);
  const bytes = Buffer.from(first.user.id, "base64url").toString("latin1");
  for (const personal of [person.userId, person.email, "Ada"])
    expect(bytes).not.toContain(personal);
  person = await createPerson();
  expect((await begin()).user.id).not.toBe(first.user.id);
});

test("WA-01 a question is 256 random bits, kept as a hash, for five minutes", async () => {
  const { challenge } = await begin();
  expect(Buffer.from(challenge, "base64url")).toHaveLength(32);
  expect((await begin()).challenge).not.toBe(challenge);
  const prisma = await db();
  const rows = await prisma.webauthnChallenge.findMany({ where: { userId: person.userId } });
  expect(rows).toHaveLength(2);
  expect(JSON.stringify(rows)).not.toContain(challenge);
  for (const { createdAt, expiresAt } of rows)
    expect(expiresAt.getTime() - createdAt.getTime()).toBe(300_000);
});

test("WA-01 a question is answered once: the same answer again enrolls nothing", async () => {
  const input = new SoftwareKey().create(await begin());
  expect(await enroll(input)).toEqual({ enrolled: true, value: undefined });
  expect(await enroll(input)).toEqual({ enrolled: false, reason: "expired" });
  expect(await listSecurityKeys(person.userId)).toHaveLength(1);
});

test("WA-01 after five minutes, in another session, of another person, or from a login, a question counts no more", async () => {
  const { challenge } = await askForSecurityKey(
    { purpose: "step-up", userId: person.userId, loginChallengeId: person.userId },
    "discouraged",
  );
  const key = new SoftwareKey();
  expect(await enroll(key.create(await begin(), { challenge }))).toMatchObject({
    reason: "expired",
  });
  const invented = key.create(await begin(), { challenge: "A".repeat(43) });
  expect(await enroll(invented)).toMatchObject({ reason: "expired" });
  const answer = key.create(await begin());
  const stranger = await createPerson();
  for (const other of [{ sessionId: stranger.userId }, { userId: stranger.userId }])
    expect(await enroll(answer, other)).toMatchObject({ reason: "expired" });
  const late = key.create(await begin());
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 300_000 });
  expect(await enroll(late)).toMatchObject({ reason: "expired" });
  expect(await listSecurityKeys(person.userId)).toEqual([]);
  vi.useRealTimers();
  expect(await enroll(answer), "the others spent nothing").toMatchObject({ enrolled: true });
});

const { present, verified, backupEligible, backedUp } = FLAGS;
const LIES: Record<string, Lie> = {
  "WA-02 an answer of a login": { type: "webauthn.get" },
  "WA-03 another site's": { origin: "https://evil.example.org" },
  "WA-03 the same host over https": { origin: "https://localhost:3000" },
  "WA-03 another port of the host": { origin: "http://localhost:3001" },
  "WA-03 the machine by its address": { origin: "http://127.0.0.1:3000" },
  "WA-03 a frame of another site": { crossOrigin: true },
  "WA-03 a frame that names the site around it": { topOrigin: "https://evil.example.org" },
  "WA-04 for another host": { rpId: "evil.example.org" },
  "WA-04 without anybody present": { flags: 0 },
  "WA-05 backed up, though it cannot be": { flags: present | backedUp },
  "WA-06 of an algorithm that was not offered": { alg: -35 },
  "WA-06 with a name of more than 1,023 bytes": {
    id: Buffer.alloc(1_024, 7).toString("base64url"),
  },
  "WA-11 with a maker's certificates": {
    attestation: {
      fmt: "packed",
      attStmt: new Map<string, unknown>([
        ["alg", -7],
        ["sig", new Uint8Array(64)],
        ["x5c", [new Uint8Array(64)]],
      ]),
    },
  },
};

test.each(Object.entries(LIES))("%s is refused and enrolls nothing", async (_, lie) => {
  const key = new SoftwareKey();
  expect(await enroll(key.create(await begin(), lie))).toEqual({
    enrolled: false,
    reason: "wrong",
  });
  expect(await listSecurityKeys(person.userId)).toEqual([]);
  expect(await findEvents(person.userId)).toEqual([]);
});

test.each([
  ["", "nothing"],
  ["{", "no JSON"],
  ["[]", "no object"],
  [JSON.stringify({ id: "a", rawId: "a", type: "public-key", response: {} }), "no answer"],
])("WA-08 %j, which is %s, is refused", async (input) => {
  expect(await enroll(input)).toEqual({ enrolled: false, reason: "wrong" });
});

test("WA-06 a key is of one account for ever, and no second time of the same, removed or not", async () => {
  const key = new SoftwareKey();
  const owner = await createPersonWithKey(key);
  expect(await enroll(key.create(await begin()))).toEqual({ enrolled: false, reason: "taken" });
  const prisma = await db();
  await prisma.securityKey.updateMany({
    where: { userId: owner.userId },
    data: { removedAt: new Date() },
  });
  expect(await enroll(key.create(await begin()))).toEqual({ enrolled: false, reason: "taken" });
  person = owner;
  expect(await enroll(key.create(await begin()))).toEqual({ enrolled: false, reason: "taken" });
});

test("WA-05 WA-14 whether a key can be copied, and was, is written down when it is enrolled", async () => {
  const kinds = {
    hardware: present,
    syncable: present | verified | backupEligible,
    synced: present | verified | backupEligible | backedUp,
  };
  const prisma = await db();
  for (const [kind, flags] of Object.entries(kinds)) {
    const id = await storeKey(person, new SoftwareKey(flags));
    expect(await prisma.securityKey.findUniqueOrThrow({ where: { id } }), kind).toMatchObject({
      backupEligible: kind !== "hardware",
      backedUp: kind === "synced",
    });
  }
});

test("WA-15 several keys of one person have the names they gave, and when and how each was added", async () => {
  for (const called of ["Blue key", "My laptop"])
    expect(
      await enroll(new SoftwareKey().create(await begin()), { name: () => called }),
    ).toMatchObject({ enrolled: true });
  const keys = await listSecurityKeys(person.userId);
  expect(keys).toMatchObject([
    { name: "Blue key", lastUsedAt: null, backedUp: false },
    { name: "My laptop", lastUsedAt: null, backedUp: false },
  ]);
  const prisma = await db();
  const events = await prisma.auditEvent.findMany({ where: { userId: person.userId } });
  expect(events.map(({ type, method, methodName }) => [type, method, methodName])).toEqual([
    ["security_key_added", "security-key", "Blue key"],
    ["security_key_added", "security-key", "My laptop"],
  ]);
});

test("WA-01 of fifty parallel posts of one answer, one enrolls", async () => {
  const input = new SoftwareKey().create(await begin());
  const results = await Promise.all(Array.from({ length: 50 }, () => enroll(input)));
  expect(results.filter(({ enrolled }) => enrolled)).toHaveLength(1);
  expect(await listSecurityKeys(person.userId)).toHaveLength(1);
});

const owner = () => ({ userId: person.userId, sessionId: person.userId });
const begin = () => beginSecurityKey(owner(), DISPLAY);

const enroll = (
  input: string,
  other: { userId?: string; sessionId?: string; name?: () => string } = {},
) =>
  enrollSecurityKey({
    ...owner(),
    input,
    name: () => "Blue key",
    replaces: undefined,
    from: FROM,
    authorize: async () => ({ restrictedUntil: null }),
    onEnrolled: async () => undefined,
    ...other,
  });

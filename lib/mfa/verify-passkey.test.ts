import { beforeEach, expect, test, vi } from "vitest";
import { db } from "../db/client";
import { findEvents } from "../db/testing/events";
import { createPersonWithKey } from "../db/testing/key-people";
import { createPerson, FROM } from "../db/testing/people";
import { FLAGS, type Lie, SoftwareKey } from "../db/testing/software-key";
import { randomToken } from "../random-token";
import { removeSecurityKey } from "./security-keys";
import { askAnybody, verifyPasskey } from "./verify-passkey";

const { present, verified, backupEligible, backedUp } = FLAGS;
const PASSKEY = present | verified | backupEligible | backedUp;

let person: Awaited<ReturnType<typeof createPersonWithKey>>;
let browserToken: string;
beforeEach(async () => {
  person = await createPersonWithKey(new SoftwareKey(PASSKEY, 0));
  browserToken = randomToken();
  return () => vi.useRealTimers();
});

test("WA-12 TH-11 the question is the same whoever asks and whoever exists: no address goes in, and no key comes out", async () => {
  await createPerson();
  const known = await ask();
  const unknown = await askAnybody(randomToken());
  for (const { challenge, ...options } of [known, unknown]) {
    expect(Buffer.from(challenge, "base64url")).toHaveLength(32);
    expect(options).toEqual({
      rpId: "localhost",
      allowCredentials: [],
      timeout: 300_000,
      userVerification: "required",
    });
  }
  expect(askAnybody).toHaveLength(1);
  const [row] = await (await db()).webauthnChallenge.findMany({
    where: { purpose: "passwordless" },
    orderBy: { id: "desc" },
  });
  expect(row).toMatchObject({ userId: null, sessionId: null, loginChallengeId: null });
});

test("WA-13 a passkey that verified its person says who they are", async () => {
  expect(await answer(person.key.sign(await ask()))).toEqual({
    verified: true,
    value: { userId: person.userId, amr: "swk", restrictedUntil: null },
  });
});

test("WA-01 a question counts once, for five minutes, in the browser that asked it", async () => {
  const input = person.key.sign(await ask());
  expect(await answer(input, randomToken())).toEqual({ verified: false, reason: "expired" });
  expect(await answer(input)).toMatchObject({ verified: true });
  expect(await answer(input)).toEqual({ verified: false, reason: "expired" });
  const late = person.key.sign(await ask());
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 300_000 });
  expect(await answer(late)).toEqual({ verified: false, reason: "expired" });
});

test("WA-01 the database has neither the question nor what the browser's cookie holds", async () => {
  const { challenge } = await ask();
  const rows = await (await db()).webauthnChallenge.findMany();
  expect(JSON.stringify(rows)).not.toContain(challenge);
  expect(JSON.stringify(rows)).not.toContain(browserToken);
});

const LIES: Record<string, Lie> = {
  "WA-04 without its person verified": { flags: present | backupEligible | backedUp },
  "WA-04 for another host": { rpId: "evil.example.org" },
  "WA-02 an answer that makes a key": { type: "webauthn.create" },
  "WA-03 another site's": { origin: "https://evil.example.org" },
  "WA-03 a frame of another site": { crossOrigin: true },
  "WA-05 not able to be copied any more": { flags: present | verified },
  "WA-07 without a handle": { userHandle: undefined },
  "WA-07 with the handle of somebody else": {
    userHandle: Buffer.alloc(32, 7).toString("base64url"),
  },
  "WA-08 with another signature": { tamper: { part: "signature", byte: 20 } },
};

test.each(Object.entries(LIES))("%s is refused, and leaves no row", async (_, lie) => {
  expect(await answer(person.key.sign(await ask(), lie))).toEqual({
    verified: false,
    reason: "wrong",
  });
  expect(await findEvents(person.userId)).toEqual(["security_key_added"]);
});

test("WA-12 a disabled account and a removed key are refused; only the key's own browser learns that it is gone", async () => {
  const disabled = await createPersonWithKey(new SoftwareKey(PASSKEY, 0));
  const prisma = await db();
  await prisma.user.update({ where: { id: disabled.userId }, data: { disabledAt: new Date() } });
  expect(await answer(disabled.key.sign(await ask()))).toEqual({
    verified: false,
    reason: "wrong",
  });
  await removeSecurityKey(prisma, { userId: person.userId, id: person.keyId });
  const gone = { verified: false, reason: "unknown", credentialId: person.key.id };
  expect(await answer(person.key.sign(await ask()))).toEqual(gone);
  const forged = new SoftwareKey(PASSKEY, 0).sign(await ask(), { id: person.key.id });
  expect(await answer(forged)).toEqual({ verified: false, reason: "wrong" });
  const never = new SoftwareKey(PASSKEY, 0);
  expect(await answer(never.sign(await ask()))).toEqual({
    ...gone,
    credentialId: never.id,
  });
});

test("WA-09 a copied passkey is refused, recorded and told", async () => {
  person = await createPersonWithKey(new SoftwareKey(PASSKEY));
  expect(await answer(person.key.sign(await ask(), { counter: 7 }))).toMatchObject({
    verified: true,
  });
  expect(await answer(person.key.sign(await ask(), { counter: 3 }))).toEqual({
    verified: false,
    reason: "copied",
  });
  expect(await findEvents(person.userId)).toEqual(["security_key_added", "security_key_copied"]);
});

test("T03 what others failed at changes nothing: no count is kept, and none is asked", async () => {
  const prisma = await db();
  for (let time = 0; time < 120; time += 1) {
    const lie = { tamper: { part: "signature", byte: 20 } } as const;
    await answer(person.key.sign(await ask(), lie));
  }
  expect(await prisma.throttle.count({ where: { subject: person.userId } })).toBe(0);
  expect(await answer(person.key.sign(await ask()))).toMatchObject({ verified: true });
});

const ask = () => askAnybody(browserToken);

const answer = (input: string, token = browserToken) =>
  verifyPasskey({
    input,
    browserToken: token,
    from: FROM,
    onVerified: async (_, key) => key,
  });

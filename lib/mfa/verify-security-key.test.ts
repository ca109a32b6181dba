import { beforeEach, expect, test, vi } from "vitest";
import { db } from "../db/client";
import { findEvents } from "../db/testing/events";
import { createPersonWithKey, storeKey } from "../db/testing/key-people";
import { createChallenge, FROM } from "../db/testing/people";
import { FLAGS, type Lie, SoftwareKey } from "../db/testing/software-key";
import type { LoginChallenge } from "./login-challenge";
import { removeSecurityKey } from "./security-keys";
import { askChallengedPerson, type KeyDemand, verifySecurityKey } from "./verify-security-key";

let person: Awaited<ReturnType<typeof createPersonWithKey>>;
let challenge: LoginChallenge;
beforeEach(async () => {
  person = await createPersonWithKey();
  challenge = await createChallenge(person);
  return () => vi.useRealTimers();
});

test("WA-07 the question names the person's keys and nobody else's, and asks for presence alone", async () => {
  await createPersonWithKey();
  const second = new SoftwareKey();
  await storeKey(person, second);
  expect(await ask()).toMatchObject({
    rpId: "localhost",
    timeout: 300_000,
    userVerification: "discouraged",
    allowCredentials: [
      { id: person.key.id, transports: ["usb"] },
      { id: second.id, transports: ["usb"] },
    ],
  });
});

test("WA-08 WA-13 a right answer satisfies the challenge once, and says that a key in hardware was used", async () => {
  const input = person.key.sign(await ask());
  expect(await answer(input)).toMatchObject({
    verified: true,
    value: { userId: person.userId, amr: "hwk", restrictedUntil: null },
  });
  const prisma = await db();
  expect(
    await prisma.loginChallenge.findUniqueOrThrow({ where: { id: challenge.id } }),
  ).toMatchObject({ satisfiedAt: expect.any(Date), failures: 0, slips: 0 });
  expect(await prisma.securityKey.findUniqueOrThrow({ where: { id: person.keyId } })).toMatchObject(
    { counter: 1n, lastUsedAddress: FROM.address, lastUsedUserAgent: FROM.userAgent },
  );
});

test("WA-13 WA-14 a key that can be copied to other devices is no hardware key", async () => {
  const { present, verified, backupEligible } = FLAGS;
  person = await createPersonWithKey(new SoftwareKey(present | verified | backupEligible, 0));
  challenge = await createChallenge(person);
  expect(await answer(person.key.sign(await ask()))).toMatchObject({ value: { amr: "swk" } });
});

test("WA-01 an answer counts once, for five minutes, for its own challenge, and its own purpose", async () => {
  const options = await ask();
  expect(await answer(person.key.sign(options, { type: "webauthn.create" }))).toMatchObject({
    reason: "wrong",
  });
  expect(await answer(person.key.sign(options)), "its question is spent").toMatchObject({
    reason: "expired",
  });

  const others = await createChallenge(person);
  const input = person.key.sign(await ask());
  expect(await answer(input, { to: others })).toMatchObject({ reason: "expired" });
  expect(await answer(input, { purpose: "step-up" })).toMatchObject({ reason: "expired" });
  const stranger = await createPersonWithKey();
  expect(await answer(input, { to: await createChallenge(stranger) })).toMatchObject({
    reason: "expired",
  });

  const late = person.key.sign(await ask());
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 300_000 });
  expect(await answer(late)).toMatchObject({ reason: "expired" });
  vi.useRealTimers();
  expect(await answer(input), "nobody else spent it").toMatchObject({ verified: true });
  expect(await answer(input)).toMatchObject({ verified: false, reason: "expired" });
});

test("WA-07 the key of another person finishes nobody's login", async () => {
  const stranger = await createPersonWithKey();
  const options = await ask();
  const { userHandle } = JSON.parse(person.key.sign(options)).response;
  for (const lie of [{}, { userHandle }, { userHandle: undefined }]) {
    expect(await answer(stranger.key.sign(await ask(), lie))).toEqual({
      verified: false,
      reason: "wrong",
    });
  }
  const pretended = stranger.key.sign(await ask(), { id: person.key.id, userHandle });
  expect(await answer(pretended)).toEqual({ verified: false, reason: "wrong" });
});

test("WA-07 a handle of somebody else is refused, and none at all is fine: an old key knows none", async () => {
  const userHandle = Buffer.alloc(32, 7).toString("base64url");
  expect(await answer(person.key.sign(await ask(), { userHandle }))).toMatchObject({
    reason: "wrong",
  });
  expect(await answer(person.key.sign(await ask(), { userHandle: undefined }))).toMatchObject({
    verified: true,
  });
});

const { present, backupEligible, backedUp } = FLAGS;
const LIES: Record<string, Lie> = {
  "WA-02 an answer that makes a key": { type: "webauthn.create" },
  "WA-03 another site's": { origin: "https://evil.example.org" },
  "WA-03 the same host over https": { origin: "https://localhost:3000" },
  "WA-03 the machine by its address": { origin: "http://127.0.0.1:3000" },
  "WA-03 a frame of another site": { crossOrigin: true },
  "WA-03 a frame that names the site around it": {
    crossOrigin: true,
    topOrigin: "https://evil.example.org",
  },
  "WA-03 a site around no frame": { topOrigin: "https://evil.example.org" },
  "WA-04 for another host": { rpId: "evil.example.org" },
  "WA-04 without anybody present": { flags: 0 },
  "WA-05 backed up, though it cannot be": { flags: present | backedUp },
  "WA-05 able to be copied all at once": { flags: present | backupEligible },
  "WA-05 able to be copied, and copied": { flags: present | backupEligible | backedUp },
  "WA-08 with another signature": { tamper: { part: "signature", byte: 20 } },
  "WA-08 with another host's hash": { tamper: { part: "authenticatorData", byte: 0 } },
  "WA-08 with another flag": { tamper: { part: "authenticatorData", byte: 32 } },
  "WA-08 with another count": { tamper: { part: "authenticatorData", byte: 36 } },
};

test.each(Object.entries(LIES))("%s is refused, and counts on the challenge", async (_, lie) => {
  expect(await answer(person.key.sign(await ask(), lie))).toEqual({
    verified: false,
    reason: "wrong",
  });
  const prisma = await db();
  expect(
    await prisma.loginChallenge.findUniqueOrThrow({ where: { id: challenge.id } }),
  ).toMatchObject({ failures: 1, satisfiedAt: null });
  expect(await findEvents(person.userId)).toEqual(["security_key_added", "method_failed"]);
});

test("WA-08 whatever byte is changed after signing, the answer is refused", async () => {
  const sample = JSON.parse(person.key.sign(await ask())).response;
  for (const part of ["clientDataJSON", "authenticatorData", "signature"] as const) {
    const { length } = Buffer.from(sample[part], "base64url");
    for (let byte = 0; byte < length; byte += 7) {
      const to = await createChallenge(person);
      const options = await askChallengedPerson(to, LOGIN);
      const result = await answer(person.key.sign(options, { tamper: { part, byte } }), { to });
      expect(result, `${part} ${byte}`).toMatchObject({ verified: false });
    }
  }
});

test("WA-05 a key that can be copied stays one, and may be backed up at one time and not at another", async () => {
  const flags = present | backupEligible;
  person = await createPersonWithKey(new SoftwareKey(flags, 0));
  const prisma = await db();
  for (const backed of [true, false]) {
    challenge = await createChallenge(person);
    const lie = { flags: backed ? flags | backedUp : flags };
    expect(await answer(person.key.sign(await ask(), lie))).toMatchObject({ verified: true });
    expect(
      await prisma.securityKey.findUniqueOrThrow({ where: { id: person.keyId } }),
    ).toMatchObject({ backedUp: backed, backupEligible: true });
  }
  challenge = await createChallenge(person);
  expect(await answer(person.key.sign(await ask(), { flags: present }))).toMatchObject({
    reason: "wrong",
  });
});

test("WA-09 a count that did not grow is refused, recorded, told to the person, and no guess at a password", async () => {
  expect(await answer(person.key.sign(await ask(), { counter: 5 }))).toMatchObject({
    verified: true,
  });
  for (const counter of [5, 4, 0]) {
    challenge = await createChallenge(person);
    expect(await answer(person.key.sign(await ask(), { counter })), `${counter}`).toEqual({
      verified: false,
      reason: "copied",
    });
  }
  const prisma = await db();
  expect(
    await prisma.loginChallenge.findUniqueOrThrow({ where: { id: challenge.id } }),
  ).toMatchObject({ failures: 1, satisfiedAt: null });
  expect(await prisma.securityKey.findUniqueOrThrow({ where: { id: person.keyId } })).toMatchObject(
    { counter: 5n },
  );
  const events = await prisma.auditEvent.findMany({
    where: { userId: person.userId, type: "security_key_copied" },
  });
  expect(events).toHaveLength(3);
  expect(events[0]).toMatchObject({ method: "security-key", methodName: "Blue key", ...FROM });
  const mails = await prisma.mail.findMany({ where: { eventId: events[0]?.id ?? "" } });
  expect(mails.map(({ template }) => template)).toEqual(["security_key_copied"]);
  expect(await findEvents(person.userId)).not.toContain("method_failed");
});

test("WA-09 a passkey that counts nothing goes on saying zero", async () => {
  person = await createPersonWithKey(new SoftwareKey(present | backupEligible, 0));
  for (let time = 0; time < 2; time += 1) {
    challenge = await createChallenge(person);
    expect(await answer(person.key.sign(await ask()))).toMatchObject({ verified: true });
  }
});

test("WA-09 of twenty answers with one count at once, one passes", async () => {
  const answers = [];
  for (let time = 0; time < 20; time += 1) {
    const to = await createChallenge(person);
    const input = person.key.sign(await askChallengedPerson(to, LOGIN), { counter: 9 });
    answers.push({ to, input });
  }
  const results = await Promise.all(answers.map(({ to, input }) => answer(input, { to })));
  expect(results.filter(({ verified }) => verified)).toHaveLength(1);
  for (const result of results) if (!result.verified) expect(result.reason).toBe("copied");
});

test("WA-15 a key that was removed verifies nothing, and its browser learns that it is known no more", async () => {
  const options = await ask();
  await removeSecurityKey(await db(), { userId: person.userId, id: person.keyId });
  expect(await answer(person.key.sign(options))).toEqual({
    verified: false,
    reason: "unknown",
    credentialId: person.key.id,
  });
  const stranger = new SoftwareKey();
  const forged = stranger.sign(await ask(), { id: person.key.id });
  expect(await answer(forged), "a stranger learns nothing").toEqual({
    verified: false,
    reason: "wrong",
  });
});

test("TH-13 ten wrong answers end the challenge, and a hundred disable nothing and begin no wait", async () => {
  for (let round = 0; round < 11; round += 1) {
    challenge = await createChallenge(person);
    for (let time = 0; time < 10; time += 1) {
      const result = await answer(person.key.sign(await ask(), { origin: "https://evil.example" }));
      expect(result).toEqual({ verified: false, reason: "wrong" });
    }
    expect(await answer(person.key.sign(await ask()))).toEqual({
      verified: false,
      reason: "challenge-over",
    });
  }
  const prisma = await db();
  expect(await prisma.throttle.count({ where: { subject: person.userId } })).toBe(0);
  const told = await findEvents(person.userId);
  expect(told).not.toContain("method_disabled");
  expect(told).not.toContain("method_waiting");
  challenge = await createChallenge(person);
  expect(await answer(person.key.sign(await ask()))).toMatchObject({ verified: true });
});

test("WA-01 an old answer costs no failure, and thirty of them end the challenge", async () => {
  const input = person.key.sign(await ask(), { challenge: "A".repeat(43) });
  for (let time = 0; time < 30; time += 1)
    expect(await answer(input)).toMatchObject({ reason: "expired" });
  const prisma = await db();
  expect(
    await prisma.loginChallenge.findUniqueOrThrow({ where: { id: challenge.id } }),
  ).toMatchObject({ failures: 0, slips: 30, endedAt: expect.any(Date) });
});

test("T03 a disabled account is let in by no key", async () => {
  const input = person.key.sign(await ask());
  await (await db()).user.update({
    where: { id: person.userId },
    data: { disabledAt: new Date() },
  });
  expect(await answer(input)).toEqual({ verified: false, reason: "challenge-over" });
});

test("WA-04 where the person has to be verified, presence alone is not enough", async () => {
  const demand = { purpose: "step-up", userVerification: "required" } as const;
  const options = await askChallengedPerson(challenge, demand);
  expect(options.userVerification).toBe("required");
  expect(await answer(person.key.sign(options), demand)).toMatchObject({ reason: "wrong" });
  const again = await askChallengedPerson(challenge, demand);
  const verified = person.key.sign(again, { flags: present | FLAGS.verified });
  expect(await answer(verified, demand)).toMatchObject({ verified: true });
});

const LOGIN: KeyDemand = { purpose: "login", userVerification: "discouraged" };
const ask = () => askChallengedPerson(challenge, LOGIN);

const answer = (
  input: string,
  { to = challenge, ...demand }: { to?: LoginChallenge } & Partial<KeyDemand> = {},
) =>
  verifySecurityKey({
    challenge: to,
    input,
    from: FROM,
    ...LOGIN,
    ...demand,
    onSatisfied: async (_, key) => key,
  });

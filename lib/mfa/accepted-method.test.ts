import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { db, transaction } from "../db/client";
import { findEvents } from "../db/testing/events";
import { createPersonWithKey } from "../db/testing/key-people";
import { allow, createChallenge, createPersonWithApp, FROM, storeApp } from "../db/testing/people";
import { giveRole, setPolicy } from "../db/testing/policies";
import { FLAGS, SoftwareKey } from "../db/testing/software-key";
import { storePhone } from "../db/testing/testing-phone";
import { randomToken } from "../random-token";
import { createApprovalRequest } from "./approval-requests";
import { codeAt } from "./authenticator-code";
import { beginStepUp, LoginChallengeOver, satisfyLoginChallenge } from "./login-challenge";
import { type LossProof, reportLost } from "./loss-report";
import { acceptedMethods, findEnrolledMethods, firstMethod, usableMethods } from "./methods";
import { addDays } from "./policy";
import { findLiveSet, generateRecoveryCodeSet } from "./recovery-code-sets";
import { suspendSparekeyAuthenticator } from "./sparekey-authenticators";
import { verifyAuthenticatorCode } from "./verify-authenticator-code";
import { verifyNotification } from "./verify-notification";
import { askAnybody, verifyPasskey } from "./verify-passkey";
import { verifyRecoveryCode } from "./verify-recovery-code";
import { askChallengedPerson, verifySecurityKey } from "./verify-security-key";

vi.mock("../notices/push", () => ({ pushToAuthenticators: async () => undefined }));

const REFUSED = { verified: false, reason: "not-accepted" };
const KEYS_ONLY = { methods: ["security-key" as const] };

let person: Awaited<ReturnType<typeof createPersonWithApp>>;
let codes: string[];
beforeEach(async () => {
  await setPolicy();
  person = await createPersonWithApp();
  codes = await generateCodes();
  return () => vi.useRealTimers();
});

describe("an administrator under a policy of security keys only", () => {
  let key: SoftwareKey;
  beforeEach(async () => {
    const owner = await createPersonWithKey(new SoftwareKey(PASSKEY, 0));
    key = owner.key;
    person = { ...owner, ...(await storeApp(owner.userId)) };
    codes = await generateCodes();
    await giveRole(person.userId);
    await setPolicy(KEYS_ONLY);
  });

  test("TH-14 sees no recovery codes, and a recovery code typed at its address is refused", async () => {
    expect(acceptedMethods(await methods())).toEqual(["security-key"]);
    expect(firstMethod(await methods())).toBe("security-key");
    const challenge = await createChallenge(person);
    const [right = "", other = ""] = codes;
    expect(await enterCode(right, challenge)).toEqual(REFUSED);
    expect(await enterCode(other.slice(0, 4), challenge)).toEqual(REFUSED); // not even read
    expect(await findLiveSet(person.userId)).toMatchObject({ left: 10 });
    expect(await countedFailures()).toBe(0);
    expect(await countedOn(challenge)).toEqual({ failures: 0, slips: 0 });
    expect(await findEvents(person.userId)).not.toContain("method_failed");
  });

  test("TH-14 is refused a code of the app and an approved notification, and let in by the key", async () => {
    const phone = await storePhone(person.userId);
    const challenge = await createChallenge(person);
    await storeApproval(challenge.id, phone.id);
    expect(await enterAppCode(challenge)).toEqual(REFUSED);
    expect(await verifyNotification({ challenge, onSatisfied: allow })).toEqual(REFUSED);
    expect(await countedFailures()).toBe(0);
    expect(await useKey(key, challenge)).toMatchObject({ verified: true });
  });

  test("TH-14 is sent no notification", async () => {
    await storePhone(person.userId);
    const challenge = await createChallenge(person);
    expect(await transaction((tx) => createApprovalRequest(tx, { challenge, from: FROM }))).toEqual(
      { sent: false, reason: "not-accepted" },
    );
  });

  test("TH-14 is refused the same at a step-up", async () => {
    const { userId, email } = person;
    const step = { sessionId: randomUUID(), userId, email, returnTo: "/admin" };
    expect(await enterCode(codes[0] ?? "", await beginStepUp(step))).toEqual(REFUSED);
  });

  test("TH-14 no method gets past the place where a challenge is satisfied, whoever forgot to ask before", async () => {
    const challenge = await createChallenge(person);
    const satisfy = (method: "recovery-codes" | "security-key") =>
      transaction((tx) => satisfyLoginChallenge(tx, challenge, method));
    await expect(satisfy("recovery-codes")).rejects.toThrow(LoginChallengeOver);
    await expect(satisfy("security-key")).resolves.toBeUndefined();
  });

  test("TH-14 a passkey alone does not go past a policy that leaves keys out", async () => {
    expect(await enterWithPasskey(key)).toMatchObject({ verified: true });
    await setPolicy({ methods: ["authenticator-app", "recovery-codes"] });
    expect(await enterWithPasskey(key)).toEqual(REFUSED);
    expect(await useKey(key, await createChallenge(person))).toEqual(REFUSED);
    expect(await enterAppCode(await createChallenge(person))).toMatchObject({ verified: true });
  });
});

describe("nobody is locked out by a policy", () => {
  beforeEach(async () => {
    await giveRole(person.userId);
  });

  test("TH-14 without a method that counts every method is accepted, recovery codes too", async () => {
    await setPolicy(KEYS_ONLY);
    expect(usableMethods(await methods())).toEqual(["authenticator-app", "recovery-codes"]);
    expect(await enterCode(codes[0] ?? "", await createChallenge(person))).toMatchObject({
      verified: true,
    });
    expect(await enterAppCode(await createChallenge(person))).toMatchObject({ verified: true });
  });

  test("TH-14 a method that counts and is reported lost does not shut out the others", async () => {
    const { id } = await storePhone(person.userId);
    await setPolicy({ methods: ["notification"] });
    expect(usableMethods(await methods())).toEqual(["notification"]);
    await transaction((tx) => suspendSparekeyAuthenticator(tx, { userId: person.userId, id }));
    expect(usableMethods(await methods())).toEqual(["authenticator-app", "recovery-codes"]);
  });

  test("TH-14 LC-05 the password alone reports nothing lost without which a weaker method would be accepted", async () => {
    const { id } = await storePhone(person.userId);
    const report = (proof: LossProof) =>
      reportLost({
        userId: person.userId,
        lost: { method: "notification", id },
        proof,
        from: FROM,
        authorize: allow,
      });
    await setPolicy({ methods: ["notification", "recovery-codes"] });
    expect(await report("password")).toEqual({ suspended: false, reason: "only-accepted" });
    expect(usableMethods(await methods())).toEqual(["notification", "recovery-codes"]);
    await storePhone(person.userId);
    expect(await report("password")).toEqual({ suspended: true });
    await setPolicy({ methods: ["notification"] });
    expect(usableMethods(await methods())).toEqual(["notification"]);
  });

  test("TH-14 LC-05 whoever logged in with it reports it lost all the same", async () => {
    const { id } = await storePhone(person.userId);
    await setPolicy({ methods: ["notification"] });
    expect(
      await reportLost({
        userId: person.userId,
        lost: { method: "notification", id },
        proof: "session",
        from: FROM,
        authorize: allow,
      }),
    ).toEqual({ suspended: true });
  });

  test("TH-14 recovery codes that count are no method that shuts out the others", async () => {
    await setPolicy({ methods: ["security-key", "recovery-codes"] });
    expect(usableMethods(await methods())).toEqual(["authenticator-app", "recovery-codes"]);
  });
});

test("TH-14 members are under no demand while MFA is up to them, nor before their deadline", async () => {
  await storePhone(person.userId);
  const all = ["notification", "authenticator-app", "recovery-codes"];
  await setPolicy({ methods: ["notification"] });
  expect(usableMethods(await methods())).toEqual(all);
  const requiredFrom = addDays(new Date(), 20);
  await setPolicy({ methods: ["notification"], requirement: "everyone", requiredFrom });
  expect(usableMethods(await methods())).toEqual(all);
  vi.useFakeTimers({ now: requiredFrom });
  expect(usableMethods(await methods())).toEqual(["notification"]);
});

test("RC-19 the warning is told at the number of codes that the policy names", async () => {
  await setPolicy({ lowCodes: 8 });
  for (const code of codes.slice(0, 3)) await enterCode(code, await createChallenge(person));
  const told = await findEvents(person.userId);
  expect(told.filter((event) => event.startsWith("recovery_codes_low"))).toEqual([
    "recovery_codes_low A 8",
  ]);
});

const { present, verified, backupEligible, backedUp } = FLAGS;
const PASSKEY = present | verified | backupEligible | backedUp;

const methods = () => findEnrolledMethods(person.userId);

type Challenge = Omit<Awaited<ReturnType<typeof createChallenge>>, "token">;

const enterCode = (input: string, challenge: Challenge) =>
  verifyRecoveryCode({ challenge, input, from: FROM, onSatisfied: allow });

const enterAppCode = (challenge: Challenge) =>
  verifyAuthenticatorCode({
    challenge,
    input: codeAt(person.seed, Math.floor(Date.now() / 30_000)),
    from: FROM,
    onSatisfied: allow,
  });

async function useKey(key: SoftwareKey, challenge: Challenge) {
  const demand = { purpose: "login", userVerification: "discouraged" } as const;
  const input = key.sign(await askChallengedPerson(challenge, demand));
  return verifySecurityKey({ challenge, input, from: FROM, ...demand, onSatisfied: allow });
}

async function enterWithPasskey(key: SoftwareKey) {
  const browserToken = randomToken();
  const input = key.sign(await askAnybody(browserToken));
  return verifyPasskey({ input, browserToken, from: FROM, onVerified: allow });
}

async function generateCodes() {
  const result = await generateRecoveryCodeSet({
    userId: person.userId,
    knownSetId: null,
    steppedUpBy: ["pwd", "otp", "mfa"],
    from: FROM,
    authorize: allow,
  });
  if (!result.generated) throw new Error(result.reason);
  return result.codes;
}

async function storeApproval(loginChallengeId: string, authenticatorId: string) {
  const { userId } = person;
  const prisma = await db();
  const now = new Date();
  await prisma.approvalRequest.create({
    data: {
      id: randomUUID(),
      userId,
      loginChallengeId,
      authenticatorId,
      sealedNumber: new Uint8Array(),
      keyId: "test",
      createdAt: now,
      expiresAt: addDays(now, 1),
      decision: "approved",
      answeredAt: now,
      ...FROM,
    },
  });
}

async function countedFailures() {
  const prisma = await db();
  return prisma.throttle.count({ where: { subject: person.userId, failures: { gt: 0 } } });
}

async function countedOn({ id }: Challenge) {
  const prisma = await db();
  return prisma.loginChallenge.findUniqueOrThrow({
    where: { id },
    select: { failures: true, slips: true },
  });
}

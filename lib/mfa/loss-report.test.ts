import { beforeEach, describe, expect, test } from "vitest";
import { db } from "../db/client";
import {
  allow,
  createChallenge,
  createPerson,
  createPersonWithApp,
  FROM,
  setFailures,
} from "../db/testing/people";
import { codeAt } from "./authenticator-code";
import { generateRecoveryCode } from "./generate-recovery-code";
import { hasMethod } from "./has-method";
import { type LossProof, liftLossReport, reportLost } from "./loss-report";
import { formatRecoveryCode } from "./recovery-code";
import { confirmRecoveryCodeSet, generateRecoveryCodeSet } from "./recovery-code-sets";
import { findDisabledMethods } from "./throttle";
import { verifyAuthenticatorCode } from "./verify-authenticator-code";
import { verifyRecoveryCode } from "./verify-recovery-code";

const APP = { method: "authenticator-app" } as const;

let owner: Awaited<ReturnType<typeof createPersonWithApp>>;
beforeEach(async () => {
  owner = await createPersonWithApp();
});

describe("reporting the app lost", () => {
  test("LC-05 its codes are refused at once, it stays enrolled, and no attempt is counted", async () => {
    await saveCodes();
    expect(await report()).toEqual({ suspended: true });
    expect(await enterAppCode()).toMatchObject({ verified: false, reason: "suspended" });
    expect(await hasMethod(await db(), owner.userId)).toBe(true);
    const { userId } = owner;
    expect(await (await db()).throttle.count({ where: { subject: userId } })).toBe(0);
  });

  test("LC-05 it never suspends the last usable method: without codes, with all spent, with codes disabled", async () => {
    const refused = { suspended: false, reason: "last-usable" };
    expect(await report()).toEqual(refused);
    await saveCodes();
    await setFailures({ userId: owner.userId, method: "recovery-codes" }, 100);
    expect(await report()).toEqual(refused);
    await setFailures({ userId: owner.userId, method: "recovery-codes" }, 0);
    await (await db()).recoveryCode.updateMany({
      where: { userId: owner.userId },
      data: { usedAt: new Date() },
    });
    expect(await report()).toEqual(refused);
    expect(await enterAppCode()).toMatchObject({ verified: true });
  });

  test("LC-05 the password alone leaves nobody with codes that they may never have saved", async () => {
    const { setId } = await generateCodes();
    expect(await report()).toEqual({ suspended: false, reason: "codes-unsaved" });
    expect(await enterAppCode()).toMatchObject({ verified: true });
    await confirm(setId);
    expect(await report()).toEqual({ suspended: true });
  });

  test("LC-05 a code that was used shows that its set was saved, and so does the session of its owner", async () => {
    await generateCodes();
    expect(await report("session")).toEqual({ suspended: true });

    owner = await createPersonWithApp();
    const [input = ""] = (await generateCodes()).codes;
    const challenge = await createChallenge(owner);
    await verifyRecoveryCode({ challenge, input, from: FROM, onSatisfied: allow });
    expect(await report()).toEqual({ suspended: true });
  });

  test("LC-05 it suspends one method, once, and tells every verified address", async () => {
    await saveCodes();
    await report();
    expect(await report()).toEqual({ suspended: false, reason: "nothing-to-suspend" });
    const prisma = await db();
    const [address] = await prisma.address.findMany({ where: { userId: owner.userId } });
    const mails = await prisma.mail.findMany({ where: { addressId: address?.id ?? "" } });
    expect(mails.filter(({ template }) => template === "authenticator_app_suspended")).toHaveLength(
      1,
    );
  });

  test("LC-05 another method lifts it, the suspended one itself does not", async () => {
    await saveCodes();
    await report();
    const lift = (amr: string[]) =>
      liftLossReport({
        userId: owner.userId,
        lost: APP,
        from: FROM,
        authorize: async () => ({ amr, authTime: new Date(0) }),
      });
    const own = await lift(["pwd", "otp", "mfa"]);
    expect(own).toEqual({ lifted: false, reason: "needs-other-method" });
    expect(await enterAppCode()).toMatchObject({ reason: "suspended" });
    expect(await lift(["pwd", "recovery", "mfa"])).toEqual({ lifted: true });
    expect(await enterAppCode()).toMatchObject({ verified: true });
  });

  test("LC-05 RC-08 when failures disable the codes, the suspended app is accepted again: nobody is locked out", async () => {
    await saveCodes();
    await report();
    await setFailures({ userId: owner.userId, method: "recovery-codes" }, 99);
    const input = formatRecoveryCode(generateRecoveryCode({ letter: "A", number: 1 }));
    const wrong = { challenge: await createChallenge(owner), input, from: FROM };
    expect(await verifyRecoveryCode({ ...wrong, onSatisfied: allow })).toMatchObject({
      reason: "wrong",
    });
    expect(await findDisabledMethods(owner.userId)).toEqual(["recovery-codes"]);
    expect(await enterAppCode()).toMatchObject({ verified: true });
  });

  test("LC-05 somebody without an app has nothing to report", async () => {
    const { userId } = await createPerson();
    expect(
      await reportLost({ userId, lost: APP, proof: "password", from: FROM, authorize: allow }),
    ).toMatchObject({
      suspended: false,
    });
  });
});

const report = (proof: LossProof = "password") =>
  reportLost({
    userId: owner.userId,
    lost: APP,
    proof,
    from: FROM,
    authorize: allow,
  });

async function enterAppCode() {
  const challenge = await createChallenge(owner);
  const input = codeAt(owner.seed, Math.floor(Date.now() / 30_000));
  return verifyAuthenticatorCode({ challenge, input, from: FROM, onSatisfied: async () => "in" });
}

async function generateCodes() {
  const result = await generateRecoveryCodeSet({
    userId: owner.userId,
    knownSetId: null,
    steppedUpBy: ["pwd", "otp", "mfa"],
    from: FROM,
    authorize: allow,
  });
  if (!result.generated) throw new Error(result.reason);
  return { setId: result.set.id, codes: result.codes };
}

const confirm = (setId: string) =>
  confirmRecoveryCodeSet({ userId: owner.userId, setId, from: FROM, authorize: allow });

async function saveCodes(): Promise<void> {
  const { setId } = await generateCodes();
  await confirm(setId);
}

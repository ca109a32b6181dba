import { beforeEach, expect, test } from "vitest";
import { db, transaction } from "../db/client";
import { findEvents } from "../db/testing/events";
import {
  allow,
  createPersonWithApp,
  FROM,
  storeApp,
  storePhone,
  storeSecurityKey,
} from "../db/testing/people";
import { giveRole, setPolicy } from "../db/testing/policies";
import { logInAs, WITH_APP, WITH_CODE } from "../db/testing/signed-in";
import { hasMethod } from "../mfa/has-method";
import { beginLoginChallenge, findLoginChallenge } from "../mfa/login-challenge";
import type { EnrolledMethod } from "../mfa/method-names";
import { findEnrolledMethods } from "../mfa/methods";
import { addDays } from "../mfa/policy";
import { generateRecoveryCodeSet, listRecoveryCodeSets } from "../mfa/recovery-code-sets";
import { logInWithRecoveryCode } from "./log-in-with-method";
import { removeMethod } from "./remove-method";
import { findSession, SessionTooWeak } from "./session-rows";

let owner: Awaited<ReturnType<typeof createPersonWithApp>>;
let codes: string[];
beforeEach(async () => {
  await setPolicy();
  owner = await createPersonWithApp();
  codes = await generateCodes(null);
});

test("RC-20 LC-04 removing the last other method ends the recovery codes with it, and both leave their history", async () => {
  const { session } = await logInAs(owner, WITH_APP);
  expect(await remove(session)).toEqual({ removed: true, last: true });
  const prisma = await db();
  expect(await hasMethod(prisma, owner.userId)).toBe(false);
  const [set] = await listRecoveryCodeSets(owner.userId);
  expect(set).toMatchObject({ letter: "A", left: 0, endedAt: expect.any(Date) });
  const [app] = await prisma.authenticatorApp.findMany({ where: { userId: owner.userId } });
  expect(app).toMatchObject({ verifiedAt: expect.any(Date), removedAt: expect.any(Date) });
  expect(app?.sealedSeed).toBeNull();
  const events = await prisma.auditEvent.findMany({ where: { userId: owner.userId } });
  const types = events.map(({ type }) => type);
  expect(types).toEqual(
    expect.arrayContaining(["authenticator_app_removed", "recovery_codes_ended"]),
  );
});

test("SE-12 a restricted session removes nothing, and neither does an old one", async () => {
  const { session } = await logInAs(owner, WITH_CODE);
  await expect(remove(session)).rejects.toThrow(SessionTooWeak);
  const { session: old } = await logInAs(owner, WITH_APP);
  await (await db()).session.update({
    where: { id: old.id },
    data: { authTime: new Date(Date.now() - 11 * 60_000) },
  });
  await expect(remove(old)).rejects.toThrow(SessionTooWeak);
  expect(await hasMethod(await db(), owner.userId)).toBe(true);
});

test("RC-20 turning multi-factor authentication off and on again revives no code", async () => {
  const { session } = await logInAs(owner, WITH_APP);
  await remove(session);
  await storeApp(owner.userId);
  for (const code of codes) {
    expect(await enterCode(code)).toMatchObject({ verified: false, reason: "replaced" });
  }
  const [set] = await listRecoveryCodeSets(owner.userId);
  const fresh = await generateCodes(set?.id ?? null);
  expect(await enterCode(codes[0])).toMatchObject({ verified: false, reason: "replaced" });
  expect(await enterCode(fresh[0])).toMatchObject({ verified: true });
});

test("SE-09 the other sessions end if the person asks for it, and pending logins in any case", async () => {
  const [here, elsewhere] = [await logInAs(owner, WITH_APP), await logInAs(owner, WITH_APP)];
  const challenge = await begin();
  await remove(here.session);
  expect(await findSession(here.token)).toBeDefined();
  expect(await findSession(elsewhere.token)).toBeUndefined();
  expect(await findLoginChallenge(challenge)).toBeUndefined();
});

test("LC-09 the last method that counts stays where the policy demands one, until there is another", async () => {
  await setPolicy({ methods: ["authenticator-app", "security-key", "recovery-codes"] });
  await giveRole(owner.userId);
  const { session } = await logInAs(owner, WITH_APP);
  await storePhone(owner.userId); // does not count
  expect(await remove(session)).toEqual({ removed: false, reason: "needed" });
  expect(await findEvents(owner.userId)).not.toContain("authenticator_app_removed");
  await storeSecurityKey(owner.userId);
  expect(await remove(session)).toEqual({ removed: true, last: false });
});

test("LC-09 a member may remove the last one until their deadline, and not after it", async () => {
  const requiredFrom = addDays(new Date(), 20);
  await setPolicy({ requirement: "everyone", requiredFrom });
  await storePhone(owner.userId);
  const { session } = await logInAs(owner, WITH_APP);
  expect(await remove(session)).toMatchObject({ removed: true });
  const [phone] = (await findEnrolledMethods(owner.userId)).sparekeyAuthenticators;
  const method = { method: "notification", id: phone?.id ?? "" } as const;
  await setPolicy({ requirement: "everyone", requiredFrom: new Date(), graceDays: 0 });
  expect(await remove(session, method)).toEqual({ removed: false, reason: "needed" });
  await setPolicy({ requirement: "everyone", requiredFrom });
  expect(await remove(session, method)).toEqual({ removed: true, last: true });
});

const remove = (
  session: Awaited<ReturnType<typeof logInAs>>["session"],
  method: EnrolledMethod = { method: "authenticator-app" },
) =>
  removeMethod({
    session,
    method,
    endOthers: "end-others",
    from: FROM,
  });

async function begin(): Promise<string> {
  const { userId } = owner;
  const { token } = await transaction((tx) =>
    beginLoginChallenge(tx, { userId, returnTo: "/account", from: FROM }),
  );
  return token;
}

async function enterCode(input = "") {
  const challenge = await findLoginChallenge(await begin());
  if (!challenge) throw new Error("There is no challenge.");
  return logInWithRecoveryCode({ challenge, input, previousToken: undefined, from: FROM });
}

async function generateCodes(knownSetId: string | null): Promise<string[]> {
  const result = await generateRecoveryCodeSet({
    userId: owner.userId,
    knownSetId,
    previous: "stop-now",
    steppedUpBy: WITH_APP,
    from: FROM,
    authorize: allow,
  });
  if (!result.generated) throw new Error(result.reason);
  return result.codes;
}

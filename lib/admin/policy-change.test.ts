import { beforeEach, describe, expect, test, vi } from "vitest";
import { NotAdministrator, provenAdministrator } from "../auth/hold-administrator";
import { SessionTooWeak } from "../auth/session-rows";
import { db } from "../db/client";
import { createAdministrator, READER } from "../db/testing/administrators";
import {
  createPerson,
  createPersonWithApp,
  FROM,
  storePhone,
  storeSecurityKey,
} from "../db/testing/people";
import { forgetPolicies, setPolicy } from "../db/testing/policies";
import { logInAs, WITH_APP } from "../db/testing/signed-in";
import { WEAK_SESSIONS } from "../db/testing/weak-sessions";
import { addDays, currentPolicy, POLICY_AT_FIRST } from "../mfa/policy";
import { changePolicy } from "./policy-change";
import { type PolicyChoice, parsePolicyChoice, writePolicyChoice } from "./policy-choice";
import { measurePolicyImpact } from "./policy-impact";
import { findPolicyVersion, listPolicyVersions } from "./policy-versions";

const CHOICE: PolicyChoice = {
  requirement: "everyone",
  graceDays: 14,
  methods: ["security-key", "authenticator-app", "recovery-codes"],
  codesRequired: false,
  lowCodes: 4,
  twoAdministrators: false,
  temporaryCodeUses: 2,
};

type Session = Awaited<ReturnType<typeof logInAs>>["session"];
let session: Session;
let administrator: Awaited<ReturnType<typeof createAdministrator>>;
beforeEach(async () => {
  const prisma = await db();
  await forgetPolicies();
  await prisma.user.deleteMany();
  await takeOffice();
  return () => vi.useRealTimers();
});

describe("a change", () => {
  test("LC-09 is in force at once, and on record with who made it", async () => {
    expect(await change(CHOICE, undefined)).toEqual({ changed: true });
    expect(await currentPolicy()).toMatchObject(CHOICE);
    const prisma = await db();
    expect(await prisma.auditEvent.findMany({ where: { type: "policy_changed" } })).toMatchObject([
      { actorId: administrator.userId, sessionId: session.id },
    ]);
    const { details } = await prisma.auditEvent.findFirstOrThrow({
      where: { type: "policy_changed" },
      orderBy: { at: "desc" },
    });
    const { id: policy } = await currentPolicy();
    const { id: _, requiredFrom: __, ...before } = POLICY_AT_FIRST;
    expect(JSON.parse(details ?? "")).toEqual({ policy, before, after: CHOICE });
    expect(await listPolicyVersions(READER, 5)).toMatchObject([
      {
        by: "Ada",
        changed: ["requirement", "methods", "lowCodes", "temporaryCodeUses"],
      },
    ]);
  });

  test("LC-09 that changes nothing makes no version", async () => {
    await change(CHOICE, undefined);
    const { id } = await currentPolicy();
    expect(await change(CHOICE, id)).toEqual({ changed: false, reason: "nothing-new" });
    expect(await listPolicyVersions(READER, 5)).toHaveLength(1);
  });

  test("LC-09 made on an older version is refused, and what came in between stays", async () => {
    await change(CHOICE, undefined);
    const late = { ...CHOICE, lowCodes: 9 };
    expect(await change(late, undefined)).toEqual({ changed: false, reason: "changed-meanwhile" });
    expect(await currentPolicy()).toMatchObject(CHOICE);
    expect(await findPolicyVersion(READER, undefined)).toMatchObject({
      requirement: "administrators",
    });
  });

  test("LC-09 of twenty at once one is made: none overwrites another unseen", async () => {
    await change(CHOICE, undefined);
    const { id } = await currentPolicy();
    const choices = Array.from({ length: 20 }, (_, index) => ({
      ...CHOICE,
      graceDays: 20 + index,
    }));
    const others = await Promise.all(choices.map(() => createAdministrator()));
    const results = await Promise.all(
      choices.map((choice, index) =>
        changePolicy({
          session: others[index]?.session ?? session,
          choice,
          knownId: id,
          from: FROM,
        }),
      ),
    );
    expect(results.filter(({ changed }) => changed)).toHaveLength(1);
    expect(await listPolicyVersions(READER, 50)).toHaveLength(2);
    const made = results.findIndex(({ changed }) => changed);
    expect(await currentPolicy()).toMatchObject({ graceDays: 20 + made });
  });

  test("LC-09 by a server whose clock is behind is the newest all the same", async () => {
    await change(CHOICE, undefined);
    const { id } = await currentPolicy();
    vi.useFakeTimers({ now: addDays(new Date(), -1) });
    const { session: other } = await createAdministrator();
    const choice = { ...CHOICE, lowCodes: 9 };
    await changePolicy({ session: other, choice, knownId: id, from: FROM });
    expect(await currentPolicy()).toMatchObject({ lowCodes: 9 });
  });

  test("LC-08 SE-14 is for administrators alone, as the role is now", async () => {
    const member = await createPersonWithApp();
    const { session: theirs } = await logInAs(member, WITH_APP);
    const asMember = { session: theirs, choice: CHOICE, knownId: undefined, from: FROM };
    await expect(changePolicy(asMember)).rejects.toThrow(NotAdministrator);
    const prisma = await db();
    await prisma.user.update({ where: { id: administrator.userId }, data: { role: "USER" } });
    await expect(change(CHOICE, undefined)).rejects.toThrow(NotAdministrator);
    expect(await listPolicyVersions(READER, 5)).toEqual([]);
  });

  test.each(Object.entries(WEAK_SESSIONS))(
    "LC-09 a %s session changes nothing",
    async (_, weaken) => {
      session = await weaken(administrator);
      await expect(change(CHOICE, undefined)).rejects.toThrow(SessionTooWeak);
      expect(await listPolicyVersions(READER, 5)).toEqual([]);
    },
  );
});

describe("the deadline", () => {
  const NOW = new Date("2026-11-24T12:00:00Z");
  beforeEach(async () => {
    vi.useFakeTimers({ now: NOW });
    await takeOffice();
  });

  test("LC-09 is the days of grace after MFA began to be required for everyone", async () => {
    await change(CHOICE, undefined);
    expect(await currentPolicy()).toMatchObject({ requiredFrom: new Date("2026-12-08T12:00:00Z") });
  });

  test("LC-09 does not move when something else changes, and moves with the days of grace", async () => {
    await change(CHOICE, undefined);
    vi.setSystemTime(addDays(NOW, 5));
    await takeOffice();
    await change({ ...CHOICE, lowCodes: 9 }, (await currentPolicy()).id);
    expect(await currentPolicy()).toMatchObject({ requiredFrom: addDays(NOW, 14) });
    await change({ ...CHOICE, graceDays: 30 }, (await currentPolicy()).id);
    expect(await currentPolicy()).toMatchObject({ requiredFrom: addDays(NOW, 30) });
  });

  test("LC-09 begins anew when the requirement does", async () => {
    await change(CHOICE, undefined);
    vi.setSystemTime(addDays(NOW, 5));
    await takeOffice();
    await change({ ...CHOICE, requirement: "administrators" }, (await currentPolicy()).id);
    vi.setSystemTime(addDays(NOW, 6));
    await takeOffice();
    await change(CHOICE, (await currentPolicy()).id);
    expect(await currentPolicy()).toMatchObject({ requiredFrom: addDays(NOW, 20) });
  });
});

describe("what a choice has to be", () => {
  const read = (fields: Record<string, string>) =>
    parsePolicyChoice((field) => ({ ...writePolicyChoice(CHOICE), ...fields })[field] ?? "");

  test("LC-09 is read as it was written", () => {
    expect(read({})).toEqual({ choice: CHOICE });
  });

  test.each([
    ["requirement", { requirement: "nobody" }],
    ["graceDays", { graceDays: "91" }],
    ["graceDays", { graceDays: "-1" }],
    ["graceDays", { graceDays: "" }],
    ["lowCodes", { lowCodes: "0" }],
    ["lowCodes", { lowCodes: "2.5" }],
    ["temporaryCodeUses", { temporaryCodeUses: "6" }],
    ["methods", { "security-key": "", "authenticator-app": "" }],
    ["codes-do-not-count", { "recovery-codes": "", codesRequired: "on" }],
  ])("LC-09 %s is refused for %o", (refusal, fields) => {
    expect(read(fields)).toEqual({ refusals: [refusal] });
  });

  test.each<[string, PolicyChoice["methods"], boolean]>([
    ["http://portal.example.test", ["security-key", "recovery-codes"], false],
    ["http://portal.example.test", ["notification"], false],
    ["http://portal.example.test", ["security-key", "notification"], false],
    ["http://portal.example.test", ["security-key", "authenticator-app"], true],
    ["https://192.0.2.1", ["security-key"], false],
    ["https://192.0.2.1", ["security-key", "notification"], true],
    ["http://localhost:3000", ["security-key"], true],
    ["http://127.0.0.1:3000", ["notification"], true],
  ])(
    "TH-14 LC-09 at %s a policy that %o meet is possible: %s",
    async (url, methods, isPossible) => {
      vi.stubEnv("APP_URL", url);
      vi.resetModules();
      const { parsePolicyChoice: parse } = await import("./policy-choice");
      const choice = { ...CHOICE, methods };
      const fields = writePolicyChoice(choice);
      const refused = { refusals: ["methods-impossible"] };
      expect(parse((field) => fields[field] ?? "")).toEqual(isPossible ? { choice } : refused);
      vi.unstubAllEnvs();
    },
  );
});

describe("whom a choice touches", () => {
  test("LC-09 people without a method that counts, by how long they may wait; the disabled are not counted", async () => {
    await createPerson();
    await makePhonePerson(); // has a method, and none that counts
    const disabled = await createPerson();
    const prisma = await db();
    await prisma.user.update({ where: { id: disabled.userId }, data: { disabledAt: new Date() } });
    await createPersonWithApp(); // has no codes
    expect(await impactOf({ ...CHOICE, codesRequired: true })).toMatchObject({
      waiting: 2,
      overdue: 0,
      administrators: 0,
      withoutCodes: 1,
      administratorsWithoutCodes: 1,
      own: ["codes"],
    });
    expect(await impactOf({ ...CHOICE, graceDays: 0 })).toMatchObject({ waiting: 0, overdue: 2 });
    expect(await impactOf({ ...CHOICE, requirement: "optional" })).toMatchObject({ waiting: 0 });
    expect(await impactOf(CHOICE)).toMatchObject({ withoutCodes: 0, own: [] });
  });

  test("LC-09 administrators whose methods stop counting, the one who chooses among them", async () => {
    await setPolicy();
    expect(await impactOf({ ...CHOICE, methods: ["security-key"] })).toMatchObject({
      administrators: 1,
      own: ["method"],
    });
  });

  test("TH-14 people whose recovery codes would let them in no more and who have no spare key", async () => {
    const prisma = await db();
    const withCodes = async ({ userId }: { userId: string }) =>
      prisma.user.update({ where: { id: userId }, data: { codesLeft: 10 } });
    await withCodes(await createPersonWithApp());
    const safe = await createPersonWithApp();
    await storeSecurityKey(safe.userId);
    await withCodes(safe);
    await createPersonWithApp(); // has no codes to lose
    await withCodes(await createPerson()); // lacks a method, which is another line
    const twoPhones = await createPersonWithApp();
    await storePhone(twoPhones.userId);
    await storePhone(twoPhones.userId);
    await withCodes(twoPhones);
    const withoutCodes = { ...CHOICE, methods: [...KINDS] };
    expect(await impactOf(withoutCodes)).toMatchObject({ losingCodes: 1 });
    const refusing = (refused: string) => ({
      ...withoutCodes,
      methods: KINDS.filter((method) => method !== refused),
    });
    expect(await impactOf(refusing("security-key")), "keys").toMatchObject({ losingCodes: 2 });
    expect(await impactOf(refusing("notification")), "phones").toMatchObject({ losingCodes: 2 });
    const methods = [...KINDS];
    expect(await impactOf(CHOICE)).toMatchObject({ losingCodes: 0 });
    const optional = { ...CHOICE, methods, requirement: "optional" as const };
    expect(await impactOf(optional)).toMatchObject({ losingCodes: 0 });
  });
});

const KINDS = ["security-key", "notification", "authenticator-app"] as const;

const change = (choice: PolicyChoice, knownId: string | undefined) =>
  changePolicy({ session, choice, knownId, from: FROM });

const impactOf = async (choice: PolicyChoice) =>
  measurePolicyImpact({
    current: await currentPolicy(),
    choice,
    by: provenAdministrator(administrator.session),
  });

/** Another administrator acts from now on. */
async function takeOffice() {
  administrator = await createAdministrator();
  ({ session } = administrator);
}

async function makePhonePerson() {
  const person = await createPerson();
  await storePhone(person.userId);
}

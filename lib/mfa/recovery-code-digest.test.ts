import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { db, transaction } from "../db/client";
import { dumpDatabase, spellingsOf } from "../db/testing/dump";
import {
  allow,
  createChallenge,
  createPersonWithApp,
  FROM,
  type Person,
} from "../db/testing/people";
import { TEST_SECRETS } from "../db/testing/test-environment";
import { takeHashPlace } from "../hash-queue";
import { unseal } from "../seal";
import { endRecoveryCodeSets } from "./end-recovery-code-sets";
import { parseRecoveryCode } from "./recovery-code";
import { generateRecoveryCodeSet } from "./recovery-code-sets";

const NEWER_KEY = `newer:${Buffer.alloc(32, "another key").toString("base64")}`;

let owner: Person;
let setId: string;
let codes: string[];
beforeAll(async () => {
  ({ owner, setId, codes } = await personWithCodes());
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.resetModules();
});

describe("what is stored of a code", () => {
  test("RC-03 ten rows have ten salts of 128 bits, with the cost and the key's id", async () => {
    const rows = await rowsOf(setId);
    expect(rows.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(new Set(rows.map(({ salt }) => hex(salt))).size).toBe(10);
    expect(new Set(rows.map(({ sealedDigest }) => hex(sealedDigest))).size).toBe(10);
    for (const { salt, cost, keyId } of rows) {
      expect(salt).toHaveLength(16);
      expect({ cost, keyId }).toEqual({ cost: 6, keyId: "test" });
    }
  });

  test("RC-03 the digest is bcrypt of the code with the row's salt, readable with the key alone", async () => {
    const [row] = await rowsOf(setId);
    const code = parseRecoveryCode(codes[0] ?? "").code;
    const opened = unseal(
      "recovery code digests",
      { sealed: row?.sealedDigest ?? new Uint8Array(), keyId: row?.keyId ?? "" },
      [owner.userId, setId, 1],
    ).toString();
    const hash = await bcrypt(code?.symbols ?? "", row?.salt);
    expect(hash).toMatch(/^\$2b\$06\$.{53}$/);
    expect(opened).toBe(hash);
  });

  test("RC-03 RC-16 a thief of the whole database finds no code, however it is spelled", async () => {
    const dump = await dumpDatabase();
    expect(dump).toContain(setId);
    for (const code of codes) {
      const symbols = code.replaceAll("-", "");
      for (const secret of [code, symbols, symbols.slice(2, 15)]) {
        for (const spelling of spellingsOf(secret)) expect(dump).not.toContain(spelling);
      }
    }
  });

  test("RC-04 the right code and a dump, but no key, give nothing to compare with", async () => {
    const [row] = await rowsOf(setId);
    const code = parseRecoveryCode(codes[0] ?? "").code;
    const hash = await bcrypt(code?.symbols ?? "", row?.salt);
    const dump = await dumpDatabase();
    for (const part of [hash, hash.slice(-31)]) {
      for (const spelling of spellingsOf(part)) expect(dump).not.toContain(spelling);
    }
  });
});

describe("the key outside of the database", () => {
  test("RC-04 with another key under the same id not one code verifies", async () => {
    const verifies = await serverWith(`test:${Buffer.alloc(32, "not it").toString("base64")}`);
    for (const code of codes.slice(0, 3)) expect(await verifies(owner, code)).toBe(false);
  });

  test("RC-04 without the key not one code verifies", async () => {
    const verifies = await serverWith(NEWER_KEY);
    for (const code of codes.slice(0, 3)) expect(await verifies(owner, code)).toBe(false);
  });

  test("RC-04 after a rotation all ten codes still work, and a new set is sealed with the new key", async () => {
    const { owner, codes } = await personWithCodes();
    const verifies = await serverWith(`${NEWER_KEY},${TEST_SECRETS}`);
    for (const code of codes) expect(await verifies(owner, code)).toBe(true);
    const sets = await import("./recovery-code-sets");
    const next = await personWithCodes(sets.generateRecoveryCodeSet);
    for (const { keyId } of await rowsOf(next.setId)) expect(keyId).toBe("newer");
    for (const code of next.codes.slice(0, 2)) {
      expect(await verifies(next.owner, code)).toBe(true);
    }
  });
});

describe("a key that is retired", () => {
  const both = `${NEWER_KEY},${TEST_SECRETS}`;

  test("RC-04 sealed again with the newer key, all ten codes work without the older one, and none is needed for it", async () => {
    const { owner, setId, codes } = await personWithCodes();
    await serverWith(both);
    const { rewrapRecoveryCodeDigests } = await import("./recovery-code-digest");
    const { rewrapped, failed } = await rewrapRecoveryCodeDigests();
    expect(rewrapped).toBeGreaterThanOrEqual(10);
    expect(failed).toBe(0);
    expect(await rewrapRecoveryCodeDigests()).toEqual({ rewrapped: 0, failed: 0 });
    for (const { keyId } of await rowsOf(setId)) expect(keyId).toBe("newer");
    const verifies = await serverWith(NEWER_KEY);
    for (const code of codes) expect(await verifies(owner, code)).toBe(true);
  });

  test("RC-04 what does not open stays as it is, and an ended set gets nothing back", async () => {
    const [ended, moved] = [await personWithCodes(), await personWithCodes()];
    await transaction((tx) =>
      endRecoveryCodeSets(tx, { userId: ended.owner.userId, endedBy: "lost", from: FROM }),
    );
    const [first, second] = await rowsOf(moved.setId);
    if (!first || !second) throw new Error("There are no rows.");
    await moveDigest(first, second);
    await serverWith(both);
    const { rewrapRecoveryCodeDigests } = await import("./recovery-code-digest");
    expect((await rewrapRecoveryCodeDigests()).failed).toBe(1);
    const after = await rowsOf(moved.setId);
    expect(after.map(({ keyId }) => keyId)).toEqual([
      "newer",
      "test",
      ...Array.from({ length: 8 }, () => "newer"),
    ]);
    expect(hex(after[1]?.sealedDigest ?? null)).toBe(hex(first.sealedDigest));
    for (const { sealedDigest } of await rowsOf(ended.setId)) expect(sealedDigest).toBeNull();
  });

  test("RC-04 codes that are spent while they are sealed again are spent once, and stay so", async () => {
    const { owner, setId, codes } = await personWithCodes();
    const verifies = await serverWith(both);
    const { rewrapRecoveryCodeDigests } = await import("./recovery-code-digest");
    const [, ...logins] = await Promise.all([
      rewrapRecoveryCodeDigests(),
      ...codes.slice(0, 4).map((code) => verifies(owner, code)),
    ]);
    expect(logins).toEqual([true, true, true, true]);
    const rows = await rowsOf(setId);
    expect(rows.filter(({ usedAt }) => usedAt)).toHaveLength(4);
    expect(rows.every(({ keyId }) => keyId === "newer")).toBe(true);
    for (const code of codes.slice(0, 4)) expect(await verifies(owner, code)).toBe(false);
    expect(await verifies(owner, codes[9] ?? "")).toBe(true);
  });

  test("RC-04 a key is forgotten once nothing needs it, and not before", async () => {
    await serverWith(both);
    const { registerKeys, retireUnusedKeys } = await import("../db/known-keys");
    const { rewrapRecoveryCodeDigests } = await import("./recovery-code-digest");
    const { rewrapAuthenticatorSeeds } = await import("./authenticator-app");
    const prisma = await db();
    await registerKeys();
    await prisma.recoveryCode.updateMany({
      where: { keyId: "test" },
      data: { sealedDigest: null },
    });
    const { owner } = await personWithCodes();
    expect(await retireUnusedKeys()).toMatchObject([{ id: "test", codes: 10 }]);
    await rewrapRecoveryCodeDigests();
    expect(await retireUnusedKeys()).toMatchObject([{ id: "test", codes: 0 }]);
    expect(await prisma.knownKey.count({ where: { id: "test" } })).toBe(1); // for the seeds
    expect(await rewrapAuthenticatorSeeds()).toMatchObject({ failed: 0 });
    expect(
      await prisma.authenticatorApp.findFirst({ where: { userId: owner.userId } }),
    ).toMatchObject({
      keyId: "newer",
    });
    const none = {
      passwords: 0,
      codes: 0,
      temporaryCodes: 0,
      apps: 0,
      subscriptions: 0,
      serverKeys: 0,
      seals: 0,
      others: 0,
    };
    expect(await retireUnusedKeys()).toEqual([{ id: "test", ...none }]);
    expect(await prisma.knownKey.count({ where: { id: "test" } })).toBe(0);
  });
});

describe("a row in the wrong place", () => {
  test("RC-04 two rows of a set that were swapped verify neither code", async () => {
    const { owner, setId, codes } = await personWithCodes();
    const verifies = await serverWith(TEST_SECRETS);
    const [first, second] = await rowsOf(setId);
    if (!first || !second) throw new Error("There are no rows.");
    await moveDigest(first, second);
    await moveDigest(second, first);
    expect(await verifies(owner, codes[0] ?? "")).toBe(false);
    expect(await verifies(owner, codes[1] ?? "")).toBe(false);
    expect(await verifies(owner, codes[2] ?? "")).toBe(true);
  });

  test("RC-04 a thief's own digest, copied over a victim's, does not let the thief in", async () => {
    const [thief, victim] = [await personWithCodes(), await personWithCodes()];
    const verifies = await serverWith(TEST_SECRETS);
    const [own] = await rowsOf(thief.setId);
    const [target] = await rowsOf(victim.setId);
    if (!own || !target) throw new Error("There are no rows.");
    await moveDigest(own, target);
    expect(await verifies(victim.owner, thief.codes[0] ?? "")).toBe(false);
    expect(await verifies(thief.owner, thief.codes[0] ?? "")).toBe(true);
  });
});

const hex = (bytes: Uint8Array | null) => Buffer.from(bytes ?? []).toString("hex");

async function personWithCodes(generate = generateRecoveryCodeSet) {
  const owner = await createPersonWithApp();
  const request = {
    userId: owner.userId,
    knownSetId: null,
    steppedUpBy: ["otp"],
    from: FROM,
    authorize: allow,
  };
  const result = await generate(request);
  if (!result.generated) throw new Error(result.reason);
  return { owner, setId: result.set.id, codes: result.codes };
}

type Row = Awaited<ReturnType<typeof rowsOf>>[number];

async function rowsOf(setId: string) {
  const prisma = await db();
  return prisma.recoveryCode.findMany({ where: { setId }, orderBy: { number: "asc" } });
}

/** Overwrites what is stored of one code with what was stored of another. */
async function moveDigest(from: Row, to: Row): Promise<void> {
  const prisma = await db();
  const { salt, sealedDigest, cost, keyId } = from;
  await prisma.recoveryCode.update({
    where: { setId_number: { setId: to.setId, number: to.number } },
    data: { salt, sealedDigest, cost, keyId },
  });
}

async function bcrypt(secret: string, salt: Uint8Array | null | undefined): Promise<string> {
  const place = takeHashPlace("codes");
  const [hash = ""] =
    (await place?.hash({ cost: 6, jobs: [{ secret, salt: salt ?? new Uint8Array(16) }] })) ?? [];
  place?.release();
  return hash;
}

/** A server that was started with these SECRETS: says whether it accepts a code. */
async function serverWith(secrets: string) {
  vi.resetModules();
  vi.stubEnv("SECRETS", secrets);
  const { verifyRecoveryCode } = await import("./verify-recovery-code");
  return async (person: Person, input: string): Promise<boolean> => {
    const challenge = await createChallenge(person);
    const onSatisfied = async () => undefined;
    try {
      return (await verifyRecoveryCode({ challenge, input, from: FROM, onSatisfied })).verified;
    } catch {
      return false; // a seal that does not open is an error, and no login
    }
  };
}

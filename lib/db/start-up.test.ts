import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { db } from "./client";
import { startUp } from "./start-up";
import { dumpDatabase, spellingsOf } from "./testing/dump";
import { TEST_SECRETS } from "./testing/test-environment";

const keyOf = (seed: string) => Buffer.alloc(32, seed).toString("base64");
const NEWER = `newer:${keyOf("another key")}`;

beforeAll(async () => {
  await startUp(); // with TEST_SECRETS
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  vi.resetModules();
});

describe("the keys that a database needs", () => {
  test("T27 a start without a key that was used before is refused with a sentence that names it", async () => {
    expect(await startWith({ SECRETS: NEWER })).toBe(
      'Sparekey cannot start: SECRETS lacks the key "test" that this database was used with. ' +
        "Without it, passwords, authenticator apps and recovery codes made with it cannot be " +
        "verified: add it again.",
    );
  });

  test("T27 so is one with another key under the same id", async () => {
    expect(await startWith({ SECRETS: `test:${keyOf("not it")}` })).toContain(
      'lacks the key "test"',
    );
  });

  test("RC-04 a rotation starts, and from then on both keys are needed", async () => {
    expect(await startWith({ SECRETS: `${NEWER},${TEST_SECRETS}` })).toBe("started");
    expect(await startWith({ SECRETS: `${NEWER},${TEST_SECRETS}` })).toBe("started");
    expect(await startWith({ SECRETS: TEST_SECRETS })).toContain('lacks the key "newer"');
    const prisma = await db();
    await prisma.knownKey.delete({ where: { id: "newer" } }); // what an operator does at its end
    expect(await startWith({ SECRETS: TEST_SECRETS })).toBe("started");
  });

  test("T27 the database tells nothing of a key", async () => {
    const dump = await dumpDatabase();
    expect(dump).toContain("KnownKey");
    const [, encoded = ""] = TEST_SECRETS.split(":");
    const hex = Buffer.from(encoded, "base64").toString("hex");
    for (const spelling of [...spellingsOf(encoded), hex]) expect(dump).not.toContain(spelling);
  });
});

test("PW-08 a start with a wrong variable is refused with a sentence that names it", async () => {
  expect(await startWith({ BCRYPT_COST: "9" })).toMatch(/^Sparekey cannot start: BCRYPT_COST is /);
});

/** Starts a server with these variables: "started", or what it said before it ended. */
async function startWith(variables: Record<string, string>): Promise<string> {
  vi.resetModules();
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  const said = vi.spyOn(console, "error").mockImplementation(() => undefined);
  const exit = vi.spyOn(process, "exit").mockImplementation((code) => {
    throw new Error(`exit ${code}`);
  });
  try {
    await (await import("./start-up")).startUp();
    return "started";
  } catch (error) {
    expect(error).toEqual(new Error("exit 1"));
    return said.mock.calls.flat().join(" ");
  } finally {
    exit.mockRestore();
    said.mockRestore();
  }
}

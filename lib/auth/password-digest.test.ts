import { afterEach, describe, expect, test, vi } from "vitest";
import { TEST_SECRETS } from "../db/testing/test-environment";
import { type HashPlace, takeHashPlace } from "../hash-queue";
import { digestPassword, verifyPassword } from "./password-digest";

// Should one of our modules import it on the main thread, it would fail; the worker has its own.
vi.mock("bcryptjs", () => {
  throw new Error("bcryptjs was imported outside of the hash worker.");
});

const NEWER_KEY = `newer:${Buffer.alloc(32, "another key").toString("base64")}`;

const taken: HashPlace[] = [];
afterEach(() => {
  for (const place of taken.splice(0)) place.release();
  vi.unstubAllEnvs();
  vi.resetModules();
});

describe("what is verified", () => {
  test("PW-03 bcrypt itself stops at 72 bytes, and the digest does not", async () => {
    const [right, wrong] = [`${"a".repeat(72)}X`, `${"a".repeat(72)}Y`];
    const salt = new Uint8Array(16);
    const jobs = [right, wrong].map((secret) => ({ secret, salt }));
    const [first, second] = await place().hash({ cost: 4, jobs });
    expect(first, "the danger").toBe(second);
    const digest = await digestPassword(place(), right);
    expect(await verifies(wrong, digest)).toBe(false);
    expect(await verifies(right, digest)).toBe(true);
  });

  test("PW-03 the last of a thousand characters counts, and so does what follows a NUL", async () => {
    const long = "mauve tugboats sing ".repeat(51);
    expect(await verifies(`${long}!`, await digestPassword(place(), `${long}?`))).toBe(false);
    expect(await verifies("mauve\0tugs", await digestPassword(place(), "mauve\0tugboats"))).toBe(
      false,
    );
  });

  test("PW-02 sixty-four emoji are a password, and each of them counts", async () => {
    const emoji = "🐘🦊🐬🦉🐢🦋🐙🐝".repeat(8);
    const digest = await digestPassword(place(), emoji);
    expect(await verifies(emoji, digest)).toBe(true);
    expect(await verifies(`${emoji.slice(0, -2)}🐞`, digest)).toBe(false);
  });

  test("PW-02 é typed as one character or as two is the same password, either way round", async () => {
    const [composed, decomposed] = ["café noir au lait", "cafe\u0301 noir au lait"];
    expect(await verifies(decomposed, await digestPassword(place(), composed))).toBe(true);
    expect(await verifies(composed, await digestPassword(place(), decomposed))).toBe(true);
    expect(await verifies("cafe noir au lait", await digestPassword(place(), composed))).toBe(
      false,
    );
  });

  test("TH-10 nobody's password is refused, whatever it is", async () => {
    for (const password of ["", "mauve tugboats"])
      expect(await verifies(password, undefined)).toBe(false);
  });
});

describe("what is stored", () => {
  test("PW-07 PW-08 scheme, key and cost of 10 stand in the digest, and two salts differ", async () => {
    const digests = [
      await digestPassword(place(), "mauve tugboats"),
      await digestPassword(place(), "mauve tugboats"),
    ];
    for (const digest of digests) {
      expect(digest).toMatch(/^hmac-sha384\+bcrypt:test:\$2b\$10\$[./A-Za-z0-9]{53}$/);
    }
    expect(digests[0]).not.toBe(digests[1]);
  });

  test("PW-07 a digest of an unknown scheme is an error, not a match", async () => {
    for (const digest of ["", "none", "md5:test:x", "hmac-sha384+bcrypt:test:$2b$10$short"]) {
      await expect(verifyPassword(place(), "mauve tugboats", digest)).rejects.toThrow(
        "unknown scheme",
      );
    }
  });

  test("PW-08 a digest without the key outside of the database verifies nothing", async () => {
    const digest = await digestPassword(place(), "mauve tugboats");
    const other = await serverWith({
      SECRETS: `test:${Buffer.alloc(32, "not it").toString("base64")}`,
    });
    expect(await other.verifyPassword(place(), "mauve tugboats", digest)).toMatchObject({
      verified: false,
    });
    const without = await serverWith({ SECRETS: NEWER_KEY });
    await expect(without.verifyPassword(place(), "mauve tugboats", digest)).rejects.toThrow(
      '"test"',
    );
  });

  test("PW-07 after a rotation the old digest verifies and says that a newer one is due", async () => {
    const digest = await digestPassword(place(), "mauve tugboats");
    expect(await verifyPassword(place(), "mauve tugboats", digest)).toEqual({
      verified: true,
      outdated: false,
    });
    const rotated = await serverWith({ SECRETS: `${NEWER_KEY},${TEST_SECRETS}` });
    expect(await rotated.verifyPassword(place(), "mauve tugboats", digest)).toEqual({
      verified: true,
      outdated: true,
    });
    expect(await rotated.digestPassword(place(), "mauve tugboats")).toContain(":newer:");
  });

  test("PW-08 a cost of 10 is due for another once the configured cost is 11", async () => {
    const digest = await digestPassword(place(), "mauve tugboats");
    const raised = await serverWith({ BCRYPT_COST: "11" });
    expect(await raised.verifyPassword(place(), "mauve tugboats", digest)).toEqual({
      verified: true,
      outdated: true,
    });
    expect(await raised.digestPassword(place(), "mauve tugboats")).toContain("$2b$11$");
  });
});

function place(): HashPlace {
  const place = takeHashPlace("passwords");
  if (!place) throw new Error("The hash queue is full.");
  taken.push(place);
  return place;
}

async function verifies(password: string, digest: string | undefined): Promise<boolean> {
  return (await verifyPassword(place(), password, digest)).verified;
}

/** The module in a server that was started with these variables. */
async function serverWith(variables: Record<string, string>) {
  vi.resetModules();
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  return import("./password-digest");
}

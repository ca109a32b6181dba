import { afterEach, describe, expect, test, vi } from "vitest";
import { TEST_SECRETS } from "./db/testing/test-environment";
import { currentKeyId, deriveKey, deriveLastingKey, type KeyPurpose, knownKeyIds } from "./keys";
import { seal, unseal } from "./seal";

const PURPOSE = "authenticator app seeds";
const ROW = ["b7c1", "set", 4];
const PLAIN = Buffer.from("twenty bytes of seed");
const NEWER = `newer:${Buffer.alloc(32, "another key").toString("base64")}`;

afterEach(() => {
  vi.unstubAllEnvs();
  vi.resetModules();
});

describe("a sealed value", () => {
  test("RC-04 OT-03 opens with its key, purpose and row", () => {
    const stored = seal(PURPOSE, PLAIN, ROW);
    expect(stored.keyId).toBe("test");
    expect(unseal(PURPOSE, stored, ROW)).toEqual(PLAIN);
    expect(Buffer.from(stored.sealed).includes(PLAIN)).toBe(false);
  });

  test("RC-04 OT-03 does not open when any single bit of it was changed", () => {
    const { sealed, keyId } = seal(PURPOSE, PLAIN, ROW);
    expect(sealed).toHaveLength(12 + 16 + PLAIN.length);
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = Uint8Array.from(sealed, (byte, index) =>
        index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte,
      );
      expect(() => unseal(PURPOSE, { sealed: changed, keyId }, ROW), `bit ${bit}`).toThrow();
    }
  });

  test("RC-04 OT-03 does not open when it was cut short or made longer", () => {
    const { sealed, keyId } = seal(PURPOSE, PLAIN, ROW);
    for (let length = 0; length < sealed.length; length++) {
      const cut = { sealed: sealed.slice(0, length), keyId };
      expect(() => unseal(PURPOSE, cut, ROW), `${length} bytes`).toThrow();
    }
    const longer = { sealed: new Uint8Array([...sealed, 0]), keyId };
    expect(() => unseal(PURPOSE, longer, ROW)).toThrow();
  });

  test("RC-04 OT-03 does not open in another row, however alike", () => {
    const stored = seal(PURPOSE, PLAIN, ROW);
    const rows = [
      ...[
        ["b7c1", "set", 5],
        ["b7c2", "set", 4],
        ["b7c1", "set", "4"],
        ["b7c1", "set"],
      ],
      ...[["b7c1set", 4], ["b7c1,set", 4], ["set", "b7c1", 4], ["b7c1", "set", 4, ""], []],
    ];
    for (const row of rows) {
      expect(() => unseal(PURPOSE, stored, row), JSON.stringify(row)).toThrow();
    }
  });

  test("RC-04 OT-03 does not open for another purpose", () => {
    const stored = seal(PURPOSE, PLAIN, ROW);
    for (const purpose of ["recovery code digests", "password pre-hash"] as const) {
      expect(() => unseal(purpose, stored, ROW)).toThrow();
    }
  });

  test("OT-03 has a nonce of its own each time", () => {
    const nonces = Array.from({ length: 2_000 }, () =>
      Buffer.from(seal(PURPOSE, PLAIN, ROW).sealed.subarray(0, 12)).toString("hex"),
    );
    expect(new Set(nonces).size).toBe(nonces.length);
  });
});

describe("the keys", () => {
  const purposes: KeyPurpose[] = [
    ...(["recovery code digests", "authenticator app seeds", "password pre-hash"] as const),
    ...(["throttle subjects", "setup token", "next-auth", "key fingerprint"] as const),
  ];

  test("RC-04 each purpose has 32 bytes of its own, the same on every server, and none is the secret", () => {
    const keys = purposes.map((purpose) => deriveKey(purpose, "test").toString("hex"));
    expect(new Set(keys).size).toBe(purposes.length);
    const [, encoded = ""] = TEST_SECRETS.split(":");
    expect(keys).not.toContain(Buffer.from(encoded, "base64").toString("hex"));
    for (const [index, purpose] of purposes.entries()) {
      expect(keys[index]).toHaveLength(64);
      expect(deriveKey(purpose, "test").toString("hex")).toBe(keys[index]);
    }
  });

  test("RC-04 a key that SECRETS lacks is an error that names it", () => {
    expect(() => deriveKey(PURPOSE, "gone")).toThrow('SECRETS holds no key named "gone".');
    const { sealed } = seal(PURPOSE, PLAIN, ROW);
    expect(() => unseal(PURPOSE, { sealed, keyId: "gone" }, ROW)).toThrow('"gone"');
  });

  test("RC-04 after a rotation old values open, new ones are sealed with the newest, lasting keys stay", async () => {
    const old = seal(PURPOSE, PLAIN, ROW);
    const lasting = deriveLastingKey("throttle subjects");
    expect([currentKeyId(), knownKeyIds()]).toEqual(["test", ["test"]]);
    vi.stubEnv("SECRETS", `${NEWER},${TEST_SECRETS}`);
    vi.resetModules();
    const rotated = { ...(await import("./seal")), ...(await import("./keys")) };
    expect(rotated.unseal(PURPOSE, old, ROW)).toEqual(PLAIN);
    expect(rotated.seal(PURPOSE, PLAIN, ROW).keyId).toBe("newer");
    expect(rotated.knownKeyIds()).toEqual(["newer", "test"]);
    expect(rotated.deriveLastingKey("throttle subjects")).toEqual(lasting);
  });
});

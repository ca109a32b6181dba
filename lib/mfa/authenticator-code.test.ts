import { randomBytes, timingSafeEqual } from "node:crypto";
import fc from "fast-check";
import { HOTP, Secret, TOTP } from "otpauth";
import { beforeEach, describe, expect, test, vi } from "vitest";
import {
  codeAt,
  describeSeed,
  findStep,
  generateSeed,
  parseAuthenticatorCode,
} from "./authenticator-code";

vi.mock("node:crypto", async (original) => {
  const real = await original<typeof import("node:crypto")>();
  return { ...real, timingSafeEqual: vi.fn(real.timingSafeEqual) };
});
beforeEach(() => {
  vi.mocked(timingSafeEqual).mockClear();
});

const RFC_SEED = Buffer.from("12345678901234567890");
const HOTP_CODES = [
  ...["755224", "287082", "359152", "969429", "338314"],
  ...["254676", "287922", "162583", "399871", "520489"],
];
const TOTP_CODES = [
  { time: 59, step: 0x1, sha1: "94287082", sha256: "46119246", sha512: "90693936" },
  { time: 1111111109, step: 0x23523ec, sha1: "07081804", sha256: "68084774", sha512: "25091201" },
  { time: 1111111111, step: 0x23523ed, sha1: "14050471", sha256: "67062674", sha512: "99943326" },
  { time: 1234567890, step: 0x273ef07, sha1: "89005924", sha256: "91819424", sha512: "93441116" },
  { time: 2000000000, step: 0x3f940aa, sha1: "69279037", sha256: "90698825", sha512: "38618901" },
  { time: 20000000000, step: 0x27bc86aa, sha1: "65353130", sha256: "77737706", sha512: "47863826" },
];
const at = (seconds: number) => new Date(seconds * 1000);

describe("the published vectors", () => {
  test.each([...HOTP_CODES.entries()])("OT-01 RFC 4226 counter %i is %s", (counter, code) => {
    expect(codeAt(RFC_SEED, counter)).toBe(code);
    const secret = Secret.fromLatin1("12345678901234567890");
    expect(HOTP.generate({ secret, counter, digits: 6 })).toBe(code);
  });

  test.each(TOTP_CODES)("OT-01 RFC 6238 at $time the step is $step and the digits $sha1", (row) => {
    expect(codeAt(RFC_SEED, row.step)).toBe(row.sha1.slice(-6));
    expect(findStep(RFC_SEED, row.sha1.slice(-6), at(row.time))).toBe(row.step);
  });

  test.each(TOTP_CODES)(
    "OT-01 the library agrees with RFC 6238 in all three hashes at $time",
    (row) => {
      const digits = "1234567890";
      const generate = (algorithm: string, bytes: number) =>
        TOTP.generate({
          secret: Secret.fromLatin1(digits.repeat(7).slice(0, bytes)),
          algorithm,
          digits: 8,
          timestamp: row.time * 1000,
        });
      expect(generate("SHA1", 20)).toBe(row.sha1);
      expect(generate("SHA256", 32)).toBe(row.sha256);
      expect(generate("SHA512", 64)).toBe(row.sha512);
    },
  );

  test("OT-01 leading zeros survive", () => {
    const zeros = TOTP_CODES.filter(({ sha1 }) => sha1.slice(-6).startsWith("0"));
    expect(zeros.map(({ step }) => codeAt(RFC_SEED, step))).toEqual(["081804", "050471", "005924"]);
    expect(parseAuthenticatorCode("005924")).toBe("005924");
  });
});

test("OT-02 a seed is 160 bits and never the same twice", () => {
  const seeds = Array.from({ length: 100 }, generateSeed);
  for (const seed of seeds) expect(seed).toHaveLength(20);
  expect(new Set(seeds.map((seed) => seed.toString("hex"))).size).toBe(100);
});

test("OT-11 what an app scans and what a person types are the same seed", () => {
  const seed = randomBytes(20);
  const { setupKey, uri } = describeSeed(seed, { issuer: "Sparekey", account: "ada@example.org" });
  expect(Buffer.from(Secret.fromBase32(setupKey).bytes)).toEqual(seed);
  const url = new URL(uri);
  expect(url.protocol).toBe("otpauth:");
  expect(decodeURIComponent(url.pathname)).toContain("Sparekey:ada@example.org");
  expect(Object.fromEntries(url.searchParams)).toMatchObject({
    issuer: "Sparekey",
    secret: setupKey,
    digits: "6",
    period: "30",
    algorithm: "SHA1",
  });
});

test("OT-05 the current and the previous step are accepted, two ago and the next are not", () => {
  const now = 1_800_000_000; // the first second of a step
  const step = now / 30;
  for (const second of [0, 1, 29]) {
    expect(findStep(RFC_SEED, codeAt(RFC_SEED, step), at(now + second))).toBe(step);
    expect(findStep(RFC_SEED, codeAt(RFC_SEED, step - 1), at(now + second))).toBe(step - 1);
    expect(findStep(RFC_SEED, codeAt(RFC_SEED, step - 2), at(now + second))).toBeUndefined();
    expect(findStep(RFC_SEED, codeAt(RFC_SEED, step + 1), at(now + second))).toBeUndefined();
  }
});

test("OT-05 another seed's code opens nothing", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 20, maxLength: 20 }),
      fc.nat(2 ** 31),
      (seed, seconds) => {
        const step = Math.floor(seconds / 30);
        const accepted = [codeAt(RFC_SEED, step), codeAt(RFC_SEED, Math.max(0, step - 1))];
        fc.pre(step > 1 && !accepted.includes(codeAt(seed, step)));
        expect(findStep(RFC_SEED, codeAt(seed, step), at(seconds))).toBeUndefined();
      },
    ),
  );
});

// A review by machine: it proves that no comparison is skipped, not how long one takes. That each
// takes the same time is node:crypto's promise; the benchmark measures the whole.
test("OT-09 all accepted steps are compared in constant time, whichever matches", () => {
  const now = at(1_800_000_000);
  const step = now.getTime() / 30_000;
  const codes = [codeAt(RFC_SEED, step), codeAt(RFC_SEED, step - 1), codeAt(RFC_SEED, step + 5)];
  for (const code of codes) {
    vi.mocked(timingSafeEqual).mockClear();
    findStep(RFC_SEED, code, now);
    expect(timingSafeEqual, code).toHaveBeenCalledTimes(2);
  }
});

test("OT-05 six digits are read with the spaces and widths people type, and nothing else is", () => {
  for (const input of [
    "123456",
    " 123 456\n",
    "123-456",
    "１２３４５６",
    "123\u200b456",
    "12 34 56",
  ]) {
    expect(parseAuthenticatorCode(input), input).toBe("123456");
  }
  for (const input of ["", "12345", "1234567", "12345a", "-", "1e5000", "１２３４５", "٣٣٣٣٣٣"]) {
    expect(parseAuthenticatorCode(input), input).toBeUndefined();
  }
  expect(parseAuthenticatorCode("123456".padEnd(1_048_576))).toBeUndefined();
});

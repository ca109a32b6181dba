import { randomInt } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { beforeEach, expect, test, vi } from "vitest";
import { SYMBOLS } from "../code-symbols";
import { generateRecoveryCode } from "./generate-recovery-code";
import { parseRecoveryCode, RANDOM_SYMBOLS } from "./recovery-code";

vi.mock("node:crypto", async (original) => {
  const real = await original<typeof import("node:crypto")>();
  return { ...real, randomInt: vi.fn(real.randomInt) };
});
beforeEach(() => {
  vi.mocked(randomInt).mockClear();
});

const SYMBOLS_DRAWN = 100_000;
// Of 32 symbols that are equally likely, chi-square (31 degrees of freedom) lies outside of this in
// two of 10^9 runs: above is bias, below is a pattern that is too even to be random.
const [LEAST, MOST] = [3.5, 105];

test("RC-01 a hundred thousand symbols are as even as chance makes them", () => {
  const drawn = Array.from({ length: Math.ceil(SYMBOLS_DRAWN / RANDOM_SYMBOLS) }, () =>
    randomPart(generateRecoveryCode({ letter: "A", number: 1 }).symbols),
  ).join("");
  expect(drawn.length).toBeGreaterThanOrEqual(SYMBOLS_DRAWN);
  expect(chiSquare(drawn)).toBeGreaterThan(LEAST);
  expect(chiSquare(drawn)).toBeLessThan(MOST);
});

test("RC-01 the same measure sees a modulo bias and a pattern", () => {
  const biased = Array.from({ length: SYMBOLS_DRAWN }, () => SYMBOLS.charAt(randomInt(100) % 32));
  expect(chiSquare(biased.join(""))).toBeGreaterThan(MOST);
  expect(chiSquare(SYMBOLS.repeat(SYMBOLS_DRAWN / 32))).toBeLessThan(LEAST);
});

test("RC-01 each random symbol is one draw of the system's generator among all 32", () => {
  const code = generateRecoveryCode({ letter: "C", number: 10 });
  const { calls, results } = vi.mocked(randomInt).mock;
  expect(calls).toEqual(Array.from({ length: RANDOM_SYMBOLS }, () => [SYMBOLS.length]));
  const draws = results.map(({ value }) => SYMBOLS.charAt(Number(value)));
  expect(randomPart(code.symbols)).toBe(draws.join(""));
});

test("RC-01 no source of the product names Math.random", () => {
  const sources = ["app", "bin", "components", "lib", "prisma"].flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((file) => file.isFile() && /(?<!\.test)\.[cm]?[jt]sx?$/.test(file.name))
      .map((file) => path.join(file.parentPath, file.name))
      .filter((file) => !file.startsWith("lib/db/generated/")),
  );
  expect(sources.length).toBeGreaterThan(50);
  const guilty = sources.filter((file) => /Math\s*\.\s*random/.test(readFileSync(file, "utf8")));
  expect(guilty).toEqual([]);
});

test("RC-02 a code holds at least 64 random bits", () => {
  expect(new Set(SYMBOLS).size).toBe(32);
  expect(RANDOM_SYMBOLS * Math.log2(SYMBOLS.length)).toBeGreaterThanOrEqual(64);
  const codes = Array.from({ length: 5_000 }, () =>
    generateRecoveryCode({ letter: "A", number: 1 }),
  );
  expect(new Set(codes.map(({ symbols }) => randomPart(symbols))).size).toBe(codes.length);
  for (let place = 2; place < 15; place++) {
    const seen = new Set(codes.map(({ symbols }) => symbols.charAt(place)));
    expect(seen.size, `place ${place}`).toBe(32);
  }
});

test("RC-18 a generated code names its set and number and passes its own check", () => {
  const code = generateRecoveryCode({ letter: "Z", number: 7 });
  expect(parseRecoveryCode(code.symbols).code).toEqual(code);
  expect(code).toMatchObject({ letter: "Z", number: 7 });
});

const randomPart = (symbols: string) => symbols.slice(2, 15);

function chiSquare(drawn: string): number {
  const expected = drawn.length / SYMBOLS.length;
  const counts = new Map<string, number>();
  for (const symbol of drawn) counts.set(symbol, (counts.get(symbol) ?? 0) + 1);
  return [...SYMBOLS].reduce(
    (sum, symbol) => sum + ((counts.get(symbol) ?? 0) - expected) ** 2 / expected,
    0,
  );
}

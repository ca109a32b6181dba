import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { SYMBOLS } from "../code-symbols";
import {
  CODES_PER_SET,
  composeRecoveryCode,
  formatRecoveryCode,
  parseRecoveryCode,
  RANDOM_SYMBOLS,
  SET_LETTERS,
} from "./recovery-code";

const symbol = fc.constantFrom(...SYMBOLS);
const symbols = (minLength: number, maxLength: number) =>
  fc.array(symbol, { minLength, maxLength }).map((list) => list.join(""));
const recoveryCode = fc
  .record({
    letter: fc.constantFrom(...SET_LETTERS),
    number: fc.integer({ min: 1, max: CODES_PER_SET }),
    random: symbols(RANDOM_SYMBOLS, RANDOM_SYMBOLS),
  })
  .map(({ random, ...place }) => composeRecoveryCode(place, random));

const read = (input: string) => parseRecoveryCode(input).code?.symbols;
const typoOf = (input: string) => parseRecoveryCode(input).typo;

describe("the check symbol", () => {
  test("RC-18 each wrong symbol at each place is told as a typo", () => {
    fc.assert(
      fc.property(recoveryCode, ({ symbols: right }) => {
        for (const [place, symbolThere] of [...right].entries()) {
          for (const wrong of SYMBOLS) {
            if (wrong === symbolThere) continue;
            const input = right.slice(0, place) + wrong + right.slice(place + 1);
            expect(typoOf(input), input).toEqual({ reason: "check" });
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  test("RC-18 each swap of two different symbols, near or far, is told as a typo", () => {
    fc.assert(
      fc.property(recoveryCode, ({ symbols: right }) => {
        for (let left = 0; left < right.length; left++) {
          for (let other = left + 1; other < right.length; other++) {
            const list = [...right];
            [list[left], list[other]] = [right.charAt(other), right.charAt(left)];
            if (list[left] === list[other]) continue;
            expect(typoOf(list.join("")), list.join("")).toEqual({ reason: "check" });
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  test("RC-18 one random input in 32 agrees by chance, so a check is no proof", () => {
    const inputs = fc.sample(symbols(16, 16), 20_000);
    const agreeing = inputs.filter((input) => read(input)).length;
    expect(agreeing).toBeGreaterThan(625 - 6 * 25);
    expect(agreeing).toBeLessThan(625 + 6 * 25);
  });
});

describe("reading", () => {
  const fullWidth = (text: string) =>
    text.replace(/[0-9A-Za-z]/g, (plain) => String.fromCharCode(plain.charCodeAt(0) + 0xfee0));
  const lookAlikes: Record<string, string[]> = { 0: ["O", "o"], 1: ["I", "i", "L", "l"] };
  const spellings = (plain: string) =>
    [plain, ...(lookAlikes[plain] ?? [])].flatMap((one) => [
      one,
      one.toLowerCase(),
      fullWidth(one),
      fullWidth(one.toLowerCase()),
    ]);
  const between = fc.constantFrom(
    ...["", "", "-", " ", "  ", "\t", "\n", "\u00a0", "\u2009", "\u3000", "_"],
    ...["\u2010", "\u2011", "\u2012", "\u2013", "\u2014", "\u2212", "\ufe63", "\uff0d", "\u30fc"],
    ...["\u00ad", "\u200b", "\u200c", "\u200d", "\u2060", "\ufeff"],
  );
  const numbered = fc.constantFrom(
    "",
    "3.",
    "3)",
    "10. ",
    " 10) ",
    "3 . ",
    "\uff13\uff0e",
    "\u200b4.",
  );

  test("RC-18 every spelling of a code that people and programs make reads the same", () => {
    const spelled = recoveryCode.chain(({ symbols: plain }) =>
      fc.record({
        plain: fc.constant(plain),
        before: numbered,
        body: fc.tuple(
          ...[...plain].map((one) => fc.tuple(fc.constantFrom(...spellings(one)), between)),
        ),
      }),
    );
    fc.assert(
      fc.property(spelled, ({ plain, before, body }) => {
        const input = before + body.map(([one, gap]) => one + gap).join("");
        fc.pre(input.length <= 64);
        expect(read(input), JSON.stringify(input)).toBe(plain);
      }),
      { numRuns: 2_000 },
    );
  });

  test("RC-18 a code pasted as the sheet shows it is read, with its number before it", () => {
    const code = composeRecoveryCode({ letter: "A", number: 4 }, "K79QXWB4TN0R1");
    const shown = formatRecoveryCode(code);
    expect(shown).toMatch(/^A4K7-9QXW-B4TN-0R1[0-9A-Z]$/);
    for (const input of [shown, `4. ${shown}`, `4. ${shown.toLowerCase()}`, `4) ${shown}\r\n`]) {
      expect(read(input), input).toBe(code.symbols);
    }
    expect(parseRecoveryCode(shown).code).toMatchObject({ letter: "A", number: 4 });
  });

  test("RC-18 no other number of symbols reads as a code, whatever they are", () => {
    const otherLength = fc.oneof(symbols(1, 15), symbols(17, 64));
    fc.assert(
      fc.property(otherLength, (input) => {
        expect(typoOf(input)).toEqual({ reason: "length", symbols: input.length });
      }),
      { numRuns: 2_000 },
    );
    fc.assert(
      fc.property(recoveryCode, symbol, fc.nat(15), ({ symbols: right }, more, place) => {
        expect(read(right.slice(0, place) + right.slice(place + 1))).toBeUndefined();
        expect(read(right.slice(0, place) + more + right.slice(place))).toBeUndefined();
      }),
    );
  });

  test("RC-18 nothing, blanks and a number alone are empty, not a guess", () => {
    for (const input of ["", " ", "\u200b", "-- --", "3."]) {
      expect(typoOf(input), JSON.stringify(input)).toEqual({ reason: "empty" });
    }
  });

  test("RC-18 a foreign character is told with its group of four", () => {
    expect(typoOf("A3K7-9QXU-B4TN-HRZ8")).toEqual({ reason: "character", group: 2 });
    expect(typoOf("A3K7-9QXW-B4TN-HRZ\u0436")).toEqual({ reason: "character", group: 4 });
    expect(typoOf("A3K7-9QXW-\u0410\u0415TN-HRZ8")).toEqual({ reason: "character", group: 3 });
  });

  test("RC-18 64 characters are read and 65 are refused", () => {
    const { symbols: right } = composeRecoveryCode({ letter: "B", number: 10 }, "0".repeat(13));
    expect(read(right.padEnd(64))).toBe(right);
    expect(typoOf(right.padEnd(65))).toEqual({ reason: "too-long" });
  });

  test("RC-18 a megabyte is refused before anything reads it", () => {
    const input = "A".repeat(1_048_576);
    const readers = (["normalize", "replace", "toUpperCase", Symbol.iterator] as const).map(
      (name) => vi.spyOn(String.prototype, name),
    );
    const typo = typoOf(input);
    const calls = readers.map((reader) => reader.mock.calls.length);
    vi.restoreAllMocks();
    expect(typo).toEqual({ reason: "too-long" });
    expect(calls).toEqual([0, 0, 0, 0]);
  });
});

describe("composing", () => {
  test("RC-02 a code has 13 random symbols, no fewer", () => {
    for (const random of ["0".repeat(12), "0".repeat(14), ""]) {
      expect(() => composeRecoveryCode({ letter: "A", number: 1 }, random)).toThrow(RangeError);
    }
  });

  test("RC-18 each code reads back as it is shown, with its letter and number", () => {
    fc.assert(
      fc.property(recoveryCode, (code) => {
        expect(parseRecoveryCode(formatRecoveryCode(code)).code).toEqual(code);
      }),
      { numRuns: 1_000 },
    );
  });
});

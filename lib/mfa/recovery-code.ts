declare const recoveryCodeBrand: unique symbol;

/**
 * A well-formed recovery code: its check symbol agrees. `symbols` are its 16 symbols in capitals
 * without hyphens, plaintext: it is never stored, logged or put in a URL.
 */
export type RecoveryCode = {
  readonly symbols: string;
  /** The letter of the set it names; codes are found by it. */
  readonly letter: string;
  /** Its number in the set; beyond ten when no set can hold it. */
  readonly number: number;
  readonly [recoveryCodeBrand]: true;
};

/** Why an input is no recovery code. `group` is the group of four, from 1, with a foreign character. */
export type RecoveryCodeTypo =
  | { reason: "empty" }
  | { reason: "too-long" }
  | { reason: "length"; symbols: number }
  | { reason: "character"; group: number }
  | { reason: "check" };

/** Crockford's base 32: no I, L, O, U, so that a code survives being read aloud. */
export const SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/** The letters a set can bear. */
export const SET_LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ";
export const CODES_PER_SET = 10;
/** 13 symbols of 5 bits make 65 random bits; 63B §4.2.1.1 asks for 64. */
export const RANDOM_SYMBOLS = 13;

export const CODE_SYMBOLS = 16; // letter, number, 13 random, check
const GROUP = 4;
const MAX_INPUT = 64; // "10)" and every kind of spacing fit; a megabyte is refused unread

/**
 * Reads a code the way people write it: any case, spaces and hyphens of any kind, zero-width and
 * full-width characters, a leading "3." or "3)", O for 0, I and L for 1. Returns the code, or the
 * typo that keeps the input from being one. Costs no attempt and no hash (RC-18; WCAG 3.3.8).
 */
export function parseRecoveryCode(
  input: string,
): { code: RecoveryCode; typo?: undefined } | { code?: undefined; typo: RecoveryCodeTypo } {
  if (input.length > MAX_INPUT) return { typo: { reason: "too-long" } };
  const symbols = normalize(input);
  if (symbols.length === 0) return { typo: { reason: "empty" } };
  const foreign = symbols.findIndex((symbol) => !SYMBOLS.includes(symbol));
  if (foreign >= 0) {
    return { typo: { reason: "character", group: Math.floor(foreign / GROUP) + 1 } };
  }
  if (symbols.length !== CODE_SYMBOLS) {
    return { typo: { reason: "length", symbols: symbols.length } };
  }
  if (checkSum(symbols.map(valueOfSymbol)) !== 0) return { typo: { reason: "check" } };
  return { code: mint(symbols.join("")) };
}

/** Makes the code of a set and number from 13 random symbols by adding its check symbol. */
export function composeRecoveryCode(
  { letter, number }: { letter: string; number: number },
  random: string,
): RecoveryCode {
  const open = [letter, symbolOfValue(number), ...random];
  if (open.length !== CODE_SYMBOLS - 1) throw new RangeError("A code has 13 random symbols.");
  const check = divide(checkSum(open.map(valueOfSymbol)), weight(CODE_SYMBOLS - 1));
  return mint([...open, symbolOfValue(check)].join(""));
}

/** The code as people see and copy it: four groups of four. */
export function formatRecoveryCode(code: RecoveryCode): string {
  return (code.symbols.match(/.{4}/g) ?? []).join("-");
}

function normalize(input: string): string[] {
  const plain = input
    .normalize("NFKC") // full-width letters and digits become plain ones
    .replace(/[\p{Cf}\p{Cc}]/gu, " ") // zero-width characters, soft hyphens, line ends
    .toUpperCase()
    .replace(/^[\s\p{S}]*\d{1,2}[\s.):]+/u, ""); // the number before it on the sheet
  const symbols = plain.replace(/[\s\p{P}\p{S}\p{M}\u30FC]/gu, ""); // hyphens of any kind, quotes, a full stop
  return [...symbols.replace(/O/g, "0").replace(/[IL]/g, "1")];
}

function mint(symbols: string): RecoveryCode {
  const [letter = "", number = ""] = symbols;
  return { symbols, letter, number: valueOfSymbol(number) } as RecoveryCode;
}

const valueOfSymbol = (symbol: string) => SYMBOLS.indexOf(symbol);
const symbolOfValue = (value: number) => SYMBOLS[value] ?? "";

// The check symbol makes a weighted sum over GF(32) zero. The sixteen weights are distinct and not
// zero, so one wrong symbol changes the sum, and so does a swap of any two different symbols.
// The field is built on x^5 + x^2 + 1; EXP lists the powers of its generator.
const FIELD_POLYNOMIAL = 0b100101;
const FIELD_ORDER = 31;
const EXP = Array.from({ length: FIELD_ORDER }).reduce<number[]>((powers) => {
  const doubled = (powers.at(-1) ?? 0) << 1;
  return powers.length === 0
    ? [1]
    : [...powers, doubled & 32 ? doubled ^ FIELD_POLYNOMIAL : doubled];
}, []);

const power = (exponent: number) => EXP[exponent % FIELD_ORDER] ?? 0;
const weight = (position: number) => power(position);
const multiply = (a: number, b: number) => (a && b ? power(EXP.indexOf(a) + EXP.indexOf(b)) : 0);
const divide = (a: number, b: number) =>
  a ? power(EXP.indexOf(a) + FIELD_ORDER - EXP.indexOf(b)) : 0;
const checkSum = (values: number[]) =>
  values.reduce((sum, value, position) => sum ^ multiply(weight(position), value), 0);

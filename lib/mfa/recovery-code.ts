import {
  checkSymbolOf,
  readSymbols,
  SYMBOLS,
  sumOfSymbols,
  symbolOfValue,
  toPlainCapitals,
  valueOfSymbol,
} from "../code-symbols";

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
  if (sumOfSymbols(symbols) !== 0) return { typo: { reason: "check" } };
  return { code: mint(symbols.join("")) };
}

/** Makes the code of a set and number from 13 random symbols by adding its check symbol. */
export function composeRecoveryCode(
  { letter, number }: { letter: string; number: number },
  random: string,
): RecoveryCode {
  const open = [letter, symbolOfValue(number), ...random];
  if (open.length !== CODE_SYMBOLS - 1) throw new RangeError("A code has 13 random symbols.");
  return mint([...open, checkSymbolOf(open)].join(""));
}

/** The code as people see and copy it: four groups of four. */
export function formatRecoveryCode(code: RecoveryCode): string {
  return (code.symbols.match(/.{4}/g) ?? []).join("-");
}

/** Without the number before it on the sheet. */
function normalize(input: string): string[] {
  return readSymbols(toPlainCapitals(input).replace(/^[\s\p{S}]*\d{1,2}[\s.):]+/u, ""));
}

function mint(symbols: string): RecoveryCode {
  const [letter = "", number = ""] = symbols;
  return { symbols, letter, number: valueOfSymbol(number) } as RecoveryCode;
}

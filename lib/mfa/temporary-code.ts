import { HALF_SYMBOLS, kindOfHalf } from "../code-halves";
import { readSymbols, SYMBOLS, toPlainCapitals } from "../code-symbols";

declare const temporaryCodeBrand: unique symbol;

/**
 * A well-formed temporary code: the check symbols of both halves agree. `symbols` are the half that an
 * administrator was shown and the half that was mailed, plaintext: never stored, logged or put in a URL.
 */
export type TemporaryCode = { readonly symbols: string; readonly [temporaryCodeBrand]: true };

/** Why an input is no temporary code. */
export type TemporaryCodeTypo =
  | { reason: "empty" | "too-long" | "one-half" | "length" | "character" }
  /** Which half has the typo, as entered, from 1; the same half twice has it in the second. */
  | { reason: "check"; half: 1 | 2 };

const MAX_INPUT = 96; // both halves with every kind of spacing; a megabyte is refused unread

/** The code that two halves make. */
export function joinHalves({ shown, mailed }: { shown: string; mailed: string }): TemporaryCode {
  return { symbols: shown + mailed } as TemporaryCode;
}

/**
 * Reads both halves, one after the other in either order, the way people write them: any case, spaces and
 * hyphens of any kind, O for 0, I and L for 1. Returns the code, or the typo that keeps the input from being
 * one. Costs no attempt and no hash.
 */
export function parseTemporaryCode(
  input: string,
): { code: TemporaryCode; typo?: undefined } | { code?: undefined; typo: TemporaryCodeTypo } {
  if (input.length > MAX_INPUT) return { typo: { reason: "too-long" } };
  const symbols = readSymbols(toPlainCapitals(input));
  if (symbols.length === 0) return { typo: { reason: "empty" } };
  if (symbols.some((symbol) => !SYMBOLS.includes(symbol))) return { typo: { reason: "character" } };
  if (symbols.length === HALF_SYMBOLS) return { typo: { reason: "one-half" } };
  if (symbols.length !== 2 * HALF_SYMBOLS) return { typo: { reason: "length" } };
  const [first, second] = [symbols.slice(0, HALF_SYMBOLS), symbols.slice(HALF_SYMBOLS)];
  const kind = kindOfHalf(first);
  const other = kindOfHalf(second);
  if (!kind) return { typo: { reason: "check", half: 1 } };
  if (!other || other === kind) return { typo: { reason: "check", half: 2 } };
  const [shown, mailed] = kind === "shown" ? [first, second] : [second, first];
  return { code: joinHalves({ shown: shown.join(""), mailed: mailed.join("") }) };
}

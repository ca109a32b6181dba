/** Crockford's base 32: no I, L, O, U, so that a code survives being read aloud. */
export const SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

export const valueOfSymbol = (symbol: string) => SYMBOLS.indexOf(symbol);
export const symbolOfValue = (value: number) => SYMBOLS[value] ?? "";

/** What was typed in capitals of one width, without what cannot be seen. */
export function toPlainCapitals(input: string): string {
  return input
    .normalize("NFKC") // full-width letters and digits become plain ones
    .replace(/[\p{Cf}\p{Cc}]/gu, " ") // zero-width characters, soft hyphens, line ends
    .toUpperCase();
}

/** The symbols in plain capitals: without spaces and marks of any kind, O read as 0, I and L as 1. */
export function readSymbols(plain: string): string[] {
  const symbols = plain.replace(/[\s\p{P}\p{S}\p{M}\u30FC]/gu, ""); // hyphens of any kind, quotes, a full stop
  return [...symbols.replace(/O/g, "0").replace(/[IL]/g, "1")];
}

/**
 * The weighted sum over GF(32) of symbols. Up to 31 weights are distinct and none is zero, so one wrong
 * symbol changes the sum, and so does a swap of any two different symbols.
 */
export function sumOfSymbols(symbols: readonly string[]): number {
  return symbols
    .map(valueOfSymbol)
    .reduce((sum, value, position) => sum ^ multiply(weight(position), value), 0);
}

/** The check symbol that, put behind these symbols, makes their sum what it is to be. */
export function checkSymbolOf(symbols: readonly string[], sum = 0): string {
  return symbolOfValue(divide(sumOfSymbols(symbols) ^ sum, weight(symbols.length)));
}

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

import { checkSymbolOf, SYMBOLS, sumOfSymbols } from "./code-symbols";

/** Who gets a half of a temporary code: an administrator sees the one, the person is mailed the other. */
export type HalfKind = "shown" | "mailed";

/** 8 symbols of 5 bits: whoever has one half has 40 random bits to guess, online, in ten tries. */
export const RANDOM_SYMBOLS_OF_HALF = 8;
/** With a check symbol of its own: one over both halves would tell five bits of the other. */
export const HALF_SYMBOLS = RANDOM_SYMBOLS_OF_HALF + 1;

/** What the symbols of a half sum up to: so the halves are told apart in whichever order they are entered. */
const SUMS: Record<HalfKind, number> = { shown: 0, mailed: 1 };

/** Makes a half from 8 random bytes, each of which gives five bits. */
export function composeHalf(kind: HalfKind, random: Uint8Array): string {
  if (random.length !== RANDOM_SYMBOLS_OF_HALF) throw new RangeError("A half takes 8 bytes.");
  const open = [...random].map((byte) => SYMBOLS[byte % SYMBOLS.length] ?? "");
  return [...open, checkSymbolOf(open, SUMS[kind])].join("");
}

/** Which half these symbols are; `undefined` if their check symbol says neither. */
export function kindOfHalf(symbols: readonly string[]): HalfKind | undefined {
  const sum = sumOfSymbols(symbols);
  if (sum === SUMS.shown) return "shown";
  return sum === SUMS.mailed ? "mailed" : undefined;
}

/** A half as people see and copy it: three groups of three. */
export function formatHalf(half: string): string {
  return (half.match(/.{3}/g) ?? []).join("-");
}

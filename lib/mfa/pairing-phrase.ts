import "server-only";
import { randomInt } from "node:crypto";
import { wordlist } from "@scure/bip39/wordlists/english.js";

/** Four words, of 2,048: 44 bits (63B §4.1.2.2 asks for 40 of what is typed). Made or parsed here, and nowhere else. */
export type PairingPhrase = string & { readonly brand: "PairingPhrase" };

export type PhraseResult =
  | { parsed: true; phrase: PairingPhrase }
  /** Not four words. */
  | { parsed: false; reason: "count" }
  /** This word, as typed, is none of the list. */
  | { parsed: false; reason: "word"; word: string };

const WORDS = 4;
const ENOUGH_LETTERS = 4; // no two words of the list begin with the same four
const MAX_CHARACTERS = 100;

/** A new phrase (CSPRNG). */
export function generatePairingPhrase(): PairingPhrase {
  return compose(Array.from({ length: WORDS }, () => wordlist[randomInt(wordlist.length)] ?? ""));
}

/**
 * Reads a phrase as people type it: in any case, with spaces, hyphens or commas between the words, of which
 * the first four letters are enough.
 */
export function parsePairingPhrase(input: string): PhraseResult {
  const typed = input.slice(0, MAX_CHARACTERS).normalize("NFKC").toLowerCase();
  const parts = typed.split(/[^a-z]+/).filter(Boolean);
  if (parts.length !== WORDS) return { parsed: false, reason: "count" };
  const words = parts.map(findWord);
  const unknown = parts.find((_part, index) => words[index] === undefined);
  if (unknown !== undefined) return { parsed: false, reason: "word", word: unknown };
  return { parsed: true, phrase: compose(words.map((word) => word ?? "")) };
}

function findWord(part: string): string | undefined {
  const isEnough = part.length >= ENOUGH_LETTERS;
  return wordlist.find((word) => word === part || (isEnough && word.startsWith(part)));
}

const compose = (words: string[]) => words.join(" ") as PairingPhrase;

import "server-only";
import { dictionary } from "@zxcvbn-ts/language-common";

declare const newPasswordBrand: unique symbol;

/** A password that passed the policy, in Unicode normal form C. */
export type NewPassword = string & { readonly [newPasswordBrand]: true };

export type PasswordRefusal =
  | { reason: "too-short"; minimum: number; length: number }
  | { reason: "too-long"; maximum: number }
  | { reason: "common" }
  | { reason: "personal"; word: string }
  | { reason: "repetitive" };

/** 63B §3.1.1.2: 15 where the password may be the only factor. */
const MIN_CHARACTERS = 15;
/** Bounds the work of normalizing and hashing; nobody types as much. */
const MAX_CHARACTERS = 1_024;
/** Repetition is judged up to here: guessing lists hold no longer patterns. */
const MAX_PATTERN_CHARACTERS = 32;
const MIN_DISTINCT = 5;
const MIN_WORD = 4;
/** Near at hand for whoever guesses at a portal like this one. */
const CONTEXT_WORDS = [
  "sparekey",
  "password",
  "passphrase",
  "recovery",
  "administrator",
  "salesforce",
  "heroku",
];
const KEYBOARD_WALKS = [
  "1234567890qwertyuiopasdfghjklzxcvbnm",
  "qwertyuiopasdfghjklzxcvbnm1234567890",
  "1q2w3e4r5t6y7u8i9o0p",
  "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
  "qazwsxedcrfvtgbyhnujmikolp",
];

/**
 * Reads a password somebody chose. At least 15 and at most 1,024 code points of any script; no rule
 * about kinds of characters (63B §3.1.1.2). Refuses, with the reason, one that is in the list of
 * breached passwords, is a common or personal word with decoration around it, or repeats itself.
 * `context` are words that are near at hand for a guesser: the address, the name, the portal's host.
 */
export function parseNewPassword(
  input: string,
  context: readonly string[],
):
  | { password: NewPassword; refusal?: undefined }
  | { password?: undefined; refusal: PasswordRefusal } {
  if (input.length > 2 * MAX_CHARACTERS) {
    return { refusal: { reason: "too-long", maximum: MAX_CHARACTERS } };
  }
  const password = normalizePassword(input);
  const length = [...password].length;
  if (length > MAX_CHARACTERS) return { refusal: { reason: "too-long", maximum: MAX_CHARACTERS } };
  if (isCommon(password)) return { refusal: { reason: "common" } };
  if (length < MIN_CHARACTERS) {
    return { refusal: { reason: "too-short", minimum: MIN_CHARACTERS, length } };
  }
  const word = findContextWord(password, context);
  if (word) return { refusal: { reason: "personal", word } };
  if (isRepetitive(password)) return { refusal: { reason: "repetitive" } };
  return { password: password as NewPassword };
}

/** The form in which passwords are compared: NFC, so that a keyboard's way of composing é is no matter. */
export function normalizePassword(input: string): string {
  return input.normalize("NFC");
}

const breached = new Set(dictionary["passwords-common"]?.map(String));

/** The list's own words, and such a word with digits and signs around it ("salesforce12345!"). */
function isCommon(password: string): boolean {
  const lower = password.toLowerCase();
  return (
    breached.has(lower) || breached.has(coreOf(lower)) || CONTEXT_WORDS.includes(coreOf(lower))
  );
}

/** The first of the words near at hand of which, with the others, little more than decoration is left. */
function findContextWord(password: string, context: readonly string[]): string | undefined {
  const near = context.flatMap((text) => [text, ...text.split(/[\s@.,_+-]+/)]);
  const words = [...near, ...CONTEXT_WORDS].filter((word) => squeeze(word).length >= MIN_WORD);
  const letters = squeeze(password);
  const rest = words.reduce((left, word) => left.replaceAll(squeeze(word), ""), letters);
  if (rest === letters || rest.length >= MIN_WORD) return undefined;
  return words.find((word) => letters.includes(squeeze(word)));
}

/** The same few characters, a piece over and over, a run such as "abcdefghijklmno", a walk over the keys. */
function isRepetitive(password: string): boolean {
  const lower = password.toLowerCase();
  const characters = [...lower];
  if (characters.length > MAX_PATTERN_CHARACTERS) return false;
  const codes = characters.map((character) => character.codePointAt(0) ?? 0);
  const isRun = [1, -1].some((step) =>
    codes.every((code, index) => index === 0 || code - (codes[index - 1] ?? 0) === step),
  );
  const isWalk = KEYBOARD_WALKS.some(
    (walk) => walk.includes(lower) || reverse(walk).includes(lower),
  );
  const core = [...coreOf(lower)];
  const repeats =
    repeatsPiece(characters) || (core.length * 2 > characters.length && repeatsPiece(core));
  return new Set(characters).size < MIN_DISTINCT || isRun || isWalk || repeats;
}

/** Whether a piece and at least half of it again make up the whole. */
function repeatsPiece(characters: string[]): boolean {
  const longest = Math.floor((characters.length * 2) / 3);
  return Array.from({ length: longest }, (_, index) => index + 1).some((period) =>
    characters.every((character, index) => character === characters[index % period]),
  );
}

const reverse = (text: string) => [...text].reverse().join("");
const coreOf = (text: string) => text.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, "");
const squeeze = (text: string) => coreOf(text.toLowerCase()).replace(/[^\p{L}]/gu, "");

import { expect, test } from "vitest";
import { generatePairingPhrase, parsePairingPhrase } from "./pairing-phrase";

test("LC-10 a phrase is four words of 2,048, chosen anew each time", () => {
  const phrases = Array.from({ length: 500 }, generatePairingPhrase);
  for (const phrase of phrases) expect(phrase).toMatch(/^[a-z]{3,8}( [a-z]{3,8}){3}$/);
  expect(new Set(phrases).size).toBe(500);
  const words = new Set(phrases.flatMap((phrase) => phrase.split(" ")));
  expect(words.size, "2,000 words drawn from 2,048").toBeGreaterThan(1_100);
});

test("what was generated is read as it is", () => {
  for (let time = 0; time < 200; time++) {
    const phrase = generatePairingPhrase();
    expect(parsePairingPhrase(phrase)).toEqual({ parsed: true, phrase });
  }
});

test.each([
  "river puzzle amused stone",
  "RIVER-Puzzle-amused-STONE",
  "  river,puzzle;  amused/stone. ",
  "rive puzz amus ston",
  "ｒｉｖｅｒ puzzle amused stone",
  "1. river 2. puzzle 3. amused 4. stone",
])("a phrase is read as people type it: %s", (typed) => {
  expect(parsePairingPhrase(typed)).toEqual({ parsed: true, phrase: "river puzzle amused stone" });
});

test("short words are read whole, and no word by its beginning alone", () => {
  expect(parsePairingPhrase("act art ask add")).toMatchObject({ parsed: true });
  expect(parsePairingPhrase("riv puzzle amused stone")).toEqual({
    parsed: false,
    reason: "word",
    word: "riv",
  });
});

test("a word that is none is named, and a phrase of another length is none", () => {
  const wrong = parsePairingPhrase("river puzzel amused stone");
  expect(wrong).toEqual({ parsed: false, reason: "word", word: "puzzel" });
  for (const typed of ["", "river", "river puzzle amused", "river puzzle amused stone river"]) {
    expect(parsePairingPhrase(typed)).toEqual({ parsed: false, reason: "count" });
  }
  expect(parsePairingPhrase("river ".repeat(1_000_000))).toMatchObject({ reason: "count" });
});

import { dictionary } from "@zxcvbn-ts/language-common";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { normalizePassword, parseNewPassword } from "./password-policy";

const CONTEXT = ["Ada Lovelace", "ada.lovelace@example.org", "portal.example.org"];
const refusalOf = (password: string) => parseNewPassword(password, CONTEXT).refusal;

describe("length", () => {
  test("PW-01 fourteen characters are refused and fifteen are accepted", () => {
    expect(refusalOf("mauve tugboats")).toEqual({ reason: "too-short", minimum: 15, length: 14 });
    expect(refusalOf("mauve tugboats?")).toBeUndefined();
    expect(refusalOf("")).toEqual({ reason: "too-short", minimum: 15, length: 0 });
  });

  test("PW-01 PW-02 characters are counted as people see code points, after composing them", () => {
    const seven = "🐘🦊🐬🦉🐢🦋🐙";
    expect(refusalOf(seven)).toMatchObject({ reason: "too-short", length: 7 });
    expect(refusalOf(`${seven}${seven}`)).toMatchObject({ reason: "too-short", length: 14 });
    expect(refusalOf(`${seven}${seven}🐝`)).toBeUndefined();
    const decomposed = "e\u0301a\u0300o\u0302u\u0308i\u0301n\u0303c\u0327"; // seven letters, fourteen code points
    expect(refusalOf(decomposed)).toMatchObject({ reason: "too-short", length: 7 });
  });

  test("PW-02 64 characters and 1,024 are accepted, 1,025 are refused, a megabyte unread", () => {
    const ofLength = (length: number) => "mauve tugboats sing ".repeat(60).slice(0, length);
    for (const length of [64, 128, 1_024]) expect(refusalOf(ofLength(length))).toBeUndefined();
    const tooLong = { reason: "too-long", maximum: 1_024 };
    expect(refusalOf(ofLength(1_025))).toEqual(tooLong);
    const normalize = vi.spyOn(String.prototype, "normalize");
    const refusal = refusalOf("x".repeat(1_048_576));
    const calls = normalize.mock.calls.length;
    vi.restoreAllMocks();
    expect([refusal, calls]).toEqual([tooLong, 0]);
  });

  test("PW-02 1,024 characters outside of the basic plane are accepted too", () => {
    const many = "🐘🦊🐬🦉🐢🦋🐙".repeat(147).slice(0, 2_048);
    expect([...many]).toHaveLength(1_024);
    expect(refusalOf(many)).toBeUndefined();
  });
});

describe("what is not asked", () => {
  test("PW-04 no kind of character is required or forbidden", () => {
    const chosen = [
      "mauve tugboats sing", // lower case alone
      "MAUVE TUGBOATS SING",
      "mauvetugboatssing",
      "7391846205519284",
      "¿ñandú? ¡äöü! ßþ",
      "пятнадцать слонов",
      "古池や蛙飛び込む水の音と静けさ",
      "~!@#$%^&*()_+{}|:",
      " leading and trailing ",
    ];
    for (const password of chosen) expect(refusalOf(password), password).toBeUndefined();
  });

  test("PW-02 every printing ASCII character and the space can be in a password", () => {
    for (let code = 0x20; code < 0x7f; code++) {
      const password = `mauve tugboats${String.fromCharCode(code)}sing`;
      expect(parseNewPassword(password, CONTEXT).password, password).toBe(password);
    }
  });

  test("PW-02 a password comes out in normal form C and otherwise as it was typed", () => {
    expect(parseNewPassword("  café au lait noir ", []).password).toBe("  café au lait noir ");
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 80 }), (text) => {
        const password = `mauve tugboats ${text}`;
        expect(parseNewPassword(password, []).password).toBe(password.normalize("NFC"));
        expect(normalizePassword(password.normalize("NFD"))).toBe(normalizePassword(password));
      }),
    );
  });
});

describe("what everybody tries first", () => {
  const breached = dictionary["passwords-common"]?.map(String) ?? [];
  const decorate = (word: string) => `${word}2026!`.padEnd(16, "!");

  test("PW-05 all of the list, the 3,000 commonest among it, are refused with a reason", () => {
    expect(breached.length).toBeGreaterThan(3_000);
    for (const word of breached) expect(refusalOf(word), word).toEqual({ reason: "common" });
  });

  test("PW-05 such a word with digits and signs to make up the length is refused", () => {
    const words = breached.slice(0, 3_000).filter((word) => /^\p{L}.*\p{L}$/u.test(word));
    expect(words.length).toBeGreaterThan(1_000);
    for (const word of words) {
      for (const password of [
        decorate(word),
        decorate(word.toUpperCase()),
        `123!${decorate(word)}`,
      ]) {
        expect(refusalOf(password), password).toEqual({ reason: "common" });
      }
    }
  });

  test("PW-05 the standard's example is refused: a well-known name with a decoration", () => {
    expect(refusalOf("salesforce12345!")).toBeDefined();
  });

  test("PW-05 the commonest breached passwords that are long enough are refused", () => {
    const accepted = [
      ...["123456789012345", "1234567890123456", "12345678901234567890", "1q2w3e4r5t6y7u8i9o0p"],
      ...["qwertyuiopasdfghjkl", "iloveyouiloveyou", "letmeinletmeinletmein", "1111111122222222"],
    ].filter((password) => !refusalOf(password));
    expect(accepted).toEqual([]);
  });

  test("PW-05 the product's own words and the person's, decorated, are refused", () => {
    for (const password of ["Sparekey2026!!!!", "!!!!!!administrator1", "password-12345678"]) {
      expect(refusalOf(password), password).toEqual({ reason: "common" });
    }
    const personal = ["ada.lovelace@example.org", "AdaLovelace-1815-12", "1815 LOVELACE 1815!"];
    for (const password of [
      ...personal,
      "portal.example.org",
      "Lovelace, Ada 1815!".slice(0, 8).padEnd(16, "1"),
    ]) {
      expect(refusalOf(password)?.reason, password).toMatch(/^(personal|common)$/);
    }
    expect(refusalOf("AdaLovelace-1815-12")).toEqual({ reason: "personal", word: "Ada Lovelace" });
  });

  test("PW-05 one to five characters over and over, and runs, are refused", () => {
    for (const password of [
      ...["aaaaaaaaaaaaaaaa", "ababababababababab", "xyzxyzxyzxyzxyzxyz", "abcdeabcdeabcdeabcde"],
      ...[
        "abcdefghijklmnop",
        "zyxwvutsrqponmlkj",
        "🐘🐘🐘🐘🐘🐘🐘🐘🐘🐘🐘🐘🐘🐘🐘",
        "               ",
      ],
    ]) {
      expect(refusalOf(password), password).toEqual({ reason: "repetitive" });
    }
  });

  test("PW-05 a sentence that only contains a common or personal word is accepted", () => {
    for (const password of ["my dragon likes lovelace too", "ada rows the mauve tugboat"]) {
      expect(refusalOf(password), password).toBeUndefined();
    }
  });
});

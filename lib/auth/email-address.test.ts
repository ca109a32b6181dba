import fc from "fast-check";
import { expect, test } from "vitest";
import { parseEmailAddress } from "./email-address";

test.each([
  ["ADA@Example.ORG", "ada@example.org"],
  ["  ada@example.org\n", "ada@example.org"],
  ["ａｄａ＠ｅｘａｍｐｌｅ．ｏｒｇ", "ada@example.org"], // full width, the at sign too
  ["ada﹫example.org", "ada@example.org"],
  ["ⓐⓓⓐ@example.org", "ada@example.org"],
  ["𝐚𝐝𝐚@example.org", "ada@example.org"],
  ["ﬁona@example.org", "fiona@example.org"],
  ["ada@example․org", "ada@example.org"], // one dot leader
  ["\u212bsa@example.org", "åsa@example.org"], // Ångström sign
  ["a\u030asa@example.org", "åsa@example.org"],
  ["ada+codes@sub.example.org", "ada+codes@sub.example.org"],
  ["用户@例子.广告", "用户@例子.广告"],
])("T29 look-alike spellings are one account: %s", (typed, stored) => {
  expect(parseEmailAddress(typed)).toBe(stored);
});

test.each([
  ...["", "ada", "@", "ada@", "@example.org", "a@b@c", "ada@@example.org", "ada＠b@example.org"],
  ...[
    "ada lovelace@example.org",
    "ada@exam ple.org",
    "ada\u00a0l@example.org",
    "ada@example.org\u0000x",
  ],
  ...[
    "ada\r\nbcc:eve@example.org",
    "ada\u200b@example.org",
    "ada\u202e@example.org",
    "¨@example.org",
  ],
])("T29 LG-05 what has not exactly one @, or hides something, is no address: %j", (typed) => {
  expect(parseEmailAddress(typed)).toBeUndefined();
});

test("T29 more than 254 characters, as typed or as stored, are no address (RFC 5321)", () => {
  expect(parseEmailAddress(`${"a".repeat(248)}@b.org`)).toHaveLength(254);
  const long = { typed: `${"a".repeat(249)}@b.org`, endless: "a@b.org".repeat(100_000) };
  const stored = `${"㎯".repeat(240)}@b.org`; // each becomes six characters
  for (const [name, address] of Object.entries({ ...long, stored })) {
    expect(parseEmailAddress(address), name).toBeUndefined();
  }
});

test("T29 reading an address twice changes nothing, whatever it was", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 40 }), (text) => {
      const address = parseEmailAddress(`${text}@example.org`);
      if (address !== undefined) expect(parseEmailAddress(address)).toBe(address);
    }),
    { numRuns: 5_000 },
  );
});

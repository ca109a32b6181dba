import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HOME_PATH, parseReturnPath } from "./return-path";

const ORIGIN = "https://portal.example.org";

describe("NA-08 where a login may lead", () => {
  test.each([
    ...["/account", "/account/mfa/recovery-codes", "/account/activity?page=2&kind=login"],
    ...["/account?name=Ada%20Lovelace", "/", "/account?x=a:b@c"],
  ])("NA-08 a path of this portal stays as it is: %s", (path) => {
    expect(parseReturnPath(path)).toBe(path);
  });

  test.each([
    ...["https://evil.example", "HTTPS://evil.example", "http:evil.example", "//evil.example"],
    ...[
      "///evil.example",
      "/\\evil.example",
      "\\/evil.example",
      "\\\\evil.example",
      "/\\/evil.example",
    ],
    ...["/%2Fevil.example", "/%2f%2fevil.example", "/%5Cevil.example", "/%255Cevil.example"],
    ...["/%252F%252Fevil.example", "%2F%2Fevil.example", "/\t/evil.example", "/%09/evil.example"],
    ...["/\n/evil.example", "/%0d%0aLocation:%20https://evil.example", "/account/..//evil.example"],
    ...[
      "/.//evil.example",
      "/%2e//evil.example",
      "/account?next=//evil.example/%zz",
      "/%",
      "/%c0%af",
    ],
    ...[
      "javascript:alert(1)",
      "data:text/html,x",
      "evil.example",
      "@evil.example",
      ".evil.example",
    ],
    ...["", " ", " /account", "account", "?x", "#x", "/\u0000", "/\u202ereversed"],
  ])("NA-08 anything that could lead elsewhere becomes the account page: %j", (path) => {
    expect(parseReturnPath(path)).toBe(HOME_PATH);
  });

  test("NA-08 a path longer than 512 characters becomes the account page", () => {
    expect(parseReturnPath(`/${"a".repeat(511)}`)).toHaveLength(512);
    expect(parseReturnPath(`/${"a".repeat(512)}`)).toBe(HOME_PATH);
  });

  test.each([undefined, null, 7, true, {}, ["/account/password"], { toString: () => "/x" }])(
    "NA-08 what is no text becomes the account page: %j",
    (value) => {
      expect(parseReturnPath(value)).toBe(HOME_PATH);
    },
  );

  test("NA-08 whatever is made of slashes, dots, backslashes and their encodings stays on this origin", () => {
    const piece = fc.constantFrom(
      ...["/", "//", "\\", ".", "..", "@", ":", "?", "#", "evil.example", "https:", "account", "%"],
      ...[
        "%2f",
        "%2F",
        "%5c",
        "%252f",
        "%255c",
        "%2e",
        "%09",
        "%0a",
        "%00",
        "%40",
        "%3a",
        "%c2%a0",
      ],
      ...["\t", "\n", "\r", "\u00a0", "\u2028", "\uff0f", "\ufe68", "\u2044", "\u3002", " "],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const path = parseReturnPath(`/${pieces.join("")}`);
        // As a browser reads it in a Location header, and once more if something decodes it.
        for (const location of [path, decodeURIComponent(path)]) {
          expect(new URL(location, ORIGIN).origin, JSON.stringify(location)).toBe(ORIGIN);
        }
        expect(parseReturnPath(path)).toBe(path);
      }),
      { numRuns: 20_000 },
    );
  });
});

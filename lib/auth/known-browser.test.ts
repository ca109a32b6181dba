import { afterEach, describe, expect, test, vi } from "vitest";
import { TEST_SECRETS } from "../db/testing/test-environment";
import {
  addPerson,
  composeKnownBrowsers,
  type KnownBrowser,
  laneOf,
  parseKnownBrowsers,
} from "./known-browser";

const NEWER_KEY = `newer:${Buffer.alloc(32, "another key").toString("base64")}`;

afterEach(() => {
  vi.unstubAllEnvs();
  vi.resetModules();
});

describe("the cookie of a known browser", () => {
  test("SE-11 says who logged in with it, and gives each person the same id every time", () => {
    const first = addPerson([], crypto.randomUUID());
    const both = addPerson(first, crypto.randomUUID());
    expect(parseKnownBrowsers(composeKnownBrowsers(both))).toEqual(both);
    expect(addPerson(both, first[0]?.userId ?? "")).toEqual([both[1], both[0]]);
    expect(laneOf(both[0] as KnownBrowser)).not.toBe(laneOf(both[1] as KnownBrowser));
  });

  test("knows the five people who logged in last", () => {
    const people = Array.from({ length: 6 }, () => crypto.randomUUID());
    const known = people.reduce<KnownBrowser[]>(addPerson, []);
    expect(known.map(({ userId }) => userId)).toEqual(people.slice(1).reverse());
    expect(parseKnownBrowsers(composeKnownBrowsers(known))).toEqual(known);
    expect(composeKnownBrowsers(known).length, "bytes of every request").toBeLessThan(500);
  });

  test("T03 garbage, a forged, a cut and a stretched one know nobody", () => {
    const known = people(2);
    const text = composeKnownBrowsers(known);
    const [first = "", second = "", signature = ""] = text.split("~");
    const other = crypto.randomUUID() + first.slice(36);
    const flipped = (signature.startsWith("A") ? "B" : "A") + signature.slice(1);
    for (const forged of [
      undefined,
      "",
      "~",
      "garbage",
      "x".repeat(100_000),
      `${text} `,
      ` ${text}`,
      `${text}~${signature}`,
      text.toUpperCase(),
      text.slice(0, -1),
      `${first}~${second}~`,
      `${first}~${signature}`,
      `${second}~${first}~${signature}`,
      `${other}~${second}~${signature}`,
      `${first}~${second}~${flipped}`,
      signature,
      composeKnownBrowsers([]),
      composeKnownBrowsers(people(6)),
    ]) {
      expect(parseKnownBrowsers(forged), forged?.slice(0, 60)).toEqual([]);
    }
    expect(parseKnownBrowsers(text)).toEqual(known);
  });

  test("one made with another key knows nobody, and one from before a rotation still does", async () => {
    const known = people(1);
    const text = composeKnownBrowsers(known);
    const rotated = await serverWith(`${NEWER_KEY},${TEST_SECRETS}`);
    expect(rotated.parseKnownBrowsers(text)).toEqual(known);
    const elsewhere = await serverWith(NEWER_KEY);
    expect(elsewhere.parseKnownBrowsers(text)).toEqual([]);
  });
});

const people = (count: number): KnownBrowser[] =>
  Array.from({ length: count }, () => addPerson([], crypto.randomUUID())).flat();

async function serverWith(secrets: string) {
  vi.resetModules();
  vi.stubEnv("SECRETS", secrets);
  return import("./known-browser");
}

import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { composeHalf, formatHalf, kindOfHalf } from "../code-halves";
import { SYMBOLS } from "../code-symbols";
import { joinHalves, parseTemporaryCode } from "./temporary-code";

const shown = composeHalf("shown", randomBytes(8));
const mailed = composeHalf("mailed", randomBytes(8));
const { symbols } = joinHalves({ shown, mailed });

test("LC-07 both halves are read in either order and in every spelling that people make", () => {
  for (const input of [
    shown + mailed,
    mailed + shown,
    `${formatHalf(shown)} ${formatHalf(mailed)}`,
    `  ${formatHalf(mailed).toLowerCase()} – ${formatHalf(shown).toLowerCase()}\u200b\n`,
    (shown + mailed).replace(/0/g, "o").replace(/1/g, "l"),
  ]) {
    expect(parseTemporaryCode(input).code?.symbols, input).toBe(symbols);
  }
});

test("LC-07 one half, the same half twice, a typo in either half, and anything else is told as what it is", () => {
  const reasonOf = (input: string) => parseTemporaryCode(input).typo;
  expect(reasonOf(shown)).toEqual({ reason: "one-half" });
  expect(reasonOf(mailed)).toEqual({ reason: "one-half" });
  expect(reasonOf(shown + shown)).toEqual({ reason: "check", half: 2 });
  expect(reasonOf(mailed + mailed)).toEqual({ reason: "check", half: 2 });
  expect(reasonOf(" - ")).toEqual({ reason: "empty" });
  expect(reasonOf("U".repeat(18))).toEqual({ reason: "character" });
  expect(reasonOf(shown + mailed.slice(1))).toEqual({ reason: "length" });
  expect(reasonOf("7".repeat(97))).toEqual({ reason: "too-long" });
  const other = SYMBOLS[(SYMBOLS.indexOf(shown.charAt(2)) + 5) % 32] ?? "";
  const wrong = shown.slice(0, 2) + other + shown.slice(3);
  expect(reasonOf(wrong + mailed)?.reason).toBe("check");
  expect(reasonOf(mailed + wrong)?.reason).toBe("check");
});

test("LC-07 the check symbol of a half is made of that half alone, so it tells nothing of the other", () => {
  const bytes = randomBytes(8);
  const [one, two] = [composeHalf("shown", bytes), composeHalf("mailed", bytes)];
  expect(one.slice(0, 8)).toBe(two.slice(0, 8));
  expect(one).not.toBe(two);
  expect(kindOfHalf([...one])).toBe("shown");
  expect(kindOfHalf([...two])).toBe("mailed");
  expect(8 * Math.log2(SYMBOLS.length), "bits of a half").toBe(40);
});

import { describe, expect, test } from "vitest";
import { csvLine } from "./csv";

const line = (cell: string) => csvLine([cell]).trimEnd();

describe("no cell of a file is a formula, whatever parts the cells", () => {
  test.each([
    ["a name", "=1+1 Ada", "'=1+1 Ada"],
    ["a full-width name", "＝1＋1", "'＝1＋1"],
    ["the other full-width signs", "＋1;－1;＠a", "'＋1;'－1;'＠a"],
    ["a name after spaces", "  @SUM(A1)", "'  @SUM(A1)"],
    ["a name with a tab", "Ada\t+1", "Ada\t'+1"],
    ["a tab at the start", "\tAda", "'\tAda"],
    ["a tab and a sign at the start", "\t=1", "'\t'=1"],
  ])("where commas part the cells: %s", (_, cell, written) => {
    expect(line(cell)).toBe(written);
  });

  test("where semicolons part them: a user agent and a name, also behind spaces and a quote", () => {
    const userAgent = `x;=HYPERLINK("http://evil.example";"x")`;
    expect(line(userAgent)).toBe(`"x;'=HYPERLINK(""http://evil.example"";""x"")"`);
    expect(line("Ada; -2+3; ＝1")).toBe("Ada;' -2+3;' ＝1");
    expect(line(`Ada;"=1+1`)).toBe(`"Ada;'""=1+1"`);
    expect(line("Ada\r\n=1+1")).toBe(`"Ada\r\n'=1+1"`);
  });

  test("what is none is written as it is", () => {
    const userAgent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    expect(csvLine([userAgent, "Mary-Jane; Ada", 0, -1, null])).toBe(
      `${userAgent},Mary-Jane; Ada,0,-1,\r\n`,
    );
  });
});

import type { TemporaryCodeTypo } from "@/lib/mfa/temporary-code";

/** What can be wrong with a temporary code before it is an attempt; the browser and the server say the same. */
export type TemporaryCodeTypoTexts = Record<
  Exclude<TemporaryCodeTypo["reason"], "check"> | "firstHalf" | "secondHalf",
  string
>;

export function describeTemporaryCodeTypo(
  typo: TemporaryCodeTypo,
  texts: TemporaryCodeTypoTexts,
): string {
  if (typo.reason === "check") return texts[typo.half === 1 ? "firstHalf" : "secondHalf"];
  return texts[typo.reason];
}

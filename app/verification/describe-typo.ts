import { CODE_SYMBOLS, type RecoveryCodeTypo } from "@/lib/mfa/recovery-code";

/** What can be wrong with a code before it is an attempt; the browser and the server say the same. */
export type TypoTexts = {
  empty: string;
  tooLong: string;
  tooShort: string;
  check: string;
  /** For each of the four groups. */
  groups: string[];
};

export function describeTypo(typo: RecoveryCodeTypo, texts: TypoTexts): string {
  switch (typo.reason) {
    case "empty":
      return texts.empty;
    case "too-long":
      return texts.tooLong;
    case "length":
      return typo.symbols < CODE_SYMBOLS ? texts.tooShort : texts.tooLong;
    case "character":
      return texts.groups[typo.group - 1] ?? texts.tooLong;
    case "check":
      return texts.check;
  }
}

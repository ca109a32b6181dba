import "server-only";
import { getWords } from "@/messages/words";
import type { TypoTexts } from "./describe-typo";

export async function getTypoTexts(): Promise<TypoTexts> {
  const words = await getWords("verify");
  return {
    empty: words("typoEmpty"),
    tooLong: words("typoTooLong"),
    tooShort: words("typoTooShort"),
    check: words("typoCheck"),
    groups: [1, 2, 3, 4].map((group) => words("typoCharacter", { group })),
  };
}

import "server-only";
import { getWords } from "@/messages/words";
import type { TemporaryCodeTypoTexts } from "./describe-temporary-code-typo";

export async function getTemporaryCodeTypoTexts(): Promise<TemporaryCodeTypoTexts> {
  const words = await getWords("lockedOut");
  return {
    empty: words("codeEmpty"),
    "too-long": words("codeTooLong"),
    "one-half": words("codeOneHalf"),
    length: words("codeLength"),
    character: words("codeCharacter"),
    firstHalf: words("codeCheck", { half: "first" }),
    secondHalf: words("codeCheck", { half: "second" }),
  };
}

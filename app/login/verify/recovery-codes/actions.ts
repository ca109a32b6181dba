"use server";

import type { FormState } from "@/components/form";
import { challengeAction } from "@/lib/auth/action";
import { logInWithRecoveryCode } from "@/lib/auth/log-in-with-method";
import { CODE_SYMBOLS, type RecoveryCodeTypo } from "@/lib/mfa/recovery-code";
import { findLiveSet } from "@/lib/mfa/recovery-code-sets";
import { getDates, getWords } from "@/messages/words";
import { describeUnjudged, enter } from "../outcome";
import { describeTypo } from "./describe-typo";
import { getTypoTexts } from "./typo-texts";

export const verifyCode = challengeAction<FormState>(
  async ({ text, challenge, previousToken, from }) => {
    const result = await logInWithRecoveryCode({
      challenge,
      input: text("code"),
      previousToken,
      from,
    });
    if (result.verified) return enter(challenge, result.value);
    const words = await getWords("verify");
    switch (result.reason) {
      case "typo":
        // Given back to be mended, unless a whole code may be in it.
        return {
          ...(isMendable(result.typo) && { values: { code: text("code") } }),
          fieldErrors: { code: describeTypo(result.typo, await getTypoTexts()) },
        };
      case "replaced": {
        const live = await findLiveSet(challenge.userId);
        const old = { letter: result.letter, date: (await getDates()).day(result.replacedAt) };
        const told = live
          ? words("codesReplaced", { ...old, current: live.letter })
          : words("codesReplacedNone", old);
        return { fieldErrors: { code: told } };
      }
      case "wrong":
        return { fieldErrors: { code: words("codesWrong") } };
      default:
        return describeUnjudged(result);
    }
  },
);

function isMendable(typo: RecoveryCodeTypo): boolean {
  return typo.reason === "check" || (typo.reason === "length" && typo.symbols < CODE_SYMBOLS);
}

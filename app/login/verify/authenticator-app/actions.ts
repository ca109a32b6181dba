"use server";

import type { FormState } from "@/components/form";
import { challengeAction } from "@/lib/auth/action";
import { logInWithAuthenticatorApp } from "@/lib/auth/log-in-with-method";
import { getWords } from "@/messages/words";
import { describeUnjudged, enter } from "../outcome";

export const verifyCode = challengeAction<FormState>(
  async ({ text, challenge, previousToken, from }) => {
    const result = await logInWithAuthenticatorApp({
      challenge,
      input: text("code"),
      previousToken,
      from,
    });
    if (result.verified) return enter(challenge, result.value);
    const words = await getWords("verify");
    switch (result.reason) {
      case "format":
        return { fieldErrors: { code: words("appFormat") } };
      case "wrong":
        return {
          fieldErrors: {
            code: words("appWrong", { product: (await getWords("product"))("name") }),
          },
        };
      case "already-used":
        return { fieldErrors: { code: words("appUsed") } };
      default:
        return describeUnjudged(result);
    }
  },
);

"use server";

import { describeAppRefusal } from "@/app/verification/describe-refusal";
import type { FormState } from "@/components/form";
import { challengeAction } from "@/lib/auth/action";
import { logInWithAuthenticatorApp } from "@/lib/auth/log-in-with-method";
import { enter, OVER_PATH } from "../outcome";

export const verifyCode = challengeAction<FormState>(
  async ({ text, challenge, previousToken, from }) => {
    const input = text("code");
    const result = await logInWithAuthenticatorApp({ challenge, input, previousToken, from });
    return result.verified
      ? enter({ session: result.value, userId: challenge.userId, path: challenge.returnTo })
      : describeAppRefusal(result, OVER_PATH);
  },
);

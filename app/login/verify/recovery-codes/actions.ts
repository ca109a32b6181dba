"use server";

import { describeCodeRefusal } from "@/app/verification/describe-refusal";
import type { FormState } from "@/components/form";
import { repeatableChallengeAction } from "@/lib/auth/action";
import { logInWithRecoveryCode } from "@/lib/auth/log-in-with-method";
import { HOME_PATH } from "@/lib/auth/return-path";
import { enter, OVER_PATH } from "../outcome";

export const verifyCode = repeatableChallengeAction<FormState>(
  async ({ text, challenge, previousToken, from }) => {
    const input = text("code");
    const result = await logInWithRecoveryCode({ challenge, input, previousToken, from });
    const { userId, returnTo } = challenge;
    if (!result.verified) {
      return describeCodeRefusal(result, { input, userId, over: OVER_PATH });
    }
    const query = returnTo === HOME_PATH ? "" : `?${new URLSearchParams({ return: returnTo })}`;
    return enter({ session: result.value, userId, path: `/account/recovered${query}` });
  },
);

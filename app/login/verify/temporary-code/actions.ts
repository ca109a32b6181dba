"use server";

import { describeTemporaryCodeRefusal } from "@/app/verification/describe-refusal";
import type { FormState } from "@/components/form";
import { challengeAction } from "@/lib/auth/action";
import { logInWithTemporaryCode } from "@/lib/auth/log-in-with-method";
import { HOME_PATH } from "@/lib/auth/return-path";
import { enter, OVER_PATH } from "../outcome";

export const verifyTemporaryCode = challengeAction<FormState>(
  async ({ text, challenge, previousToken, from }) => {
    const input = text("code");
    const result = await logInWithTemporaryCode({ challenge, input, previousToken, from });
    if (!result.verified) return describeTemporaryCodeRefusal(result, { input, over: OVER_PATH });
    const { userId, returnTo } = challenge;
    const query = returnTo === HOME_PATH ? "" : `?${new URLSearchParams({ return: returnTo })}`;
    return enter({ session: result.value, userId, path: `/account/recovered${query}` });
  },
);

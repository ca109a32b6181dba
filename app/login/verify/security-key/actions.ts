"use server";

import { describeKeyRefusal } from "@/app/verification/describe-key-refusal";
import type { SecurityKeyState } from "@/components/security-key-form";
import { challengeAction } from "@/lib/auth/action";
import { KEY_LOGIN, logInWithSecurityKey } from "@/lib/auth/log-in-with-method";
import { askChallengedPerson } from "@/lib/mfa/verify-security-key";
import { enter, OVER_PATH } from "../outcome";

/** Asks a question or, when the form holds an answer, judges it: one form state for both. */
export const verifyKey = challengeAction<SecurityKeyState>(
  async ({ text, challenge, previousToken, from }) => {
    const input = text("response");
    if (!input) return { options: await askChallengedPerson(challenge, KEY_LOGIN) };
    const result = await logInWithSecurityKey({ challenge, input, previousToken, from });
    return result.verified
      ? enter({ session: result.value, userId: challenge.userId, path: challenge.returnTo })
      : describeKeyRefusal(result, OVER_PATH);
  },
);

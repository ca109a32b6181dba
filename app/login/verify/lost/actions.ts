"use server";

import { redirect } from "next/navigation";
import { lossObstacleWord } from "@/app/account/mfa/loss-obstacle-word";
import type { FormState } from "@/components/form";
import { challengeAction } from "@/lib/auth/action";
import { holdLoginChallenge } from "@/lib/mfa/login-challenge";
import { reportLost } from "@/lib/mfa/loss-report";
import { parseEnrolledMethod } from "@/lib/mfa/method-names";
import { getWords } from "@/messages/words";

const PATH = "/login/verify/lost";

export const reportLoss = challengeAction<FormState>(async ({ text, challenge, from }) => {
  const lost = parseEnrolledMethod(text("method"), text("id"));
  if (!lost || lost.method === "security-key") redirect(PATH);
  const result = await reportLost({
    userId: challenge.userId,
    lost,
    proof: "password",
    from,
    authorize: (tx) => holdLoginChallenge(tx, challenge.id),
  });
  if (result.suspended || result.reason === "nothing-to-suspend") redirect(PATH);
  return { error: (await getWords("lost"))(lossObstacleWord(result.reason)) };
});

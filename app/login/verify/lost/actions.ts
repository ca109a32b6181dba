"use server";

import { redirect } from "next/navigation";
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
  const words = await getWords("lost");
  return { error: words(result.reason === "last-usable" ? "lastUsable" : "oneAlready") };
});

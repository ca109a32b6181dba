"use server";

import { redirect } from "next/navigation";
import type { FormState } from "@/components/form";
import { challengeAction } from "@/lib/auth/action";
import { holdLoginChallenge } from "@/lib/mfa/login-challenge";
import { reportAuthenticatorLost } from "@/lib/mfa/loss-report";
import { getWords } from "@/messages/words";

export const reportLost = challengeAction<FormState>(async ({ challenge, from }) => {
  const result = await reportAuthenticatorLost({
    userId: challenge.userId,
    from,
    authorize: (tx) => holdLoginChallenge(tx, challenge.id),
  });
  if (!result.suspended && result.reason === "last-usable") {
    return { error: (await getWords("lost"))("lastUsable") };
  }
  redirect("/login/verify/lost");
});

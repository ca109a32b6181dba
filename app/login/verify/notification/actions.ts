"use server";

import { redirect } from "next/navigation";
import { describeApprovalRefusal } from "@/app/verification/describe-approval-refusal";
import type { FormState } from "@/components/form";
import { challengeAction } from "@/lib/auth/action";
import { leaveOverChallenge } from "@/lib/auth/current-challenge";
import { logInWithNotification, sendLoginNotification } from "@/lib/auth/log-in-with-method";
import { getWords } from "@/messages/words";
import { enter } from "../outcome";

export const sendNotification = challengeAction<FormState>(async ({ text, challenge, from }) => {
  const result = await sendLoginNotification({ challenge, from });
  if (!result.sent) return { error: await describeApprovalRefusal(result) };
  const query = text("help") === "open" ? "help=open&sent=now" : "sent=now";
  redirect(`/login/verify/notification?${query}`);
});

/** The session is made here, by a POST of the login's own page, and never by its waiting. */
export const proceed = challengeAction<FormState>(async ({ challenge, previousToken, from }) => {
  const result = await logInWithNotification({ challenge, previousToken, from });
  if (result.verified) {
    return enter({ session: result.value, userId: challenge.userId, path: challenge.returnTo });
  }
  if (result.reason === "challenge-over") return leaveOverChallenge();
  if (result.reason === "not-accepted") {
    return { error: (await getWords("policy"))("notAccepted") };
  }
  return { error: (await getWords("approval"))("notYet") };
});

"use server";

import { redirect } from "next/navigation";
import { describeApprovalRefusal } from "@/app/verification/describe-approval-refusal";
import type { FormState } from "@/components/form";
import { sessionAction } from "@/lib/auth/action";
import { setSessionCookie } from "@/lib/auth/cookies";
import { loginPath } from "@/lib/auth/current-session";
import { parseReturnPath } from "@/lib/auth/return-path";
import { sendStepUpNotification, stepUpWithNotification } from "@/lib/auth/step-up";
import { getWords } from "@/messages/words";

const REQUEST = { path: "/account/verify", demand: "live" } as const;

export const sendNotification = sessionAction<FormState>(
  REQUEST,
  async ({ text, session, from }) => {
    const returnTo = parseReturnPath(text("return"));
    const result = await sendStepUpNotification({ session, returnTo, from });
    if (!result.sent) return { error: await describeApprovalRefusal(result) };
    const query = new URLSearchParams({ return: returnTo });
    if (text("why") === "restricted") query.set("why", "restricted");
    if (text("help") === "open") query.set("help", "open");
    query.set("sent", "now");
    redirect(`/account/verify/notification?${query}`);
  },
);

export const proceed = sessionAction<FormState>(REQUEST, async ({ text, session, from }) => {
  const returnTo = parseReturnPath(text("return"));
  const result = await stepUpWithNotification({ session, returnTo, from });
  if (result.verified) {
    await setSessionCookie(result.value);
    redirect(returnTo);
  }
  if (result.reason === "challenge-over") redirect(loginPath(returnTo));
  if (result.reason === "not-accepted") {
    return { error: (await getWords("policy"))("notAccepted") };
  }
  return { error: (await getWords("approval"))("notYet") };
});

"use server";

import { redirect } from "next/navigation";
import type { FormState } from "@/components/form";
import { challengeAction } from "@/lib/auth/action";
import { mailLinkAgain } from "@/lib/auth/mailed-link";
import { getWords } from "@/messages/words";

export const sendLinkAgain = challengeAction<FormState>(async ({ challenge }) => {
  const result = await mailLinkAgain(challenge);
  const words = await getWords("lockedOut");
  if (result.sent) return { done: words("linkSent") };
  if (result.reason === "over") redirect("/login/verify");
  return { error: words("linkTooMany") };
});

"use server";

import { redirect } from "next/navigation";
import type { FormState } from "@/components/form";
import { sessionAction } from "@/lib/auth/action";
import { MAILS_AN_HOUR, mailVerificationAgain } from "@/lib/auth/verification-mail";
import { getWords } from "@/messages/words";

export const sendVerificationAgain = sessionAction<FormState>(
  { path: "/account", demand: "live" },
  async ({ session, from }) => {
    const result = await mailVerificationAgain(session, from);
    const words = await getWords("verifyAddress");
    if (result.asked) return { done: words("sentAgain", { email: session.email }) };
    if (result.reason === "verified") redirect("/account"); // in another tab, meanwhile
    return { error: words("tooMany", { count: MAILS_AN_HOUR }) };
  },
);

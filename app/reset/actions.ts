"use server";

import { redirect } from "next/navigation";
import { describePasswordRefusal } from "@/app/account-refusal";
import type { FormState } from "@/components/form";
import { publicAction } from "@/lib/auth/action";
import { clearLinkCookie, readLinkToken } from "@/lib/auth/cookies";
import { rememberBrowser } from "@/lib/auth/known-browser";
import { resetPassword } from "@/lib/auth/reset-password";
import { getWait, getWords } from "@/messages/words";

export const setNewPassword = publicAction<FormState>(async ({ text, from }) => {
  const token = (await readLinkToken()) ?? "";
  const result = await resetPassword({ token, chosen: text("next") }, from);
  if (result.reset) {
    await clearLinkCookie();
    await rememberBrowser(result.userId);
    redirect("/login?why=reset");
  }
  switch (result.reason) {
    case "over":
      await clearLinkCookie();
      redirect("/reset");
      break;
    case "refused":
      return { fieldErrors: { next: await describePasswordRefusal(result.refusal) } };
    case "waiting": {
      const wait = await getWait(result.until);
      return { error: (await getWords("form"))("waiting", { wait }) };
    }
    case "busy":
      return { error: (await getWords("form"))("busy") };
  }
});

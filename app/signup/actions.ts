"use server";

import { notFound, redirect } from "next/navigation";
import { describeAccountRefusal } from "@/app/account-refusal";
import type { FormState } from "@/components/form";
import { createAccount } from "@/lib/auth/accounts";
import { publicAction } from "@/lib/auth/action";
import { setSessionCookie } from "@/lib/auth/cookies";
import { rememberBrowser } from "@/lib/auth/known-browser";
import { requireAdministrator } from "@/lib/auth/require-administrator";

export const signUp = publicAction<FormState>(async ({ text, ...request }) => {
  await requireAdministrator();
  const values = { name: text("name"), email: text("email") };
  const result = await createAccount({ ...values, password: text("password") }, request);
  if (!result.created) {
    if (result.refusal.reason === "closed") notFound();
    return describeAccountRefusal(result.refusal, values);
  }
  await setSessionCookie(result.session);
  await rememberBrowser(result.userId);
  redirect("/account");
});

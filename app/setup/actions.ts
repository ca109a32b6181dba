"use server";

import { redirect } from "next/navigation";
import { describeAccountRefusal } from "@/app/account-refusal";
import type { FormState } from "@/components/form";
import { createAdministrator } from "@/lib/auth/accounts";
import { publicAction } from "@/lib/auth/action";
import { setSessionCookie } from "@/lib/auth/cookies";
import { rememberBrowser } from "@/lib/auth/known-browser";
import { administratorExists } from "@/lib/auth/setup-token";

export const createFirstAdministrator = publicAction<FormState>(async ({ text, ...request }) => {
  if (await administratorExists()) redirect("/login");
  const values = { token: text("token"), name: text("name"), email: text("email") };
  const result = await createAdministrator(
    { ...values, setupToken: values.token, password: text("password") },
    request,
  );
  if (!result.created) {
    if (result.refusal.reason === "already-set-up") redirect("/login");
    return describeAccountRefusal(result.refusal, values);
  }
  await setSessionCookie(result.session);
  await rememberBrowser(result.userId);
  redirect("/account");
});

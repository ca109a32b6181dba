"use server";

import { redirect } from "next/navigation";
import { describeAccountRefusal } from "@/app/account-refusal";
import type { FormState } from "@/components/form";
import { createInvitedAccount } from "@/lib/auth/accounts";
import { publicAction } from "@/lib/auth/action";
import { clearLinkCookie, readLinkToken, setSessionCookie } from "@/lib/auth/cookies";
import { rememberBrowser } from "@/lib/auth/known-browser";
import { requireAdministrator } from "@/lib/auth/require-administrator";

export const acceptInvitation = publicAction<FormState>(async ({ text, ...request }) => {
  await requireAdministrator();
  const token = (await readLinkToken()) ?? "";
  const name = text("name");
  const result = await createInvitedAccount({ token, name, password: text("password") }, request);
  if (result.created) {
    await clearLinkCookie();
    await setSessionCookie(result.session);
    await rememberBrowser(result.userId);
    redirect("/account");
  }
  const { reason } = result.refusal;
  if (reason === "invitation-over" || reason === "address-taken") {
    await clearLinkCookie();
    redirect(reason === "address-taken" ? "/invitation?why=taken" : "/invitation");
  }
  return describeAccountRefusal(result.refusal, { name, email: "" });
});

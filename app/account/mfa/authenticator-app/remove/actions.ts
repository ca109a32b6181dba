"use server";

import { redirect } from "next/navigation";
import type { FormState } from "@/components/form";
import { sessionAction } from "@/lib/auth/action";
import { removeAuthenticatorApp } from "@/lib/auth/remove-authenticator-app";

export const removeApp = sessionAction<FormState>(
  {
    path: "/account/mfa/authenticator-app/remove",
    demand: "unrestricted",
    keeps: ["endOthers"],
  },
  async ({ text, session, from }) => {
    const endOthers = text("endOthers") === "on" ? "end-others" : "keep-others";
    const removed = await removeAuthenticatorApp({ session, endOthers, from });
    redirect(removed ? "/account/mfa?done=removed" : "/account/mfa");
  },
);

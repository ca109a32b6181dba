"use server";

import { redirect } from "next/navigation";
import type { FormState } from "@/components/form";
import { sessionAction } from "@/lib/auth/action";
import { clearChallengeCookie, clearLinkCookie, clearSessionCookie } from "@/lib/auth/cookies";
import { deleteAccount } from "@/lib/auth/delete-account";
import { getWords } from "@/messages/words";

export const deleteOwnAccount = sessionAction<FormState>(
  { path: "/account/delete", demand: "unrestricted" },
  async ({ text, session, from }) => {
    const words = await getWords("deleteAccount");
    if (text("understood") !== "on") return { error: words("tickFirst") };
    const result = await deleteAccount({ session, from });
    if (!result.deleted) return { error: words("lastAdministrator") };
    await clearSessionCookie();
    await clearChallengeCookie();
    await clearLinkCookie();
    redirect("/login?why=deleted");
  },
);

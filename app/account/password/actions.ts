"use server";

import { redirect } from "next/navigation";
import { describePasswordRefusal } from "@/app/account-refusal";
import type { FormState } from "@/components/form";
import { sessionAction } from "@/lib/auth/action";
import { changePassword } from "@/lib/auth/change-password";
import { getWait, getWords } from "@/messages/words";

export const changeOwnPassword = sessionAction<FormState>(
  { path: "/account/password", demand: "fresh", keeps: ["endOthers"] },
  async ({ text, session, from }) => {
    const endOthers = text("endOthers") === "on" ? "end-others" : "keep-others";
    const result = await changePassword({
      session,
      current: text("current"),
      chosen: text("next"),
      endOthers,
      from,
    });
    if (result.changed) redirect("/account?done=password");
    const values = { endOthers: text("endOthers") || "off" };
    const words = await getWords("password");
    const form = await getWords("form");
    switch (result.reason) {
      case "current-wrong":
        return { values, fieldErrors: { current: words("currentWrong") } };
      case "refused":
        return { values, fieldErrors: { next: await describePasswordRefusal(result.refusal) } };
      case "unchanged":
        return { values, fieldErrors: { next: words("unchanged") } };
      case "waiting":
        return { values, error: form("waiting", { wait: await getWait(result.until) }) };
      case "busy":
        return { values, error: form("busy") };
    }
  },
);

"use server";

import { redirect } from "next/navigation";
import type { FormState } from "@/components/form";
import { sessionAction } from "@/lib/auth/action";
import { removeMethod } from "@/lib/auth/remove-method";
import { getWords } from "@/messages/words";
import { methodOfForm, methodPath } from "../../method-path";

export const remove = sessionAction<FormState>(
  {
    path: (text) => methodPath(methodOfForm(text), "remove"),
    demand: "unrestricted",
    keeps: ["endOthers"],
  },
  async ({ text, session, from }) => {
    const method = methodOfForm(text) ?? redirect("/account/mfa");
    const endOthers = text("endOthers") === "on" ? "end-others" : "keep-others";
    const result = await removeMethod({ session, method, endOthers, from });
    if (!result.removed && result.reason === "needed") {
      return { error: (await getWords("removeMethod"))("needed") };
    }
    if (!result.removed) redirect("/account/mfa");
    redirect(`/account/mfa?done=${result.last ? "off" : `removed-${method.method}`}`);
  },
);

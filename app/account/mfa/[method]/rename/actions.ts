"use server";

import { redirect } from "next/navigation";
import type { FormState } from "@/components/form";
import { sessionAction } from "@/lib/auth/action";
import { nameMethod } from "@/lib/auth/name-method";
import { getWords } from "@/messages/words";
import { methodOfForm, methodPath } from "../../method-path";

export const rename = sessionAction<FormState>(
  { path: (text) => methodPath(methodOfForm(text), "rename"), demand: "live" },
  async ({ text, session, from }) => {
    const method = methodOfForm(text);
    if (!method?.id) redirect("/account/mfa");
    const input = text("name");
    const result = await nameMethod({ session, method, input, from });
    if (!result.named && result.reason === "name") {
      const refusal = (await getWords("renameMethod"))("length");
      return { values: { name: input }, fieldErrors: { name: refusal } };
    }
    redirect(result.named ? "/account/mfa?done=renamed" : "/account/mfa");
  },
);

"use server";

import { redirect } from "next/navigation";
import type { FormState } from "@/components/form";
import { sessionAction } from "@/lib/auth/action";
import { parsePreferableMethod, preferMethod } from "@/lib/auth/prefer-method";

export const choosePreferred = sessionAction<FormState>(
  { path: "/account/mfa", demand: "live" },
  async ({ text, session, from }) => {
    const method = parsePreferableMethod(text("method"));
    const chosen = method && (await preferMethod({ session, method, from }));
    redirect(chosen ? `/account/mfa?done=prefers-${method}` : "/account/mfa");
  },
);

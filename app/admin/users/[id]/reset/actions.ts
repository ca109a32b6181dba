"use server";

import { notFound, redirect } from "next/navigation";
import type { FormState } from "@/components/form";
import { parseReason } from "@/lib/admin/parse-reason";
import { askForMfaReset } from "@/lib/admin/reset-mfa";
import { administratorAction } from "@/lib/auth/administration";
import { getWords } from "@/messages/words";
import { sayRefusal } from "../../../say-refusal";
import { helpPath } from "../helped-person";
import { parsePersonId } from "../person-path";

export const resetMfa = administratorAction<FormState>(
  {
    path: (text) => helpPath(parsePersonId(text("person")), "reset"),
    demand: "unrestricted",
    keeps: ["reason"],
  },
  async ({ text, session, from }) => {
    const userId = parsePersonId(text("person")) ?? notFound();
    const words = await getWords("lockedOut");
    const values = { person: userId, reason: text("reason") };
    const reason = parseReason(values.reason);
    if (!reason) return { values, fieldErrors: { reason: words("reasonInvalid") } };
    const result = await askForMfaReset({ session, userId, reason, from });
    const path = helpPath(userId, "reset");
    if (result.reset) redirect(`${path}?done=reset`);
    if (result.reason === "requested") redirect(`${path}?done=requested`);
    return { values, error: await sayRefusal(result, "ask") };
  },
);

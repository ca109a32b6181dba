"use server";

import { notFound, redirect } from "next/navigation";
import type { FormState } from "@/components/form";
import { administerAccount, parseAccountAct } from "@/lib/admin/administer-account";
import { administratorAction } from "@/lib/auth/administration";
import { getWords } from "@/messages/words";
import { parsePersonId, personPath } from "../person-path";

export const administer = administratorAction<FormState>(
  {
    path: (text) => {
      const { userId, act } = readTarget(text);
      return userId && act ? personPath(userId, act) : "/admin";
    },
    demand: "unrestricted",
    keeps: ["reason"],
  },
  async ({ text, session, from }) => {
    const { userId, act } = readTarget(text);
    if (!userId || !act) notFound();
    const reason = text("reason");
    const result = await administerAccount({ session, userId, act, reason, from });
    if (result.done) {
      const isOwn = userId === session.userId; // they administer no more
      redirect(isOwn ? "/account?done=role" : `${personPath(userId)}?done=${act}`);
    }
    const words = await getWords("person");
    switch (result.reason) {
      case "gone":
        return { error: words("gone") };
      case "reason":
        return { values: { reason }, fieldErrors: { reason: words("reasonMissing") } };
      default:
        return { values: { reason }, error: words(`refusals.${result.reason}`) };
    }
  },
);

const readTarget = (text: (field: string) => string) => ({
  userId: parsePersonId(text("user")),
  act: parseAccountAct(text("act")),
});

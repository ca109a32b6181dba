"use server";

import { redirect } from "next/navigation";
import type { FormState } from "@/components/form";
import { sessionAction } from "@/lib/auth/action";
import { holdSession } from "@/lib/auth/session-rows";
import { liftLossReport, reportAuthenticatorLost } from "@/lib/mfa/loss-report";
import { getWords } from "@/messages/words";

const PATH = "/account/mfa/authenticator-app/lost";

export const reportLoss = sessionAction<FormState>(
  { path: PATH, demand: "live" },
  async ({ session, from }) => {
    const result = await reportAuthenticatorLost({
      userId: session.userId,
      from,
      authorize: (tx) => holdSession(tx, session.id, "live"),
    });
    if (!result.suspended && result.reason === "last-usable") {
      return { error: (await getWords("lost"))("lastUsable") };
    }
    redirect("/account/mfa?done=suspended");
  },
);

export const liftLoss = sessionAction<FormState>(
  { path: PATH, demand: "fresh" },
  async ({ session, from }) => {
    const result = await liftLossReport({
      userId: session.userId,
      from,
      authorize: (tx) => holdSession(tx, session.id, "fresh"),
    });
    if (!result.lifted && result.reason === "needs-other-method") {
      return { error: (await getWords("lost"))("needsOtherMethod") };
    }
    redirect("/account/mfa?done=lifted");
  },
);

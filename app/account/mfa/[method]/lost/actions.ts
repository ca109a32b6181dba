"use server";

import { redirect } from "next/navigation";
import type { FormState } from "@/components/form";
import { sessionAction } from "@/lib/auth/action";
import { holdSession } from "@/lib/auth/session-rows";
import { liftLossReport, reportLost } from "@/lib/mfa/loss-report";
import { getWords } from "@/messages/words";
import { lossObstacleWord } from "../../loss-obstacle-word";
import { methodOfForm, methodPath } from "../../method-path";
import { methodWord } from "../../method-word";

type Text = (field: string) => string;

const pathOf = (text: Text) => methodPath(methodOfForm(text), "lost");

/** A security key can't be reported: it is removed instead. */
function losableMethod(text: Text) {
  const method = methodOfForm(text);
  return !method || method.method === "security-key" ? redirect("/account/mfa") : method;
}

export const reportLoss = sessionAction<FormState>(
  { path: pathOf, demand: "live" },
  async ({ text, session, from }) => {
    const lost = losableMethod(text);
    const result = await reportLost({
      userId: session.userId,
      lost,
      proof: session.aal === 2 ? "session" : "password",
      from,
      authorize: (tx) => holdSession(tx, session.id, "live"),
    });
    if (!result.suspended && result.reason !== "nothing-to-suspend") {
      return { error: (await getWords("lost"))(lossObstacleWord(result.reason)) };
    }
    redirect(`/account/mfa?done=suspended-${lost.method}`);
  },
);

export const liftLoss = sessionAction<FormState>(
  { path: pathOf, demand: "fresh" },
  async ({ text, session, from }) => {
    const lost = losableMethod(text);
    const result = await liftLossReport({
      userId: session.userId,
      lost,
      from,
      authorize: (tx) => holdSession(tx, session.id, "fresh"),
    });
    if (!result.lifted && result.reason === "needs-other-method") {
      return {
        error: (await getWords("lost"))("needsOtherMethod", {
          method: methodWord(lost.method),
        }),
      };
    }
    redirect(`/account/mfa?done=lifted-${lost.method}`);
  },
);

"use server";

import { redirect } from "next/navigation";
import type { FormState } from "@/components/form";
import { challengeAction } from "@/lib/auth/action";
import { clearLinkCookie, readLinkToken } from "@/lib/auth/cookies";
import { logInWithMailedLink } from "@/lib/auth/log-in-with-mailed-link";
import { getWait, getWords } from "@/messages/words";
import { enter, OVER_PATH } from "../verify/outcome";

export const goOnWithLink = challengeAction<FormState>(
  async ({ challenge, previousToken, from }) => {
    const token = (await readLinkToken()) ?? "";
    const result = await logInWithMailedLink({ challenge, token, previousToken, from });
    if (result.verified) {
      await clearLinkCookie();
      const { userId } = challenge;
      return enter({ session: result.session, userId, path: "/account/mfa" });
    }
    switch (result.reason) {
      case "over":
      case "needs-password":
        redirect("/login/mailed-link");
        break;
      case "challenge-over":
        redirect(OVER_PATH);
        break;
      case "waiting": {
        const wait = await getWait(result.until);
        return { error: (await getWords("form"))("waiting", { wait }) };
      }
    }
  },
);

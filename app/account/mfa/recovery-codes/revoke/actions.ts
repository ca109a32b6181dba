"use server";

import { redirect } from "next/navigation";
import type { FormState } from "@/components/form";
import { sessionAction } from "@/lib/auth/action";
import { holdSession } from "@/lib/auth/session-rows";
import { revokeRecoveryCodes } from "@/lib/mfa/end-recovery-code-sets";
import { getWords } from "@/messages/words";

const PATH = "/account/mfa/recovery-codes/revoke";
const DEMAND = "unrestricted";

export const revokeCodes = sessionAction<FormState>(
  { path: PATH, demand: DEMAND },
  async ({ text, session, from }) => {
    const result = await revokeRecoveryCodes({
      userId: session.userId,
      knownSetId: text("knownSet") || null,
      from,
      authorize: (tx) => holdSession(tx, session.id, DEMAND),
    });
    if (!result.revoked && result.reason === "changed") {
      return { error: (await getWords("codes"))("revokeChanged") };
    }
    redirect("/account/mfa/recovery-codes?done=revoked");
  },
);

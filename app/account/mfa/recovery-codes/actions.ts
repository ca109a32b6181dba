"use server";

import { redirect } from "next/navigation";
import { z } from "zod";
import type { CodesSheet } from "@/components/ten-codes";
import { sessionAction } from "@/lib/auth/action";
import { holdSession } from "@/lib/auth/session-rows";
import { config } from "@/lib/config";
import { findEnrolledMethods } from "@/lib/mfa/methods";
import {
  confirmRecoveryCodeSet,
  findLiveSet,
  generateRecoveryCodeSet,
} from "@/lib/mfa/recovery-code-sets";
import { getWords } from "@/messages/words";
import { composeSheet } from "./sheet";

/** The answer to "Generate New Codes": the only place where ten codes are ever in plain text. */
export type GenerationState = {
  generated?: { setId: string; codes: string[]; sheet: CodesSheet };
  error?: string;
};

const PATH = "/account/mfa/recovery-codes";

export const generateRecoveryCodes = sessionAction<GenerationState>(
  { path: PATH, demand: "fresh" },
  async ({ text, session, from }) => {
    const { userId, amr, email } = session;
    const { recoveryCodes } = await findEnrolledMethods(userId);
    if (recoveryCodes?.disabled && !amr.includes("otp")) {
      return { error: (await getWords("mfa"))("disabledNeedsOther") };
    }
    const result = await generateRecoveryCodeSet({
      userId,
      knownSetId: text("knownSet") || null,
      steppedUpBy: amr,
      from,
      authorize: (tx) => holdSession(tx, session.id, "fresh"),
    });
    if (result.generated) {
      const { set, codes } = result;
      const origin = config().APP_URL;
      const sheet = await composeSheet({ codes, origin, email, ...set });
      return { generated: { setId: set.id, codes, sheet } };
    }
    const words = await getWords("codes");
    switch (result.reason) {
      case "busy":
        return { error: (await getWords("form"))("busy") };
      case "no-other-method":
        return { error: words("needMethod") };
      case "already-generated": {
        const live = await findLiveSet(userId);
        return live ? { error: words("alreadyGenerated", { letter: live.letter }) } : {};
      }
    }
  },
);

export const confirmRecoveryCodes = sessionAction<undefined>(
  { path: PATH, demand: "live" },
  async ({ text, session, from }) => {
    // Without the tick nothing is confirmed; the codes work all the same, and the pages say so.
    if (text("saved") !== "on") redirect("/account/mfa?done=unsaved");
    const { data: setId } = z.uuid().safeParse(text("set"));
    const confirmed =
      setId !== undefined &&
      (await confirmRecoveryCodeSet({
        userId: session.userId,
        setId,
        from,
        authorize: (tx) => holdSession(tx, session.id, "live"),
      }));
    redirect(`/account/mfa?done=${confirmed ? "saved" : "unsaved"}`);
  },
);

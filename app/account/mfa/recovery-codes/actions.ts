"use server";

import { redirect } from "next/navigation";
import { z } from "zod";
import type { CodesSheet } from "@/components/ten-codes";
import { sessionAction } from "@/lib/auth/action";
import { holdSession, SessionTooWeak } from "@/lib/auth/session-rows";
import { config } from "@/lib/config";
import { discardRecoveryCodeSet } from "@/lib/mfa/end-recovery-code-sets";
import { isProvedByOther } from "@/lib/mfa/method-names";
import { findEnrolledMethods } from "@/lib/mfa/methods";
import {
  confirmRecoveryCodeSet,
  findLiveSets,
  generateRecoveryCodeSet,
  parsePreviousSet,
} from "@/lib/mfa/recovery-code-sets";
import { getWords } from "@/messages/words";
import { composeSheet, describeOldSets } from "./sheet";

/** The answer to "Generate New Codes": the only place where ten codes are ever in plain text. */
export type GenerationState = {
  generated?: { setId: string; codes: string[]; sheet: CodesSheet; oldSets: string[] };
  error?: string;
  /** What was chosen for the set in use. */
  previous?: string;
};

const PATH = "/account/mfa/recovery-codes";

export const generateRecoveryCodes = sessionAction<GenerationState>(
  { path: PATH, demand: "fresh", keeps: ["previous"] },
  async ({ text, session, from }) => {
    const { userId, amr, email } = session;
    const previous = parsePreviousSet(text("previous"));
    const { recoveryCodes } = await findEnrolledMethods(userId);
    if (recoveryCodes?.disabled && !isProvedByOther(amr, "recovery-codes")) {
      return { previous, error: (await getWords("mfa"))("disabledNeedsOther") };
    }
    const result = await generateRecoveryCodeSet({
      userId,
      knownSetId: text("knownSet") || null,
      previous,
      steppedUpBy: amr,
      from,
      authorize: (tx) => holdSession(tx, session.id, "fresh"),
    });
    if (result.generated) {
      const { set, codes } = result;
      const origin = config().APP_URL;
      const sheet = await composeSheet({ codes, origin, email, ...set });
      const oldSets = await describeOldSets(set);
      return { generated: { setId: set.id, codes, sheet, oldSets } };
    }
    const words = await getWords("codes");
    switch (result.reason) {
      case "busy":
        return { previous, error: (await getWords("form"))("busy") };
      case "password-only":
        throw new SessionTooWeak("fresh"); // a step-up, not codes
      case "no-other-method":
        return { error: words("needMethod") };
      case "already-generated": {
        const { inUse, replacement } = await findLiveSets(userId);
        const made = replacement ?? inUse;
        return made ? { previous, error: words("alreadyGenerated", { letter: made.letter }) } : {};
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

export const discardRecoveryCodes = sessionAction<undefined>(
  { path: PATH, demand: "fresh" },
  async ({ text, session, from }) => {
    const { data: setId } = z.uuid().safeParse(text("set"));
    const discarded =
      setId !== undefined &&
      (await discardRecoveryCodeSet({
        userId: session.userId,
        setId,
        from,
        authorize: (tx) => holdSession(tx, session.id, "fresh"),
      }));
    redirect(discarded ? `${PATH}?done=discarded` : PATH);
  },
);

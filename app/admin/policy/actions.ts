"use server";

import { redirect } from "next/navigation";
import { z } from "zod";
import type { FormState } from "@/components/form";
import { changePolicy } from "@/lib/admin/policy-change";
import {
  POLICY_FORM_FIELDS,
  type PolicyRefusal,
  parsePolicyChoice,
} from "@/lib/admin/policy-choice";
import { administratorAction } from "@/lib/auth/administration";
import { getWords } from "@/messages/words";
import { confirmPath, POLICY_PATH } from "./paths";

/** Which field a refusal is told at. */
const FIELD_OF: Record<PolicyRefusal, string> = {
  requirement: "requirement",
  graceDays: "graceDays",
  lowCodes: "lowCodes",
  temporaryCodeUses: "temporaryCodeUses",
  methods: "methods",
  "methods-impossible": "methods",
  "codes-do-not-count": "codesRequired",
};

const KEPT = [...POLICY_FORM_FIELDS, "known"];

/** Changes nothing: leads to the page that says what the choice would do. */
export const reviewPolicy = administratorAction<FormState>(
  { path: POLICY_PATH, demand: "unrestricted", keeps: KEPT },
  async ({ text }) => {
    const { choice, refusals } = parsePolicyChoice(text);
    if (choice) redirect(confirmPath(choice, text("known")));
    const words = await getWords("policy");
    return {
      error: words("refused"),
      values: Object.fromEntries(KEPT.map((field) => [field, text(field)])),
      fieldErrors: Object.fromEntries(
        refusals.map((refusal) => [FIELD_OF[refusal], words(`refusal${refusal}`)]),
      ),
    };
  },
);

export const savePolicy = administratorAction<FormState>(
  {
    path: (text) => {
      const { choice } = parsePolicyChoice(text);
      return choice ? confirmPath(choice, text("known")) : POLICY_PATH;
    },
    demand: "unrestricted",
  },
  async ({ text, session, from }) => {
    const { choice } = parsePolicyChoice(text);
    if (!choice) redirect(POLICY_PATH);
    const { data: knownId } = z.uuid().safeParse(text("known"));
    const result = await changePolicy({ session, choice, knownId, from });
    if (result.changed) redirect(`${POLICY_PATH}?done=saved`);
    if (result.reason === "nothing-new") redirect(`${POLICY_PATH}?done=nothing`);
    redirect(confirmPath(choice, text("known"))); // which says what came in between
  },
);

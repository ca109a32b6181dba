"use server";

import { notFound, redirect } from "next/navigation";
import type { FormState } from "@/components/form";
import {
  endTemporaryCode,
  MAX_HOURS,
  makeApprovedTemporaryCode,
  makeTemporaryCode,
} from "@/lib/admin/make-temporary-code";
import { parseReason } from "@/lib/admin/parse-reason";
import { administratorAction } from "@/lib/auth/administration";
import { getDates, getWords } from "@/messages/words";
import { sayRefusal } from "../../../say-refusal";
import { helpPath } from "../helped-person";
import { parsePersonId } from "../person-path";

/** The answer to the button: the only place where the half is in plain text. */
export type TemporaryCodeState = FormState & { shown?: { half: string; until: string } };

export const makeCode = administratorAction<TemporaryCodeState>(
  {
    path: (text) => helpPath(parsePersonId(text("person")), "temporary-code"),
    demand: "unrestricted",
    keeps: ["hours", "reason"],
  },
  async ({ text, session, from }) => {
    const userId = parsePersonId(text("person")) ?? notFound();
    const words = await getWords("lockedOut");
    const values = { hours: text("hours"), reason: text("reason") };
    const order = { session, userId, knownCodeId: parsePersonId(text("known")), from };
    const isApproved = text("approved") === "yes";
    const hours = parseHours(values.hours);
    const reason = parseReason(values.reason);
    if (!isApproved && (!hours || !reason)) {
      return {
        values,
        fieldErrors: {
          ...(!hours && { hours: words("hoursInvalid") }),
          ...(!reason && { reason: words("reasonInvalid") }),
        },
      };
    }
    const result =
      !isApproved && hours && reason
        ? await makeTemporaryCode({ ...order, hours, reason })
        : await makeApprovedTemporaryCode(order);
    if (result.made) {
      const date = (await getDates()).moment(result.expiresAt);
      const until = words("codeShownUntil", { until: date });
      return { shown: { half: result.half, until } };
    }
    switch (result.reason) {
      case "requested":
        return redirect(`${helpPath(userId, "temporary-code")}?done=requested`);
      case "busy":
        return { values, error: (await getWords("form"))("busy") };
      default:
        return { values, error: await sayRefusal(result, "ask") };
    }
  },
);

function parseHours(input: string): number | undefined {
  const hours = /^\s*\d{1,2}\s*$/.test(input) ? Number(input) : 0;
  return hours >= 1 && hours <= MAX_HOURS ? hours : undefined;
}

export const endCode = administratorAction<FormState>(
  {
    path: (text) => helpPath(parsePersonId(text("person")), "temporary-code"),
    demand: "live",
  },
  async ({ text, session, from }) => {
    const userId = parsePersonId(text("person")) ?? notFound();
    const ended = await endTemporaryCode({ session, userId, from });
    redirect(`${helpPath(userId, "temporary-code")}?done=${ended ? "ended" : "none"}`);
  },
);

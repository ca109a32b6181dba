"use server";

import { redirect } from "next/navigation";
import { z } from "zod";
import type { FormState } from "@/components/form";
import { inviteByMail, withdrawInvitation } from "@/lib/admin/invite";
import { administratorAction } from "@/lib/auth/administration";
import { getWords } from "@/messages/words";

const PATH = "/admin/invitations";

export const invite = administratorAction<FormState>(
  { path: PATH, demand: "unrestricted", keeps: ["email", "role"] },
  async ({ text, session, from }) => {
    const role = text("role") === "ADMINISTRATOR" ? "ADMINISTRATOR" : "USER";
    const values = { email: text("email"), role };
    const result = await inviteByMail({ session, ...values, role, from });
    if (result.invited) redirect(`${PATH}?done=sent`);
    const words = await getWords("invitations");
    switch (result.reason) {
      case "email":
        return { values, fieldErrors: { email: (await getWords("form"))("emailInvalid") } };
      case "account":
        return { values, fieldErrors: { email: words("hasAccount") } };
      case "too-many":
        return { values, error: words("tooMany") };
    }
  },
);

export const cancelOpenInvitation = administratorAction<FormState>(
  { path: PATH, demand: "unrestricted" },
  async ({ text, session, from }) => {
    const { data: id } = z.uuid().safeParse(text("invitation"));
    const cancelled = id !== undefined && (await withdrawInvitation({ session, id, from }));
    redirect(`${PATH}?done=${cancelled ? "cancelled" : "gone"}`);
  },
);

"use server";

import { redirect } from "next/navigation";
import { z } from "zod";
import { parseEnrollmentView } from "@/lib/admin/enrollment-view";
import { nudge } from "@/lib/admin/nudge";
import { administratorAction } from "@/lib/auth/administration";
import { enrollmentPath } from "../enrollment-path";

export const remindByMail = administratorAction<undefined>(
  { path: "/admin/remind", demand: "live" },
  async ({ text, session, from }) => {
    const { data: personId } = z.uuid().safeParse(text("person"));
    const view = parseEnrollmentView(text);
    const reminded = await nudge({ session, whom: personId ? { personId } : { view }, from });
    redirect(enrollmentPath(view, { reminded: String(reminded) }));
  },
);

"use server";

import { redirect } from "next/navigation";
import { z } from "zod";
import { sessionAction } from "@/lib/auth/action";
import { endAllOtherSessions, endAnotherSession } from "@/lib/auth/end-sessions";

const PATH = "/account/sessions";

export const endSession = sessionAction<undefined>(
  { path: PATH, demand: "fresh" },
  async ({ text, session, from }) => {
    const { data: id } = z.uuid().safeParse(text("session"));
    const ended = id !== undefined && (await endAnotherSession({ session, id, from }));
    redirect(`${PATH}?done=${ended ? "ended" : "gone"}`);
  },
);

export const endOtherSessions = sessionAction<undefined>(
  { path: PATH, demand: "fresh" },
  async ({ session, from }) => {
    await endAllOtherSessions({ session, from });
    redirect(`${PATH}?done=others`);
  },
);

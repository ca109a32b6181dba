"use server";

import { redirect } from "next/navigation";
import { z } from "zod";
import type { FormState } from "@/components/form";
import { approveRequest, declineRequest } from "@/lib/admin/administrative-requests";
import { administratorAction } from "@/lib/auth/administration";
import { getDates, getWords } from "@/messages/words";

const PATH = "/admin/requests";
const OPTIONS = { path: PATH, demand: "unrestricted" } as const;

export const approve = administratorAction<FormState>(OPTIONS, async ({ text, session, from }) => {
  const { data: id } = z.uuid().safeParse(text("request"));
  const words = await getWords("lockedOut");
  if (!id) return { error: words("refusal.gone") };
  const result = await approveRequest({ session, id, from });
  if (!result.approved) {
    const settled = result.reason === "new-role" ? result.from : undefined;
    const date = settled ? (await getDates()).moment(settled) : "";
    return { error: words(`refusal.${result.reason}`, { from: date }) };
  }
  redirect(`${PATH}?done=${result.kind}`);
});

export const decline = administratorAction<FormState>(OPTIONS, async ({ text, session, from }) => {
  const { data: id } = z.uuid().safeParse(text("request"));
  const declined = id !== undefined && (await declineRequest({ session, id, from }));
  if (!declined) return { error: (await getWords("lockedOut"))("refusal.gone") };
  redirect(`${PATH}?done=declined`);
});

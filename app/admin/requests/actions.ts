"use server";

import { redirect } from "next/navigation";
import { z } from "zod";
import type { FormState } from "@/components/form";
import { approveRequest, declineRequest } from "@/lib/admin/administrative-requests";
import { administratorAction } from "@/lib/auth/administration";
import { getWords } from "@/messages/words";
import { sayRefusal } from "../say-refusal";

const PATH = "/admin/requests";
const OPTIONS = { path: PATH, demand: "unrestricted" } as const;

export const approve = administratorAction<FormState>(OPTIONS, async ({ text, session, from }) => {
  const { data: id } = z.uuid().safeParse(text("request"));
  if (!id) return { error: await sayRefusal({ reason: "gone" }, "approve") };
  const result = await approveRequest({ session, id, from });
  if (!result.approved) return { error: await sayRefusal(result, "approve") };
  redirect(`${PATH}?done=${result.kind}`);
});

export const decline = administratorAction<FormState>(OPTIONS, async ({ text, session, from }) => {
  const { data: id } = z.uuid().safeParse(text("request"));
  const declined = id !== undefined && (await declineRequest({ session, id, from }));
  if (!declined) return { error: (await getWords("lockedOut"))("refusal.gone") };
  redirect(`${PATH}?done=declined`);
});

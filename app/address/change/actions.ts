"use server";

import { redirect } from "next/navigation";
import { decideAddressChange } from "@/lib/auth/change-address";
import { clearLinkCookie, readLinkToken } from "@/lib/auth/cookies";
import { requestSource, requireOwnOrigin } from "@/lib/auth/request";

export async function confirmMailedChange(): Promise<void> {
  await decide("confirm");
}

export async function cancelMailedChange(): Promise<void> {
  await decide("cancel");
}

async function decide(decision: "confirm" | "cancel"): Promise<never> {
  await requireOwnOrigin();
  const token = (await readLinkToken()) ?? "";
  const outcome = await decideAddressChange({ token, decision, from: await requestSource() });
  if (outcome !== "later") await clearLinkCookie();
  redirect(`/address/change?done=${outcome}`);
}

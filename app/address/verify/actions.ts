"use server";

import { redirect } from "next/navigation";
import { clearLinkCookie, readLinkToken } from "@/lib/auth/cookies";
import { requestSource, requireOwnOrigin } from "@/lib/auth/request";
import { disownAccount, verifyAddress } from "@/lib/auth/verify-address";

export async function verifyMailedAddress(): Promise<void> {
  await requireOwnOrigin();
  const result = await verifyAddress((await readLinkToken()) ?? "", await requestSource());
  await leadOn(result.verified ? "verified" : result.reason);
}

export async function disownMailedAccount(): Promise<void> {
  await requireOwnOrigin();
  await leadOn(await disownAccount((await readLinkToken()) ?? "", await requestSource()));
}

async function leadOn(outcome: string): Promise<never> {
  if (outcome !== "later") await clearLinkCookie();
  redirect(`/address/verify?done=${outcome}`);
}

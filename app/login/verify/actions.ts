"use server";

import { redirect } from "next/navigation";
import { clearChallengeCookie, readChallengeToken } from "@/lib/auth/cookies";
import { requireOwnOrigin } from "@/lib/auth/request";
import { endLoginChallenge } from "@/lib/mfa/login-challenge";

export async function startOver(): Promise<void> {
  await requireOwnOrigin();
  const token = await readChallengeToken();
  if (token) await endLoginChallenge(token);
  await clearChallengeCookie();
  redirect("/login");
}

import { redirect } from "next/navigation";
import { requireLoginChallenge } from "@/lib/auth/current-challenge";
import { findEnrolledMethods, firstMethod } from "@/lib/mfa/methods";

/** Sends on to the method the person prefers, or the strongest that works. */
export default async function VerifyPage() {
  const { userId } = await requireLoginChallenge();
  const methods = await findEnrolledMethods(userId);
  redirect(`/login/verify/${firstMethod(methods) ?? "methods"}`);
}

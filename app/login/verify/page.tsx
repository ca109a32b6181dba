import { redirect } from "next/navigation";
import { requireLoginChallenge } from "@/lib/auth/current-challenge";
import { findEnrolledMethods, isAppUsable } from "@/lib/mfa/methods";

/** Sends on to the strongest method that works. */
export default async function VerifyPage() {
  const { userId } = await requireLoginChallenge();
  const methods = await findEnrolledMethods(userId);
  redirect(`/login/verify/${isAppUsable(methods) ? "authenticator-app" : "methods"}`);
}

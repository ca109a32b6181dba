import { redirect } from "next/navigation";
import { requireLoginChallenge } from "@/lib/auth/current-challenge";
import { findEnrolledMethods } from "@/lib/mfa/methods";

/** Sends on to the strongest method that works. */
export default async function VerifyPage() {
  const { userId } = await requireLoginChallenge();
  const { authenticatorApp } = await findEnrolledMethods(userId);
  redirect(
    `/login/verify/${authenticatorApp?.disabled === false ? "authenticator-app" : "methods"}`,
  );
}

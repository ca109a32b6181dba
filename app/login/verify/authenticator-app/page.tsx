import { redirect } from "next/navigation";
import { AuthenticatorAppStep } from "@/app/verification/authenticator-app-step";
import { requireLoginChallenge } from "@/lib/auth/current-challenge";
import { findEnrolledMethods } from "@/lib/mfa/methods";
import { getWords } from "@/messages/words";
import { WaysOut } from "../ways-out";
import { verifyCode } from "./actions";

export async function generateMetadata() {
  return { title: (await getWords("verify"))("appTitle") };
}

export default async function AuthenticatorAppPage() {
  const { userId, email } = await requireLoginChallenge();
  const { authenticatorApp } = await findEnrolledMethods(userId);
  if (!authenticatorApp) redirect("/login/verify/methods");
  const account = (await getWords("verify"))("account", { email });
  return (
    <AuthenticatorAppStep userId={userId} account={account} action={verifyCode}>
      <WaysOut showLost />
    </AuthenticatorAppStep>
  );
}

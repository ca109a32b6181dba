import { redirect } from "next/navigation";
import { SecurityKeyStep } from "@/app/verification/security-key-step";
import { requireLoginChallenge } from "@/lib/auth/current-challenge";
import { findEnrolledMethods } from "@/lib/mfa/methods";
import { getWords } from "@/messages/words";
import { WaysOut } from "../ways-out";
import { verifyKey } from "./actions";

export async function generateMetadata() {
  return { title: (await getWords("securityKeys"))("stepTitle") };
}

export default async function SecurityKeyPage() {
  const { userId, email } = await requireLoginChallenge();
  const { securityKeys } = await findEnrolledMethods(userId);
  if (securityKeys.length === 0) redirect("/login/verify/methods");
  const account = (await getWords("verify"))("account", { email });
  return (
    <SecurityKeyStep userId={userId} account={account} action={verifyKey}>
      <WaysOut />
    </SecurityKeyStep>
  );
}

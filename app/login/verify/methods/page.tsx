import { MethodsStep } from "@/app/verification/methods-step";
import { requireLoginChallenge } from "@/lib/auth/current-challenge";
import { findEnrolledMethods } from "@/lib/mfa/methods";
import { getWords } from "@/messages/words";
import { WaysOut } from "../ways-out";

export async function generateMetadata() {
  return { title: (await getWords("verify"))("methodsTitle") };
}

export default async function MethodsPage() {
  const { userId, email } = await requireLoginChallenge();
  const { authenticatorApp, sparekeyAuthenticators } = await findEnrolledMethods(userId);
  const canBeLost = authenticatorApp !== undefined || sparekeyAuthenticators.length > 0;
  const account = (await getWords("verify"))("account", { email });
  return (
    <MethodsStep
      userId={userId}
      account={account}
      addressOf={(method) => `/login/verify/${method}`}
    >
      <WaysOut showMethods={false} showLost={canBeLost} />
    </MethodsStep>
  );
}

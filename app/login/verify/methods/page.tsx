import { redirect } from "next/navigation";
import { MethodsStep } from "@/app/verification/methods-step";
import { requireLoginChallenge } from "@/lib/auth/current-challenge";
import { findPendingReset } from "@/lib/auth/mailed-link";
import { findEnrolledMethods } from "@/lib/mfa/methods";
import { findLiveTemporaryCode } from "@/lib/mfa/temporary-codes";
import { getWords } from "@/messages/words";
import { WaysOut } from "../ways-out";

export async function generateMetadata() {
  return { title: (await getWords("verify"))("methodsTitle") };
}

export default async function MethodsPage() {
  const { userId, email } = await requireLoginChallenge();
  if (await findPendingReset(userId)) redirect("/login/verify/mailed-link");
  const { authenticatorApp, sparekeyAuthenticators } = await findEnrolledMethods(userId);
  const canBeLost = authenticatorApp !== undefined || sparekeyAuthenticators.length > 0;
  const account = (await getWords("verify"))("account", { email });
  return (
    <MethodsStep
      userId={userId}
      account={account}
      temporaryCode={await findLiveTemporaryCode(userId)}
      addressOf={(method) => `/login/verify/${method}`}
    >
      <WaysOut showMethods={false} showLost={canBeLost} />
    </MethodsStep>
  );
}

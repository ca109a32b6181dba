import { RecoveryCodeStep } from "@/app/verification/recovery-code-step";
import { requireLoginChallenge } from "@/lib/auth/current-challenge";
import { getWords } from "@/messages/words";
import { WaysOut } from "../ways-out";
import { verifyCode } from "./actions";

export async function generateMetadata() {
  return { title: (await getWords("verify"))("codesTitle") };
}

export default async function RecoveryCodesPage() {
  const { userId, email } = await requireLoginChallenge();
  const account = (await getWords("verify"))("account", { email });
  return (
    <RecoveryCodeStep userId={userId} account={account} action={verifyCode}>
      <WaysOut showHelp />
    </RecoveryCodeStep>
  );
}

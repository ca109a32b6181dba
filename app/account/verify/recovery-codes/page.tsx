import { RecoveryCodeStep } from "@/app/verification/recovery-code-step";
import { Notice } from "@/components/notice";
import { getWords } from "@/messages/words";
import { verifyWithCode } from "../actions";
import { readStepUpRequest, StepUpFrame, StepUpWaysOut } from "../step-up-request";

export async function generateMetadata() {
  return { title: (await getWords("verify"))("codesTitle") };
}

export default async function StepUpWithCodePage({
  searchParams,
}: PageProps<"/account/verify/recovery-codes">) {
  const request = await readStepUpRequest(searchParams);
  return (
    <StepUpFrame request={request}>
      <Notice tone="warning">{(await getWords("stepUp"))("codeRestricts")}</Notice>
      <RecoveryCodeStep
        userId={request.session.userId}
        account={request.account}
        action={verifyWithCode}
        hidden={request.hidden}
      >
        <StepUpWaysOut request={request} />
      </RecoveryCodeStep>
    </StepUpFrame>
  );
}

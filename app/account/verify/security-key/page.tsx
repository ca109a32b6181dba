import { redirect } from "next/navigation";
import { SecurityKeyStep } from "@/app/verification/security-key-step";
import { Notice } from "@/components/notice";
import { findKeyProbationEnd, listSecurityKeys } from "@/lib/mfa/security-keys";
import { getDates, getWords } from "@/messages/words";
import { verifyWithKey } from "../actions";
import { readStepUpRequest, StepUpFrame, StepUpWaysOut } from "../step-up-request";

export async function generateMetadata() {
  return { title: (await getWords("securityKeys"))("stepTitle") };
}

export default async function StepUpWithKeyPage({
  searchParams,
}: PageProps<"/account/verify/security-key">) {
  const request = await readStepUpRequest(searchParams);
  const { userId } = request.session;
  if ((await listSecurityKeys(userId)).length === 0) redirect(request.addressOf("methods"));
  const probation = request.isRestricted ? await findKeyProbationEnd(userId) : null;
  if (probation) {
    const time = (await getDates()).moment(probation);
    return (
      <div className="max-w-120 space-y-4">
        <h1>{(await getWords("stepUp"))("notYet")}</h1>
        <Notice tone="warning">{(await getWords("securityKeys"))("probation", { time })}</Notice>
        <StepUpWaysOut request={request} />
      </div>
    );
  }
  return (
    <StepUpFrame request={request}>
      <SecurityKeyStep
        userId={userId}
        account={request.account}
        action={verifyWithKey}
        fields={{ return: request.returnTo }}
      >
        <StepUpWaysOut request={request} />
      </SecurityKeyStep>
    </StepUpFrame>
  );
}

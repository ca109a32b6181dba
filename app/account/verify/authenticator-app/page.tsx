import { AuthenticatorAppStep } from "@/app/verification/authenticator-app-step";
import { Notice } from "@/components/notice";
import { findProbationEnd } from "@/lib/mfa/authenticator-app";
import { getDates, getWords } from "@/messages/words";
import { verifyWithApp } from "../actions";
import { readStepUpRequest, StepUpFrame, StepUpWaysOut } from "../step-up-request";

export async function generateMetadata() {
  return { title: (await getWords("verify"))("appTitle") };
}

export default async function StepUpWithAppPage({
  searchParams,
}: PageProps<"/account/verify/authenticator-app">) {
  const request = await readStepUpRequest(searchParams);
  const { userId } = request.session;
  const probation = request.isRestricted ? await findProbationEnd(userId) : null;
  const words = await getWords("stepUp");
  if (probation) {
    return (
      <div className="max-w-120 space-y-4">
        <h1>{words("notYet")}</h1>
        <Notice tone="warning">
          {words("probation", { time: (await getDates()).moment(probation) })}
        </Notice>
        <StepUpWaysOut request={request} showMethods={false} />
      </div>
    );
  }
  return (
    <StepUpFrame request={request}>
      <AuthenticatorAppStep
        userId={userId}
        account={request.account}
        action={verifyWithApp}
        hidden={request.hidden}
      >
        <StepUpWaysOut request={request} showMethods={!request.isRestricted} />
      </AuthenticatorAppStep>
    </StepUpFrame>
  );
}

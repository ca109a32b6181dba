import { MethodsStep } from "@/app/verification/methods-step";
import { getWords } from "@/messages/words";
import { readStepUpRequest, StepUpFrame, StepUpWaysOut } from "../step-up-request";

export async function generateMetadata() {
  return { title: (await getWords("verify"))("methodsTitle") };
}

export default async function StepUpMethodsPage({
  searchParams,
}: PageProps<"/account/verify/methods">) {
  const request = await readStepUpRequest(searchParams);
  return (
    <StepUpFrame request={request}>
      <MethodsStep
        userId={request.session.userId}
        account={request.account}
        addressOf={request.addressOf}
      >
        <StepUpWaysOut request={request} showMethods={false} />
      </MethodsStep>
    </StepUpFrame>
  );
}

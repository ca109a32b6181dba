import { KeyRound } from "lucide-react";
import { getFormTexts } from "@/app/form-texts";
import { Form } from "@/components/form";
import { StepCard } from "@/components/step-card";
import { getWords } from "@/messages/words";
import { verifyWithPassword } from "../actions";
import { readStepUpRequest, StepUpFrame, StepUpWaysOut } from "../step-up-request";

export async function generateMetadata() {
  return { title: (await getWords("stepUp"))("passwordTitle") };
}

export default async function StepUpWithPasswordPage({
  searchParams,
}: PageProps<"/account/verify/password">) {
  const request = await readStepUpRequest(searchParams);
  const words = await getWords("stepUp");
  return (
    <StepUpFrame request={request}>
      <StepCard icon={KeyRound} title={words("passwordTitle")} account={request.account}>
        <Form
          action={verifyWithPassword}
          texts={await getFormTexts((await getWords("verify"))("submit"))}
          fields={[
            { name: "username", label: "", type: "username", value: request.session.email },
            {
              name: "password",
              label: (await getWords("form"))("password"),
              type: "password",
              autoComplete: "current-password",
              autoFocus: true,
            },
            ...request.hidden,
          ]}
        />
        <StepUpWaysOut request={request} showMethods={false} />
      </StepCard>
    </StepUpFrame>
  );
}

import { Ticket } from "lucide-react";
import { getFormTexts } from "@/app/form-texts";
import { TemporaryCodeForm } from "@/app/verification/temporary-code-form";
import { getTemporaryCodeTypoTexts } from "@/app/verification/temporary-code-typos";
import { StepCard } from "@/components/step-card";
import { requireLoginChallenge } from "@/lib/auth/current-challenge";
import { getWords } from "@/messages/words";
import { WaysOut } from "../ways-out";
import { verifyTemporaryCode } from "./actions";

export async function generateMetadata() {
  return { title: (await getWords("lockedOut"))("codeTitle") };
}

/** Asks alike whether there is a code or not. */
export default async function TemporaryCodePage() {
  const { email } = await requireLoginChallenge();
  const words = await getWords("lockedOut");
  const verify = await getWords("verify");
  return (
    <StepCard
      icon={Ticket}
      title={words("codeTitle")}
      account={verify("account", { email })}
      intro={words("codeIntro")}
    >
      <TemporaryCodeForm
        action={verifyTemporaryCode}
        field={{
          name: "code",
          label: words("codeLabel"),
          hint: words("codeHint"),
          code: true,
          autoFocus: true,
        }}
        texts={await getFormTexts(verify("submit"))}
        typos={await getTemporaryCodeTypoTexts()}
      />
      <WaysOut />
    </StepCard>
  );
}

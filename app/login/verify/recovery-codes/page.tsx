import { ListChecks } from "lucide-react";
import { getFormTexts } from "@/app/form-texts";
import { Notice } from "@/components/notice";
import { StepCard } from "@/components/step-card";
import { requireLoginChallenge } from "@/lib/auth/current-challenge";
import { findEnrolledMethods } from "@/lib/mfa/methods";
import { getDates, getWords } from "@/messages/words";
import { WaysOut } from "../ways-out";
import { RecoveryCodeForm } from "./form";
import { getTypoTexts } from "./typo-texts";

export async function generateMetadata() {
  return { title: (await getWords("verify"))("codesTitle") };
}

export default async function RecoveryCodesStep() {
  const { userId, email } = await requireLoginChallenge();
  const { recoveryCodes: set } = await findEnrolledMethods(userId);
  const words = await getWords("verify");
  const dates = await getDates();
  const usable = set !== undefined && set.nextUnused !== undefined && !set.disabled;
  return (
    <StepCard
      icon={ListChecks}
      title={words("codesTitle")}
      account={words("account", { email })}
      intro={
        usable &&
        words("codesIntro", {
          letter: set.letter,
          date: dates.day(set.generatedAt),
          left: set.left,
          next: set.nextUnused ?? 0,
        })
      }
    >
      {usable ? (
        <RecoveryCodeForm
          texts={await getFormTexts(words("submit"))}
          typos={await getTypoTexts()}
          field={{
            name: "code",
            label: words("codesLabel"),
            hint: words("codesHint"),
            code: true,
            autoFocus: true,
          }}
        />
      ) : (
        <Notice tone="warning">
          {set === undefined && words("codesNoSet")}
          {set?.disabled && words("disabled")}
          {set && !set.disabled && words("codesNone", { letter: set.letter })}
        </Notice>
      )}
      <WaysOut showHelp />
    </StepCard>
  );
}

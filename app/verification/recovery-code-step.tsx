import { ListChecks } from "lucide-react";
import type { ReactNode } from "react";
import { getFormTexts } from "@/app/form-texts";
import type { Field, FormAction } from "@/components/form";
import { Notice } from "@/components/notice";
import { StepCard } from "@/components/step-card";
import { acceptedMethods, findEnrolledMethods, setsWithCodes } from "@/lib/mfa/methods";
import type { RecoveryCodeSetSummary } from "@/lib/mfa/recovery-code-sets";
import { getDates, getWords } from "@/messages/words";
import { RecoveryCodeForm } from "./recovery-code-form";
import { getTypoTexts } from "./typo-texts";

/** Asks for a recovery code, at a login and at a step-up. */
export async function RecoveryCodeStep({
  userId,
  account,
  action,
  hidden = [],
  children,
}: {
  userId: string;
  account: string;
  action: FormAction;
  hidden?: Field[];
  /** The ways out. */
  children: ReactNode;
}) {
  const methods = await findEnrolledMethods(userId);
  const { recoveryCodes: set } = methods;
  const [next, later] = setsWithCodes(methods);
  const words = await getWords("verify");
  const isRefused = set && !acceptedMethods(methods).includes("recovery-codes");
  const usable = next && !isRefused && !set?.disabled;
  const refusal =
    (set === undefined && words("codesNoSet")) ||
    (isRefused && (await getWords("policy"))("notAccepted")) ||
    (set?.disabled && words("disabled")) ||
    (set && words("codesNone", { letter: set.letter }));
  return (
    <StepCard
      icon={ListChecks}
      title={words("codesTitle")}
      account={account}
      intro={usable && (await describeSets(next, later))}
    >
      {!usable && <Notice tone="warning">{refusal}</Notice>}
      {/* Without a set, whoever holds an old sheet is still told what became of it. */}
      {(usable || !set) && (
        <RecoveryCodeForm
          action={action}
          hidden={hidden}
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
      )}
      {children}
    </StepCard>
  );
}

/** Which sheet to look for, and which number is next on it (63B §3.1.2.2). */
async function describeSets(
  set: RecoveryCodeSetSummary,
  replacement: RecoveryCodeSetSummary | undefined,
): Promise<string> {
  const words = await getWords("verify");
  const dates = await getDates();
  const first = words("codesIntro", {
    letter: set.letter,
    date: dates.day(set.generatedAt),
    left: set.left,
    next: set.nextUnused ?? 0,
  });
  if (!replacement) return first;
  const second = words("codesIntroReplacement", {
    letter: replacement.letter,
    date: dates.day(replacement.generatedAt),
    next: replacement.nextUnused ?? 0,
  });
  return `${first} ${second}`;
}

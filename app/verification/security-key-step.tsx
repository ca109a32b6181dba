import { KeyRound } from "lucide-react";
import type { ReactNode } from "react";
import { Notice } from "@/components/notice";
import { type SecurityKeyAction, SecurityKeyForm } from "@/components/security-key-form";
import { StepCard } from "@/components/step-card";
import { isAccepted } from "@/lib/mfa/accepted-method";
import { areSecurityKeysPossible } from "@/lib/mfa/relying-party";
import { listSecurityKeys } from "@/lib/mfa/security-keys";
import { getDates, getWords } from "@/messages/words";
import { getCeremonyTexts } from "./security-key-texts";

/** Asks for one of the person's keys, at a login and at a step-up. */
export async function SecurityKeyStep({
  userId,
  account,
  action,
  fields,
  children,
}: {
  userId: string;
  account: string;
  action: SecurityKeyAction;
  /** Sent along, by name. */
  fields?: Record<string, string>;
  /** The ways out. */
  children: ReactNode;
}) {
  const words = await getWords("securityKeys");
  const dates = await getDates();
  const accepted = await isAccepted({ userId, method: "security-key" });
  const names = dates.list((await listSecurityKeys(userId)).map(({ name }) => name));
  return (
    <StepCard
      icon={KeyRound}
      title={words("stepTitle")}
      account={account}
      intro={words("stepIntro", { names })}
    >
      {accepted && areSecurityKeysPossible() ? (
        <SecurityKeyForm
          action={action}
          fields={fields}
          texts={{
            ...(await getCeremonyTexts()),
            submit: words("use"),
            working: (await getWords("form"))("working"),
            waiting: words("waiting"),
            needsScripts: words("stepNeedsScripts"),
          }}
        />
      ) : (
        <Notice tone="warning">
          {accepted ? words("needsHttps") : (await getWords("policy"))("notAccepted")}
        </Notice>
      )}
      {children}
    </StepCard>
  );
}

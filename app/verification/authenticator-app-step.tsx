import { Smartphone } from "lucide-react";
import type { ReactNode } from "react";
import { getFormTexts } from "@/app/form-texts";
import { type Field, Form, type FormAction } from "@/components/form";
import { Notice } from "@/components/notice";
import { StepCard } from "@/components/step-card";
import { acceptedMethods, findEnrolledMethods } from "@/lib/mfa/methods";
import { getDates, getWords } from "@/messages/words";

/** Asks for the six digits of the app, at a login and at a step-up. */
export async function AuthenticatorAppStep({
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
  const { authenticatorApp } = methods;
  const words = await getWords("verify");
  const product = (await getWords("product"))("name");
  const suspendedAt = authenticatorApp?.suspendedAt;
  const isRefused = authenticatorApp && !acceptedMethods(methods).includes("authenticator-app");
  const usable = authenticatorApp && !isRefused && !authenticatorApp.disabled && !suspendedAt;
  return (
    <StepCard
      icon={Smartphone}
      title={words("appTitle")}
      account={account}
      intro={usable && words("appIntro", { product })}
    >
      {usable ? (
        <Form
          action={action}
          texts={await getFormTexts(words("submit"))}
          fields={[
            {
              name: "code",
              label: words("appLabel"),
              autoComplete: "one-time-code",
              inputMode: "numeric",
              code: true,
              autoFocus: true,
            },
            ...hidden,
          ]}
        />
      ) : (
        <Notice tone="warning">
          {isRefused
            ? (await getWords("policy"))("notAccepted")
            : suspendedAt
              ? words("appSuspended", { date: (await getDates()).day(suspendedAt) })
              : words("disabled")}
        </Notice>
      )}
      {children}
    </StepCard>
  );
}

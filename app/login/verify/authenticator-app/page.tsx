import { Smartphone } from "lucide-react";
import { redirect } from "next/navigation";
import { getFormTexts } from "@/app/form-texts";
import { Form } from "@/components/form";
import { StepCard } from "@/components/step-card";
import { requireLoginChallenge } from "@/lib/auth/current-challenge";
import { findEnrolledMethods } from "@/lib/mfa/methods";
import { getWords } from "@/messages/words";
import { WaysOut } from "../ways-out";
import { verifyCode } from "./actions";

export async function generateMetadata() {
  return { title: (await getWords("verify"))("appTitle") };
}

export default async function AuthenticatorAppStep() {
  const { userId, email } = await requireLoginChallenge();
  const { authenticatorApp } = await findEnrolledMethods(userId);
  if (!authenticatorApp) redirect("/login/verify/methods");
  const words = await getWords("verify");
  const product = (await getWords("product"))("name");
  return (
    <StepCard
      icon={Smartphone}
      title={words("appTitle")}
      account={words("account", { email })}
      intro={words("appIntro", { product })}
    >
      <Form
        action={verifyCode}
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
        ]}
      />
      <WaysOut />
    </StepCard>
  );
}

import { MailCheck } from "lucide-react";
import { redirect } from "next/navigation";
import { ButtonForm } from "@/components/button-form";
import { Notice } from "@/components/notice";
import { StepCard } from "@/components/step-card";
import { readLinkToken } from "@/lib/auth/cookies";
import { requireLoginChallenge } from "@/lib/auth/current-challenge";
import { findMailedLinkState } from "@/lib/auth/log-in-with-mailed-link";
import { findPendingReset } from "@/lib/auth/mailed-link";
import { getWords } from "@/messages/words";
import { WaysOut } from "../ways-out";
import { sendLinkAgain } from "./actions";

export async function generateMetadata() {
  return { title: (await getWords("lockedOut"))("linkTitle") };
}

/** The second step of somebody whose methods were reset. */
export default async function OpenMailedLinkPage() {
  const challenge = await requireLoginChallenge();
  const reset = await findPendingReset(challenge.userId);
  if (!reset) redirect("/login/verify/methods");
  const token = (await readLinkToken()) ?? "";
  // The link was opened here before the password was given.
  if ((await findMailedLinkState(token, challenge)) === "ready") redirect("/login/mailed-link");
  const words = await getWords("lockedOut");
  const { email, isPasswordNewer } = reset;
  return (
    <StepCard
      icon={MailCheck}
      title={words("linkTitle")}
      account={(await getWords("verify"))("account", { email })}
      intro={isPasswordNewer ? undefined : words("linkIntro", { email })}
    >
      {isPasswordNewer ? (
        <Notice tone="warning">{words("linkBlocked")}</Notice>
      ) : (
        <>
          <p className="text-sm text-muted">{words("linkHint")}</p>
          <ButtonForm
            action={sendLinkAgain}
            texts={{ submit: words("linkAgain"), working: (await getWords("form"))("working") }}
          />
        </>
      )}
      <WaysOut showMethods={false} />
    </StepCard>
  );
}

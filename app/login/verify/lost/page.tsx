import { SmartphoneNfc } from "lucide-react";
import { getFormTexts } from "@/app/form-texts";
import { Form } from "@/components/form";
import { Notice } from "@/components/notice";
import { StepCard } from "@/components/step-card";
import { requireLoginChallenge } from "@/lib/auth/current-challenge";
import { findEnrolledMethods, isUsable } from "@/lib/mfa/methods";
import { getDates, getWords } from "@/messages/words";
import { WaysOut } from "../ways-out";
import { reportLost } from "./actions";

export async function generateMetadata() {
  return { title: (await getWords("lost"))("title") };
}

export default async function LostPage() {
  const { userId, email } = await requireLoginChallenge();
  const methods = await findEnrolledMethods(userId);
  const words = await getWords("lost");
  const suspendedAt = methods.authenticatorApp?.suspendedAt;
  return (
    <StepCard
      icon={SmartphoneNfc}
      title={words("title")}
      account={(await getWords("verify"))("account", { email })}
    >
      {suspendedAt ? (
        <Notice tone="info" announce="status">
          {words("done", { date: (await getDates()).day(suspendedAt) })}
        </Notice>
      ) : isUsable(methods, "recovery-codes") ? (
        <>
          <p className="text-muted">{words("intro")}</p>
          <Form action={reportLost} texts={await getFormTexts(words("submit"))} fields={[]} />
        </>
      ) : (
        <Notice tone="warning">{words("lastUsable")}</Notice>
      )}
      <WaysOut />
    </StepCard>
  );
}

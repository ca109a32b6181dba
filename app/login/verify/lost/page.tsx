import { SmartphoneNfc } from "lucide-react";
import { lossObstacleWord } from "@/app/account/mfa/loss-obstacle-word";
import { methodFields } from "@/app/account/mfa/method-path";
import { methodWord } from "@/app/account/mfa/method-word";
import { getFormTexts } from "@/app/form-texts";
import { Form } from "@/components/form";
import { Notice } from "@/components/notice";
import { StepCard } from "@/components/step-card";
import { requireLoginChallenge } from "@/lib/auth/current-challenge";
import { findLossReportObstacle, type LosableMethod } from "@/lib/mfa/loss-report";
import { type EnrolledMethods, findEnrolledMethods } from "@/lib/mfa/methods";
import { getDates, getWords } from "@/messages/words";
import { WaysOut } from "../ways-out";
import { reportLoss } from "./actions";

export async function generateMetadata() {
  return { title: (await getWords("lost"))("chooseTitle") };
}

/** What was lost, of what can be: each an own form, so that it works without scripts. */
export default async function LostPage() {
  const { userId, email } = await requireLoginChallenge();
  const methods = await findEnrolledMethods(userId);
  const all = losable(methods);
  const lost = all.find(({ suspendedAt }) => suspendedAt);
  const words = await getWords("lost");
  const [only] = all;
  return (
    <StepCard
      icon={SmartphoneNfc}
      title={
        all.length === 1 && only
          ? words("title", { method: methodWord(only.method) })
          : words("chooseTitle")
      }
      account={(await getWords("verify"))("account", { email })}
    >
      {lost?.suspendedAt ? (
        <Notice tone="info" announce="status">
          {words("done", {
            method: methodWord(lost.method),
            date: (await getDates()).day(lost.suspendedAt),
          })}
        </Notice>
      ) : (
        await Promise.all(
          all.map((one) => (
            <Report
              key={one.id ?? one.method}
              one={one}
              isOnly={all.length === 1}
              methods={methods}
            />
          )),
        )
      )}
      <WaysOut />
    </StepCard>
  );
}

type Losable = LosableMethod & { name: string; suspendedAt: Date | null };

function losable({ authenticatorApp, sparekeyAuthenticators }: EnrolledMethods): Losable[] {
  const app = authenticatorApp && {
    method: "authenticator-app" as const,
    name: "",
    suspendedAt: authenticatorApp.suspendedAt,
  };
  const phones = sparekeyAuthenticators.map(({ id, name, suspendedAt }) => ({
    method: "notification" as const,
    id,
    name,
    suspendedAt,
  }));
  return [...(app ? [app] : []), ...phones];
}

async function Report({
  one,
  isOnly,
  methods,
}: {
  one: Losable;
  isOnly: boolean;
  methods: EnrolledMethods;
}) {
  const words = await getWords("lost");
  const { method } = one;
  // The app has no name of its own, and needs one only beside others.
  const name = one.name || (isOnly ? "" : (await getWords("verify"))("app"));
  const obstacle = findLossReportObstacle(methods, { lost: one, proof: "password" });
  if (obstacle) {
    return (
      <Notice tone="warning" title={name || undefined}>
        {words(lossObstacleWord(obstacle))}
      </Notice>
    );
  }
  return (
    <section className="space-y-3">
      {name && <h2 className="text-base">{name}</h2>}
      <p className="text-muted">{words("intro", { method: methodWord(method) })}</p>
      <Form
        action={reportLoss}
        texts={await getFormTexts(name ? words("submitNamed", { name }) : words("submit"))}
        fields={methodFields(one)}
      />
    </section>
  );
}

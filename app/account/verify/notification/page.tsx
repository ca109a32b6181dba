import { redirect } from "next/navigation";
import { NotificationStep } from "@/app/verification/notification-step";
import { Notice } from "@/components/notice";
import { findStepUp } from "@/lib/mfa/login-challenge";
import {
  findPhoneProbationEnd,
  listSparekeyAuthenticators,
} from "@/lib/mfa/sparekey-authenticators";
import { getDates, getWords } from "@/messages/words";
import { readStepUpRequest, StepUpFrame, StepUpWaysOut } from "../step-up-request";
import { proceed, sendNotification } from "./actions";

export async function generateMetadata() {
  return { title: (await getWords("approval"))("title") };
}

export default async function StepUpWithNotificationPage({
  searchParams,
}: PageProps<"/account/verify/notification">) {
  const request = await readStepUpRequest(searchParams);
  const { session, addressOf, isRestricted, returnTo } = request;
  const { id: sessionId, userId } = session;
  if ((await listSparekeyAuthenticators(userId)).length === 0) redirect(addressOf("methods"));
  const probation = isRestricted ? await findPhoneProbationEnd(userId) : null;
  if (probation) {
    const words = await getWords("stepUp");
    return (
      <div className="max-w-120 space-y-4">
        <h1>{words("notYet")}</h1>
        <Notice tone="warning">
          {words("phoneProbation", { time: (await getDates()).moment(probation) })}
        </Notice>
        <StepUpWaysOut request={request} />
      </div>
    );
  }
  return (
    <StepUpFrame request={request}>
      <NotificationStep
        userId={userId}
        account={request.account}
        challenge={await findStepUp(sessionId)}
        occasion="step-up"
        actions={{ send: sendNotification, proceed }}
        paths={{
          step: "/account/verify/notification",
          methods: addressOf("methods"),
          done: returnTo,
        }}
        query={{ return: returnTo, ...(isRestricted && { why: "restricted" }) }}
        shown={await searchParams}
      >
        <StepUpWaysOut request={request} showMethods={false} />
      </NotificationStep>
    </StepUpFrame>
  );
}

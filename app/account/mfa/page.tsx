import { Fragment, type ReactNode } from "react";
import { Notice } from "@/components/notice";
import { requireSession } from "@/lib/auth/current-session";
import { findEnrollmentDuty } from "@/lib/mfa/enrollment-duty";
import type { EnrollableMethod } from "@/lib/mfa/method-names";
import {
  type EnrolledMethods,
  enrolledMethods,
  findEnrolledMethods,
  hasMfa,
} from "@/lib/mfa/methods";
import { listRecoveryCodeSets } from "@/lib/mfa/recovery-code-sets";
import { getWords } from "@/messages/words";
import { EnrollmentDutyNotice } from "../enrollment-duty";
import { AppCard } from "./authenticator-app/card";
import { AuthenticatorAppStage } from "./authenticator-app/stage";
import { getEnrollmentTexts } from "./authenticator-app/texts";
import { NotificationCard } from "./notification/card";
import { SparekeyAuthenticatorStage } from "./notification/stage";
import { getPairingTexts } from "./notification/texts";
import { OtherSessions } from "./other-sessions";
import { PreferredCard } from "./preferred/card";
import { CodesCard } from "./recovery-codes/card";
import { RecoveryCodesStage } from "./recovery-codes/stage";
import { getTenCodesTexts } from "./recovery-codes/texts";
import { WipedCodes } from "./recovery-codes/wiped";
import { SecurityKeyCard } from "./security-key/card";
import { SecurityKeyStage } from "./security-key/stage";
import { getKeyEnrollmentTexts } from "./security-key/texts";

const DONE = {
  app: "appAdded",
  replaced: "appReplaced",
  lost: "lostReplaced",
  phone: "phoneAdded",
  "phone-lost": "phoneReplaced",
  key: "keyAdded",
  "key-lost": "keyReplaced",
  off: "methodsOff",
  "removed-authenticator-app": "appRemoved",
  "removed-notification": "phoneRemoved",
  "removed-security-key": "keyRemoved",
  "suspended-authenticator-app": "appSuspended",
  "suspended-notification": "phoneSuspended",
  "lifted-authenticator-app": "appLifted",
  "lifted-notification": "phoneLifted",
  "prefers-authenticator-app": "prefersApp",
  "prefers-notification": "prefersNotification",
  "prefers-security-key": "prefersKey",
  renamed: "renamed",
  saved: "setConfirmed",
} as const;

/** What lets nobody in or out; after everything else the other sessions are offered to be ended. */
const CHANGES_NO_FACTOR: string[] = ["prefersApp", "prefersNotification", "prefersKey", "renamed"];

export async function generateMetadata() {
  return { title: (await getWords("mfa"))("title") };
}

export default async function MfaPage({ searchParams }: PageProps<"/account/mfa">) {
  const session = await requireSession("/account/mfa");
  const { userId } = session;
  const methods = await findEnrolledMethods(userId);
  const duty = await findEnrollmentDuty(userId);
  const [newest] = await listRecoveryCodeSets(userId);
  const { done } = await searchParams;
  const doneWord = Object.entries(DONE).find(([key]) => key === done)?.[1];
  const words = await getWords("mfa");
  return (
    <MethodStages>
      <RecoveryCodesStage texts={await getTenCodesTexts()} wiped={<WipedCodes />}>
        <div className="space-y-8">
          <div className="space-y-3">
            <h1>{words("title")}</h1>
            <p className="text-muted">{words("intro")}</p>
          </div>
          {doneWord && (
            <Notice tone="success" announce="status">
              {words(doneWord)}
              {!CHANGES_NO_FACTOR.includes(doneWord) && <OtherSessions session={session} />}
            </Notice>
          )}
          {duty && <EnrollmentDutyNotice duty={duty} />}
          {done === "unsaved" &&
            !methods.replacement &&
            methods.recoveryCodes?.confirmedAt === null && (
              <Notice tone="warning" announce="status">
                {words("setUnconfirmed")}
                <OtherSessions session={session} />
              </Notice>
            )}
          <div className="space-y-4">
            <MethodCards methods={methods} newestSetId={newest?.id} />
            <PreferredCard methods={methods} />
          </div>
        </div>
      </RecoveryCodesStage>
    </MethodStages>
  );
}

/** What each method shows instead of this page while it is being added. */
async function MethodStages({ children }: { children: ReactNode }) {
  return (
    <SecurityKeyStage texts={await getKeyEnrollmentTexts()}>
      <SparekeyAuthenticatorStage texts={await getPairingTexts()}>
        <AuthenticatorAppStage texts={await getEnrollmentTexts()}>{children}</AuthenticatorAppStage>
      </SparekeyAuthenticatorStage>
    </SecurityKeyStage>
  );
}

/** Those that the person has first; recovery codes are among them once there is something to recover from. */
function MethodCards({
  methods,
  newestSetId,
}: {
  methods: EnrolledMethods;
  newestSetId: string | undefined;
}) {
  const enrolled = enrolledMethods(methods);
  const cards: { method: EnrollableMethod; card: ReactNode }[] = [
    { method: "notification", card: <NotificationCard methods={methods} /> },
    { method: "authenticator-app", card: <AppCard methods={methods} /> },
    { method: "security-key", card: <SecurityKeyCard methods={methods} /> },
    { method: "recovery-codes", card: <CodesCard methods={methods} newestSetId={newestSetId} /> },
  ];
  const isFirst = ({ method }: { method: EnrollableMethod }) =>
    enrolled.includes(method) || (method === "recovery-codes" && hasMfa(methods));
  return [...cards.filter(isFirst), ...cards.filter((one) => !isFirst(one))].map(
    ({ method, card }) => <Fragment key={method}>{card}</Fragment>,
  );
}

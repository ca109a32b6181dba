import { ListChecks, Smartphone } from "lucide-react";
import Link from "next/link";
import { CodeTicks } from "@/components/code-ticks";
import { Notice } from "@/components/notice";
import { SetBadge } from "@/components/set-badge";
import { requireSession } from "@/lib/auth/current-session";
import { type EnrolledMethods, findEnrolledMethods } from "@/lib/mfa/methods";
import { listRecoveryCodeSets } from "@/lib/mfa/recovery-code-sets";
import { getDates, getWords } from "@/messages/words";
import { AddAppButton, AuthenticatorAppStage } from "./authenticator-app/stage";
import { getEnrollmentTexts } from "./authenticator-app/texts";
import { MethodCard, Off, On } from "./method-card";
import { GenerateButton, RecoveryCodesStage } from "./recovery-codes/stage";
import { getTenCodesTexts } from "./recovery-codes/texts";
import { WipedCodes } from "./recovery-codes/wiped";

const DONE = {
  app: "appAdded",
  replaced: "appReplaced",
  lost: "lostReplaced",
  removed: "appRemoved",
  suspended: "appSuspended",
  lifted: "appLifted",
  saved: "setConfirmed",
} as const;

export async function generateMetadata() {
  return { title: (await getWords("mfa"))("title") };
}

export default async function MfaPage({ searchParams }: PageProps<"/account/mfa">) {
  const { userId } = await requireSession("/account/mfa");
  const methods = await findEnrolledMethods(userId);
  const [newest] = await listRecoveryCodeSets(userId);
  const { done } = await searchParams;
  const doneWord = Object.entries(DONE).find(([key]) => key === done)?.[1];
  const words = await getWords("mfa");
  return (
    <AuthenticatorAppStage texts={await getEnrollmentTexts()}>
      <RecoveryCodesStage texts={await getTenCodesTexts()} wiped={<WipedCodes />}>
        <div className="space-y-8">
          <div className="space-y-3">
            <h1>{words("title")}</h1>
            <p className="text-muted">{words("intro")}</p>
          </div>
          {doneWord && (
            <Notice tone="success" announce="status">
              {words(doneWord)}
            </Notice>
          )}
          {done === "unsaved" &&
            !methods.replacement &&
            methods.recoveryCodes?.confirmedAt === null && (
              <Notice tone="warning" announce="status">
                {words("setUnconfirmed")}
              </Notice>
            )}
          <div className="space-y-4">
            <AppCard app={methods.authenticatorApp} />
            <CodesCard methods={methods} newestSetId={newest?.id} />
          </div>
        </div>
      </RecoveryCodesStage>
    </AuthenticatorAppStage>
  );
}

async function AppCard({ app }: { app: EnrolledMethods["authenticatorApp"] }) {
  const words = await getWords("mfa");
  const dates = await getDates();
  if (!app) {
    return (
      <MethodCard icon={Smartphone} name={words("app")} help={words("appHelp")}>
        <AddAppButton className="button button-primary">{words("addApp")}</AddAppButton>
      </MethodCard>
    );
  }
  return (
    <MethodCard
      icon={Smartphone}
      name={words("app")}
      help={words("appHelp")}
      state={
        (app.disabled && <Off>{words("disabled")}</Off>) ||
        (app.suspendedAt && (
          <Off>{words("suspended", { date: dates.day(app.suspendedAt) })}</Off>
        )) || <On>{words("on")}</On>
      }
      facts={[
        words("added", { date: dates.day(app.addedAt) }),
        app.lastUsedAt
          ? words("lastUsed", { date: dates.day(app.lastUsedAt) })
          : words("neverUsed"),
      ]}
    >
      <div className="flex flex-wrap items-center gap-3">
        <form action="/account/mfa/authenticator-app">
          <button type="submit" className="button button-secondary">
            {words("replaceApp")}
          </button>
        </form>
        <Link className="button" href="/account/mfa/authenticator-app/lost">
          {app.suspendedAt ? words("found") : words("lost")}
        </Link>
        <Link className="button" href="/account/mfa/authenticator-app/remove">
          {words("removeApp")}
        </Link>
      </div>
    </MethodCard>
  );
}

async function CodesCard({
  methods,
  newestSetId,
}: {
  methods: EnrolledMethods;
  newestSetId: string | undefined;
}) {
  const { authenticatorApp, recoveryCodes: set, replacement } = methods;
  const words = await getWords("mfa");
  const dates = await getDates();
  if (!set) {
    return (
      <MethodCard
        icon={ListChecks}
        name={words("codes")}
        help={words("codesHelp")}
        emphasized={Boolean(authenticatorApp)}
      >
        {authenticatorApp ? (
          <>
            <p className="font-medium">{words("codesNow")}</p>
            <GenerateButton knownSetId={newestSetId} className="button button-primary">
              {words("addCodes")}
            </GenerateButton>
          </>
        ) : (
          // The codes' own page says why another method comes first, and offers it.
          <form action="/account/mfa/recovery-codes">
            <button type="submit" className="button button-secondary">
              {words("addCodes")}
            </button>
          </form>
        )}
      </MethodCard>
    );
  }
  return (
    <MethodCard
      icon={ListChecks}
      name={words("codes")}
      help={words("codesHelp")}
      badge={<SetBadge label={words("setLabel", { letter: set.letter })} />}
      state={
        set.disabled ? (
          <Off>{words("disabled")}</Off>
        ) : set.confirmedAt ? (
          <On>{words("confirmed")}</On>
        ) : (
          <Off>{words("unconfirmed")}</Off>
        )
      }
      facts={[words("made", { date: dates.day(set.generatedAt) })]}
    >
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2 text-sm">
        <CodeTicks codes={set.codes} />
        <span className="font-medium">{words("left", { left: set.left })}</span>
      </div>
      {replacement && (
        <Notice tone="warning">
          {words("replacementUnconfirmed", {
            letter: replacement.letter,
            current: set.letter,
          })}
        </Notice>
      )}
      <div className="flex flex-wrap gap-3">
        <form action="/account/mfa/recovery-codes">
          <button type="submit" className="button button-secondary">
            {words("newCodes")}
          </button>
        </form>
        {(replacement || !set.confirmedAt) && (
          <Link className="button" href="/account/mfa/recovery-codes">
            {(await getWords("codes"))("markSaved")}
          </Link>
        )}
      </div>
    </MethodCard>
  );
}

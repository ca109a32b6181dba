import Link from "next/link";
import { CodeTicks } from "@/components/code-ticks";
import { Notice } from "@/components/notice";
import { SetBadge } from "@/components/set-badge";
import { requireSession } from "@/lib/auth/current-session";
import { findEnrolledMethods } from "@/lib/mfa/methods";
import { listRecoveryCodeSets, type RecoveryCodeSetSummary } from "@/lib/mfa/recovery-code-sets";
import { getDates, getWords } from "@/messages/words";
import { ConfirmForm } from "./confirm-form";
import { GenerateButton, RecoveryCodesStage } from "./stage";
import { getTenCodesTexts } from "./texts";
import { WipedCodes } from "./wiped";

export async function generateMetadata() {
  return { title: (await getWords("codes"))("title") };
}

export default async function RecoveryCodesPage() {
  const { userId } = await requireSession("/account/mfa/recovery-codes");
  const sets = await listRecoveryCodeSets(userId);
  const { authenticatorApp } = await findEnrolledMethods(userId);
  const live = sets.find(({ endedAt }) => !endedAt);
  const ended = sets.filter(({ endedAt }) => endedAt);
  const words = await getWords("codes");
  return (
    <RecoveryCodesStage texts={await getTenCodesTexts()} wiped={<WipedCodes />}>
      <div className="space-y-8">
        <div className="space-y-3">
          <h1>{words("title")}</h1>
          <p className="text-muted">
            {words("intro")}{" "}
            <Link className="link" href="/help/recovery-codes">
              {words("help")}
            </Link>
          </p>
        </div>
        {live && <LiveSet set={live} />}
        {authenticatorApp ? <Generation live={live} knownSetId={sets[0]?.id} /> : <NeedsMethod />}
        {ended.length > 0 && <EndedSets sets={ended} />}
      </div>
    </RecoveryCodesStage>
  );
}

async function LiveSet({ set }: { set: RecoveryCodeSetSummary }) {
  const words = await getWords("codes");
  const mfa = await getWords("mfa");
  const dates = await getDates();
  return (
    <section className="card space-y-5">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <h2>{words("current")}</h2>
        <SetBadge label={mfa("setLabel", { letter: set.letter })} />
      </div>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2 text-sm">
        <CodeTicks codes={set.codes} />
        <span className="font-medium">{mfa("left", { left: set.left })}</span>
        <span className="text-muted">{mfa("made", { date: dates.day(set.generatedAt) })}</span>
        {set.confirmedAt && <span className="text-success">{mfa("confirmed")}</span>}
      </div>
      {!set.confirmedAt && (
        <div className="space-y-3">
          <Notice tone="warning">{mfa("setUnconfirmed")}</Notice>
          <ConfirmForm
            setId={set.id}
            texts={{ submit: words("markSaved"), working: (await getWords("form"))("working") }}
          />
        </div>
      )}
      <ul className="grid gap-x-8 text-sm min-[35rem]:grid-flow-col min-[35rem]:grid-cols-2 min-[35rem]:grid-rows-5">
        {set.codes.map(({ number, usedAt }) => (
          <li key={number} className="flex min-h-8 items-center gap-3">
            <span className="w-6 text-right text-muted tabular-nums">{number}</span>
            <span className={usedAt ? "text-muted line-through decoration-1" : ""}>
              {usedAt ? words("used", { date: dates.day(usedAt) }) : words("unused")}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

async function Generation({
  live,
  knownSetId,
}: {
  live: RecoveryCodeSetSummary | undefined;
  knownSetId: string | undefined;
}) {
  const words = await getWords("codes");
  const mfa = await getWords("mfa");
  return (
    <section className="card space-y-4">
      {live && <h2>{words("replaceTitle")}</h2>}
      {live ? (
        <Notice tone="warning">
          {words("replaceWarning", { letter: live.letter, left: live.left })}
        </Notice>
      ) : (
        <p className="text-muted">{words("generateFirst")}</p>
      )}
      <GenerateButton knownSetId={knownSetId} className="button button-primary">
        {live ? mfa("newCodes") : mfa("addCodes")}
      </GenerateButton>
    </section>
  );
}

async function NeedsMethod() {
  const words = await getWords("codes");
  return (
    <section className="card space-y-4">
      <p>{words("needMethod")}</p>
      <Link className="button button-primary" href="/account/mfa/authenticator-app">
        {(await getWords("mfa"))("addApp")}
      </Link>
    </section>
  );
}

async function EndedSets({ sets }: { sets: RecoveryCodeSetSummary[] }) {
  const words = await getWords("codes");
  const mfa = await getWords("mfa");
  const dates = await getDates();
  return (
    <section className="space-y-3">
      <h2>{words("previous")}</h2>
      <ul className="divide-y divide-line text-sm">
        {sets.map((set) => (
          <li key={set.id} className="flex flex-wrap items-center gap-x-4 gap-y-1 py-3">
            <span className="font-medium">{mfa("setLabel", { letter: set.letter })}</span>
            <span className="text-muted">{mfa("made", { date: dates.day(set.generatedAt) })}</span>
            {set.endedAt && (
              <span className="text-muted">
                {words("replacedOn", {
                  date: dates.day(set.endedAt),
                  used: set.codes.filter(({ usedAt }) => usedAt).length,
                })}
              </span>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

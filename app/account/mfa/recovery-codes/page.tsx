import type { ReactNode } from "react";
import { CodeTicks } from "@/components/code-ticks";
import { Link } from "@/components/link";
import { Notice } from "@/components/notice";
import { SetBadge } from "@/components/set-badge";
import { requireSession } from "@/lib/auth/current-session";
import { findKeptForm } from "@/lib/auth/kept-form";
import { findEnrolledMethods, hasMfa } from "@/lib/mfa/methods";
import {
  findNextSetLetter,
  listRecoveryCodeSets,
  type RecoveryCodeSetSummary,
} from "@/lib/mfa/recovery-code-sets";
import { getDates, getWords } from "@/messages/words";
import { Deadline } from "../../recovered/deadline";
import { OtherSessions } from "../other-sessions";
import { ConfirmForm, DiscardForm } from "./set-form";
import { GenerateButton, type PreviousChoice, RecoveryCodesStage } from "./stage";
import { getTenCodesTexts } from "./texts";
import { WipedCodes } from "./wiped";

export async function generateMetadata() {
  return { title: (await getWords("codes"))("title") };
}

const PATH = "/account/mfa/recovery-codes";

export default async function RecoveryCodesPage({
  searchParams,
}: PageProps<"/account/mfa/recovery-codes">) {
  const session = await requireSession(PATH);
  const sets = await listRecoveryCodeSets(session.userId);
  const methods = await findEnrolledMethods(session.userId);
  const { recoveryCodes, replacement } = methods;
  const ended = sets.filter(({ endedAt }) => endedAt);
  const kept = await findKeptForm(session, PATH);
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
        <Done done={(await searchParams).done} newest={sets[0]} session={session} />
        {recoveryCodes && replacement && <Replacement set={replacement} current={recoveryCodes} />}
        {recoveryCodes && <SetInUse set={recoveryCodes} />}
        <Deadline session={session} methods={methods} />
        {hasMfa(methods) ? (
          <Generation
            userId={session.userId}
            inUse={recoveryCodes}
            replacement={replacement}
            knownSetId={sets[0]?.id}
            kept={kept.previous}
          />
        ) : (
          <NeedsMethod />
        )}
        {ended.length > 0 && <EndedSets sets={ended} />}
      </div>
    </RecoveryCodesStage>
  );
}

/** What was just done to the newest set, as long as it is so. */
async function Done({
  done,
  newest,
  session,
}: {
  done: string | string[] | undefined;
  newest: RecoveryCodeSetSummary | undefined;
  session: { id: string; userId: string };
}) {
  if (!newest || newest.endedBy !== done) return null;
  const words = await getWords("codes");
  const told = {
    discarded: words("discarded", { letter: newest.letter }),
    revoked: words("revoked"),
  };
  if (done !== "discarded" && done !== "revoked") return null;
  return (
    <Notice tone="success" announce="status">
      {told[done]}
      <OtherSessions session={session} />
    </Notice>
  );
}

/** A new set beside the one it is to replace, until one of the two ends. */
async function Replacement({
  set,
  current,
}: {
  set: RecoveryCodeSetSummary;
  current: RecoveryCodeSetSummary;
}) {
  const words = await getWords("codes");
  const mfa = await getWords("mfa");
  const working = (await getWords("form"))("working");
  const { id: setId, letter } = set;
  return (
    <section className="card space-y-5 border-warning/60">
      <SetHead set={set} title={words("waiting")}>
        <span className="font-medium text-warning">{mfa("unconfirmed")}</span>
      </SetHead>
      <p>{words("waitingHelp", { letter, current: current.letter, left: current.left })}</p>
      <div className="flex flex-wrap gap-3">
        <ConfirmForm setId={setId} texts={{ submit: words("markSetSaved", { letter }), working }} />
        {current.left > 0 && (
          <DiscardForm setId={setId} texts={{ submit: words("discard", { letter }), working }} />
        )}
      </div>
    </section>
  );
}

async function SetInUse({ set }: { set: RecoveryCodeSetSummary & { disabled: boolean } }) {
  const words = await getWords("codes");
  const mfa = await getWords("mfa");
  const dates = await getDates();
  return (
    <section className="card space-y-5">
      <SetHead set={set} title={words("current")}>
        {set.confirmedAt && <span className="text-success">{mfa("confirmed")}</span>}
      </SetHead>
      {set.disabled && <Notice tone="danger">{mfa("disabled")}</Notice>}
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
            <span className={usedAt ? "text-muted" : "font-medium"}>
              {usedAt ? words("used", { date: dates.day(usedAt) }) : words("unused")}
            </span>
          </li>
        ))}
      </ul>
      <p className="text-sm">
        <Link className="link" href="/account/mfa/recovery-codes/revoke">
          {words("revoke")}
        </Link>
      </p>
    </section>
  );
}

async function SetHead({
  set,
  title,
  children,
}: {
  set: RecoveryCodeSetSummary;
  title: string;
  children: ReactNode;
}) {
  const mfa = await getWords("mfa");
  const dates = await getDates();
  return (
    <>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <h2>{title}</h2>
        <SetBadge label={mfa("setLabel", { letter: set.letter })} />
      </div>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2 text-sm">
        <CodeTicks codes={set.codes} />
        <span className="font-medium">{mfa("left", { left: set.left })}</span>
        <span className="text-muted">{mfa("made", { date: dates.day(set.generatedAt) })}</span>
        {children}
      </div>
    </>
  );
}

async function Generation({
  userId,
  inUse,
  replacement,
  knownSetId,
  kept,
}: {
  userId: string;
  inUse: RecoveryCodeSetSummary | undefined;
  replacement: RecoveryCodeSetSummary | undefined;
  knownSetId: string | undefined;
  kept: string | undefined;
}) {
  const words = await getWords("codes");
  const mfa = await getWords("mfa");
  const choice = inUse && (await composeChoice({ userId, inUse, kept }));
  return (
    <section className="card space-y-4">
      {inUse && <h2>{words("replaceTitle")}</h2>}
      <p className="text-muted">{inUse ? words("shownOnce") : words("generateFirst")}</p>
      {replacement && (
        <Notice tone="warning">{words("dropsReplacement", { letter: replacement.letter })}</Notice>
      )}
      <GenerateButton knownSetId={knownSetId} choice={choice} className="button button-primary">
        {inUse ? mfa("newCodes") : mfa("addCodes")}
      </GenerateButton>
    </section>
  );
}

async function composeChoice({
  userId,
  inUse: { letter, left },
  kept,
}: {
  userId: string;
  inUse: RecoveryCodeSetSummary;
  kept: string | undefined;
}): Promise<PreviousChoice> {
  const words = await getWords("codes");
  const next = await findNextSetLetter(userId);
  return {
    legend: words("previousLegend", { letter }),
    kept,
    options: [
      {
        value: "keep-until-confirmed",
        label: words("keepPrevious", { letter, next }),
        help: words("keepPreviousHelp", { letter, next }),
      },
      {
        value: "stop-now",
        label: words("stopPrevious", { letter }),
        help: words("stopPreviousHelp", { left }),
      },
    ],
  };
}

async function NeedsMethod() {
  const words = await getWords("codes");
  return (
    <section className="card space-y-4">
      <p>{words("needMethod")}</p>
      <Link className="button button-primary" href="/account/mfa">
        {words("chooseMethod")}
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
            {set.endedAt && set.endedBy && (
              <span className="text-muted">
                {words(`ended.${set.endedBy}`, { date: dates.day(set.endedAt) })}
              </span>
            )}
            <span className="text-muted">
              {words("usedOf", { used: set.codes.filter(({ usedAt }) => usedAt).length })}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

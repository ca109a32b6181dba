import { ListChecks } from "lucide-react";
import { CodeTicks } from "@/components/code-ticks";
import { Link } from "@/components/link";
import { Notice } from "@/components/notice";
import { SetBadge } from "@/components/set-badge";
import { type EnrolledMethods, hasMfa, otherWayIn } from "@/lib/mfa/methods";
import { getDates, getWords } from "@/messages/words";
import { MethodCard, MethodState, Off, On } from "../method-card";
import { GenerateButton } from "./stage";

export async function CodesCard({
  methods,
  newestSetId,
}: {
  methods: EnrolledMethods;
  newestSetId: string | undefined;
}) {
  const { recoveryCodes: set, replacement } = methods;
  const words = await getWords("mfa");
  const codesWords = await getWords("codes");
  const dates = await getDates();
  if (!set) {
    const isUrgent = !otherWayIn(methods);
    return (
      <MethodCard
        icon={ListChecks}
        name={words("codes")}
        help={words("codesHelp")}
        emphasized={hasMfa(methods) && isUrgent}
      >
        {hasMfa(methods) ? (
          <>
            <p className="font-medium">{words(isUrgent ? "codesNow" : "codesAlso")}</p>
            <GenerateButton
              knownSetId={newestSetId}
              className={`button ${isUrgent ? "button-primary" : "button-secondary"}`}
            >
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
        <MethodState methods={methods} method="recovery-codes">
          {set.confirmedAt ? <On>{words("confirmed")}</On> : <Off>{words("unconfirmed")}</Off>}
        </MethodState>
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
            left: set.left,
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
          <Link
            className="button -ml-3 justify-start px-3 text-left"
            href="/account/mfa/recovery-codes"
          >
            {replacement
              ? codesWords(set.left > 0 ? "markSetOrDiscard" : "markSetSaved", {
                  letter: replacement.letter,
                })
              : codesWords("markSaved")}
          </Link>
        )}
      </div>
    </MethodCard>
  );
}

import { KeyRound, ListChecks, ShieldCheck, SmartphoneNfc } from "lucide-react";
import type { ReactNode } from "react";
import { methodWord } from "@/app/account/mfa/method-word";
import { UnsavedSet } from "@/app/unsaved-set";
import { CodeTicks } from "@/components/code-ticks";
import { Link } from "@/components/link";
import { Notice } from "@/components/notice";
import { requireSession } from "@/lib/auth/current-session";
import { HOME_PATH, parseReturnPath } from "@/lib/auth/return-path";
import {
  countCodesLeft,
  type EnrolledMethods,
  findEnrolledMethods,
  hasMfa,
  setsWithCodes,
} from "@/lib/mfa/methods";
import { currentPolicy } from "@/lib/mfa/policy";
import { findCodeOfSession } from "@/lib/mfa/unused-codes";
import { getDates, getWords } from "@/messages/words";
import { Deadline } from "./deadline";

export async function generateMetadata() {
  return { title: (await getWords("recovered"))("title") };
}

export default async function RecoveredPage({ searchParams }: PageProps<"/account/recovered">) {
  const session = await requireSession("/account/recovered");
  const { id, userId, amr } = session;
  const isByTemporaryCode = amr.includes("temporary");
  const returnPath = parseReturnPath((await searchParams).return);
  const methods = await findEnrolledMethods(userId);
  const { recoveryCodes: set } = methods;
  const spent = isByTemporaryCode ? undefined : await findCodeOfSession(id);
  const left = countCodesLeft(methods);
  const [shown = set] = setsWithCodes(methods);
  const { lowCodes } = await currentPolicy();
  const words = await getWords("recovered");
  const help = await getWords("lockedOut");
  const dates = await getDates();
  return (
    <div className="space-y-8">
      <div className="space-y-3">
        <h1>{words("title")}</h1>
        {spent && (
          <p className="text-muted">
            {words("spent", { number: spent.number, letter: spent.letter })}
          </p>
        )}
        {isByTemporaryCode && <p className="text-muted">{help("recovered")}</p>}
        {shown && (
          <div className="flex flex-wrap items-center gap-x-4 gap-y-2 text-sm">
            <CodeTicks codes={shown.codes} />
            <span className="font-medium">
              {words("left", {
                left: shown.left,
                letter: shown.letter,
                date: dates.day(shown.generatedAt),
              })}
            </span>
          </div>
        )}
      </div>
      <UnsavedSet userId={userId} />
      {left === 0 ? (
        <Notice tone="danger" title={isByTemporaryCode ? help("gateTitle") : words("gateTitle")}>
          {isByTemporaryCode ? help("gate") : words("gate")}
        </Notice>
      ) : (
        left <= lowCodes && <Notice tone="warning">{words("few", { left })}</Notice>
      )}
      <Deadline session={session} methods={methods} />
      <ul className="space-y-4">
        {listLosable(methods).map(({ method, id, name }) => (
          <Choice
            key={id ?? method}
            icon={method === "security-key" ? <KeyRound {...ICON} /> : <SmartphoneNfc {...ICON} />}
            title={words("lostTitle", { method: methodWord(method), name })}
            help={words("lostHelp", {
              method: methodWord(method),
              name,
              letter: set?.letter ?? "none",
            })}
            href={`/account/recovered/${method}${id ? `?${new URLSearchParams({ id })}` : ""}`}
            action={words("lost", { method: methodWord(method), name })}
          />
        ))}
        <Choice
          icon={<ListChecks {...ICON} />}
          title={set ? words("newSetTitle") : help("firstSetTitle")}
          help={set ? words("newSetHelp") : help("firstSetHelp")}
          href="/account/mfa/recovery-codes"
          action={words("newSet")}
        />
        {hasMfa(methods) && (
          <Choice
            icon={<ShieldCheck {...ICON} />}
            title={words("foundTitle")}
            help={words("foundHelp")}
            href={`/account/verify?${new URLSearchParams({ return: returnPath })}`}
            action={words("found")}
          />
        )}
      </ul>
      {left > 0 && (
        <Link className="button" href={returnPath}>
          {returnPath === HOME_PATH ? words("onToAccount") : words("on")}
        </Link>
      )}
    </div>
  );
}

/** What could have been lost, each with what the person calls it. */
function listLosable({ authenticatorApp, sparekeyAuthenticators, securityKeys }: EnrolledMethods) {
  const named = (method: "notification" | "security-key", all: { id: string; name: string }[]) =>
    all.map(({ id, name }) => ({ method, id, name }));
  return [
    ...(authenticatorApp
      ? [{ method: "authenticator-app" as const, id: undefined, name: "" }]
      : []),
    ...named("notification", sparekeyAuthenticators),
    ...named("security-key", securityKeys),
  ];
}

const ICON = { "aria-hidden": true, size: 24, strokeWidth: 1.5 } as const;

function Choice({
  icon,
  title,
  help,
  href,
  action,
}: {
  icon: ReactNode;
  title: string;
  help: string;
  href: string;
  action: string;
}) {
  return (
    <li className="card flex gap-4">
      <span className="mt-0.5 shrink-0 text-accent">{icon}</span>
      <div className="space-y-4">
        <div className="space-y-1">
          <h2>{title}</h2>
          <p className="text-sm text-muted">{help}</p>
        </div>
        <Link className="button button-secondary" href={href}>
          {action}
        </Link>
      </div>
    </li>
  );
}

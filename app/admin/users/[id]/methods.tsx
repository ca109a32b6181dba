import { KeyRound, Smartphone, TabletSmartphone } from "lucide-react";
import { methodWord } from "@/app/account/mfa/method-word";
import { SetBadge } from "@/components/set-badge";
import type { AdministeredMethod, AdministeredPerson } from "@/lib/admin/find-person";
import { getDates, getWords } from "@/messages/words";

const ICONS = {
  "security-key": KeyRound,
  notification: TabletSmartphone,
  "authenticator-app": Smartphone,
} as const;

/** What a person verifies with: kinds, names and dates. */
export async function Methods({ methods }: { methods: AdministeredMethod[] }) {
  const words = await getWords("person");
  return (
    <section className="card space-y-3">
      <h2>{words("methods")}</h2>
      {methods.length === 0 ? (
        <p className="text-sm text-muted">{words("noMethods")}</p>
      ) : (
        <ul aria-label={words("methods")} className="divide-y divide-line">
          {methods.map((method) => (
            <MethodRow
              key={`${method.method}${method.name ?? ""}${method.addedAt.getTime()}`}
              method={method}
            />
          ))}
        </ul>
      )}
    </section>
  );
}

async function MethodRow({
  method: { method, name, addedAt, lastUsedAt, suspendedAt, isDisabled },
}: {
  method: AdministeredMethod;
}) {
  const words = await getWords("person");
  const { day } = await getDates();
  const Icon = ICONS[method];
  const facts = [
    words("added", { date: day(addedAt) }),
    lastUsedAt ? words("lastUsed", { date: day(lastUsedAt) }) : words("neverUsed"),
  ];
  return (
    <li className="flex gap-3 py-3 text-sm last:pb-0">
      <Icon aria-hidden="true" size={20} strokeWidth={1.5} className="shrink-0 text-muted" />
      <div className="min-w-0 space-y-0.5">
        <p className="font-medium break-words">
          {[words("kind", { method: methodWord(method) }), name].filter(Boolean).join(": ")}
        </p>
        <p className="text-muted">{facts.join(" · ")}</p>
        {suspendedAt && (
          <p className="text-danger">{words("suspended", { date: day(suspendedAt) })}</p>
        )}
        {isDisabled && <p className="text-danger">{words("methodDisabled")}</p>}
      </div>
    </li>
  );
}

/** The live sets of recovery codes: letters and counts, never a code. */
export async function CodeSets({ sets }: { sets: AdministeredPerson["codeSets"] }) {
  const words = await getWords("person");
  const { day } = await getDates();
  return (
    <section className="card space-y-3">
      <h2>{words("codes")}</h2>
      {sets.length === 0 ? (
        <p className="text-sm text-muted">{words("noCodes")}</p>
      ) : (
        <ul aria-label={words("codes")} className="divide-y divide-line">
          {sets.map(({ letter, left, generatedAt, confirmedAt }) => (
            <li
              key={letter}
              className="flex flex-wrap items-center gap-x-4 gap-y-2 py-3 text-sm last:pb-0"
            >
              <SetBadge label={words("set", { letter })} />
              <span className="font-medium">{words("left", { left })}</span>
              <span className="text-muted">
                {[
                  words("made", { date: day(generatedAt) }),
                  confirmedAt
                    ? words("confirmed", { date: day(confirmedAt) })
                    : words("unconfirmed"),
                ].join(" · ")}
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

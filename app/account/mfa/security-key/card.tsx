import { KeyRound } from "lucide-react";
import type { EnrolledMethods } from "@/lib/mfa/methods";
import { areSecurityKeysPossible } from "@/lib/mfa/relying-party";
import type { SecurityKeySummary } from "@/lib/mfa/security-keys";
import { getDates, getWords } from "@/messages/words";
import { sayLastUse } from "../last-use";
import { addButton, MethodCard, MethodState, On } from "../method-card";
import { MethodLinks } from "../method-links";
import { AcceptedKeysSignal } from "./accepted-keys-signal";
import { AddKeyButton } from "./stage";

/** The security keys and passkeys of a person: each with its name and facts, and a button for one more. */
export async function SecurityKeyCard({ methods }: { methods: EnrolledMethods }) {
  const words = await getWords("securityKeys");
  const { securityKeys: keys } = methods;
  const isPossible = areSecurityKeysPossible();
  return (
    <MethodCard
      icon={KeyRound}
      name={words("cardTitle")}
      help={words("cardHelp")}
      state={
        keys.length > 0 && (
          <MethodState methods={methods} method="security-key">
            <On>{(await getWords("mfa"))("on")}</On>
          </MethodState>
        )
      }
    >
      {isPossible && <AcceptedKeysSignal />}
      {keys.length > 0 && (
        <ul aria-label={words("listLabel")} className="divide-y divide-line border-y border-line">
          {keys.map((key) => (
            <KeyRow key={key.id} entry={key} />
          ))}
        </ul>
      )}
      {isPossible ? (
        <AddKeyButton className={addButton(methods)}>{words("add")}</AddKeyButton>
      ) : (
        <p className="text-sm text-muted">{words("needsHttps")}</p>
      )}
    </MethodCard>
  );
}

async function KeyRow({ entry }: { entry: SecurityKeySummary }) {
  const { id, name, backedUp, addedAt } = entry;
  const words = await getWords("securityKeys");
  const added = (await getWords("mfa"))("added", { date: (await getDates()).day(addedAt) });
  const kept = words(backedUp ? "synced" : "onDevice");
  return (
    <li className="space-y-1 py-3">
      <p className="font-medium break-words">{name}</p>
      <p className="text-sm text-muted">{[kept, added, await sayLastUse(entry)].join(" · ")}</p>
      <MethodLinks method={{ method: "security-key", id }} name={name} />
    </li>
  );
}

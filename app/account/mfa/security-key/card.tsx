import { KeyRound } from "lucide-react";
import Link from "next/link";
import { areSecurityKeysPossible } from "@/lib/mfa/relying-party";
import type { SecurityKeySummary } from "@/lib/mfa/security-keys";
import { getDates, getDevice, getWords } from "@/messages/words";
import { MethodCard, On } from "../method-card";
import { methodPath } from "../method-path";
import { AcceptedKeysSignal } from "./accepted-keys-signal";
import { AddKeyButton } from "./stage";

/** The security keys and passkeys of a person: each with its name and facts, and a button for one more. */
export async function SecurityKeyCard({ keys }: { keys: SecurityKeySummary[] }) {
  const words = await getWords("securityKeys");
  const isPossible = areSecurityKeysPossible();
  return (
    <MethodCard
      icon={KeyRound}
      name={words("cardTitle")}
      help={words("cardHelp")}
      state={keys.length > 0 && <On>{(await getWords("mfa"))("on")}</On>}
    >
      {isPossible && <AcceptedKeysSignal />}
      {keys.length > 0 && (
        <ul
          aria-label={words("listLabel")}
          className="divide-y divide-line rounded-lg border border-line"
        >
          {keys.map((key) => (
            <KeyRow key={key.id} entry={key} />
          ))}
        </ul>
      )}
      {isPossible ? (
        <AddKeyButton
          className={`button ${keys.length > 0 ? "button-secondary" : "button-primary"}`}
        >
          {words("add")}
        </AddKeyButton>
      ) : (
        <p className="text-sm text-muted">{words("needsHttps")}</p>
      )}
    </MethodCard>
  );
}

async function KeyRow({ entry: { id, name, ...key } }: { entry: SecurityKeySummary }) {
  const words = await getWords("securityKeys");
  const mfa = await getWords("mfa");
  const dates = await getDates();
  const facts = [
    words(key.backedUp ? "synced" : "onDevice"),
    mfa("added", { date: dates.day(key.addedAt) }),
    key.lastUsedAt
      ? mfa("lastUsedFrom", {
          date: dates.day(key.lastUsedAt),
          device: await getDevice(key.lastUsedUserAgent ?? ""),
          address: key.lastUsedAddress ?? "",
        })
      : mfa("neverUsed"),
  ];
  return (
    <li className="space-y-1 px-4 py-3">
      <p className="font-medium break-words">{name}</p>
      <p className="text-sm text-muted">{facts.join(" · ")}</p>
      <div className="flex flex-wrap gap-x-4 text-sm">
        {(["rename", "remove"] as const).map((act) => (
          <Link
            key={act}
            className="link inline-flex min-h-10 items-center"
            href={methodPath({ method: "security-key", id }, act)}
          >
            {words(act)}
            <span className="sr-only"> {name}</span>
          </Link>
        ))}
      </div>
    </li>
  );
}

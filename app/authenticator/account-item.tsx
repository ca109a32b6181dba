"use client";

import { useState } from "react";
import { Notice } from "@/components/notice";
import { dropAccount } from "./accounts";
import { fill } from "./fill";
import { stopPush } from "./push-state";
import { callSigned, type PhoneAccount } from "./sign";
import type { PhoneTexts } from "./texts";

/** How an account stands with the portal, as far as this phone knows. */
export type AccountStanding =
  | "checking"
  | "connected"
  | "suspended"
  | "removed"
  | "key"
  | "unreachable";

/** Why the portal keeps the phone enrolled; this page can still forget its key. */
const KEPT: Record<string, "lastMethod" | "needed" | "reportedLost"> = {
  "last-method": "lastMethod",
  needed: "needed",
  suspended: "reportedLost",
};

const TONES = { suspended: "warning", removed: "warning", key: "danger" } as const;

/** An account that this phone serves, and the way to end that. */
export function AccountItem({
  account,
  standing,
  texts,
  onForgotten,
}: {
  account: PhoneAccount;
  standing: AccountStanding;
  texts: PhoneTexts["account"];
  onForgotten: (account: PhoneAccount) => void;
}) {
  const [asking, setAsking] = useState<"no" | "sure" | "unreachable" | (typeof KEPT)[string]>("no");
  const [isBusy, setBusy] = useState(false);
  const { id, userId, email, name } = account;

  const forgetHere = async () => {
    await dropAccount(id);
    onForgotten(account);
  };
  /** The portal keeps the phone enrolled, so the key has to say that nobody looks here any more. */
  const forgetOnlyHere = async () => {
    setBusy(true);
    await stopPush(account);
    await forgetHere();
  };
  const forget = async () => {
    setBusy(true);
    const given = await callSigned({
      signer: account,
      purpose: "forget",
      path: "/authenticator/forget",
      lines: [userId],
    });
    if (given.ok || given.reason === "removed") return forgetHere();
    setBusy(false);
    setAsking(KEPT[given.reason] ?? "unreachable");
  };

  return (
    <li className="card space-y-3">
      <div>
        <h3 className="break-all">{email}</h3>
        {name && <p className="text-sm text-muted">{name}</p>}
      </div>
      <StandingNote standing={standing} texts={texts} />
      {asking === "no" && (
        <button type="button" className="button button-secondary" onClick={() => setAsking("sure")}>
          {texts.forget}
          <span className="sr-only"> {email}</span>
        </button>
      )}
      {asking !== "no" && (
        <div className="space-y-3">
          <div role="alert">
            <Notice tone="warning">
              {asking === "sure" ? fill(texts.forgetSure, { email }) : texts[asking]}
            </Notice>
          </div>
          <div className="flex flex-wrap gap-3">
            <button
              type="button"
              className="button button-danger"
              disabled={isBusy}
              onClick={asking === "sure" ? forget : forgetOnlyHere}
            >
              {asking === "sure" ? texts.forgetNow : texts.forgetHere}
            </button>
            <button
              type="button"
              className="button button-secondary"
              disabled={isBusy}
              onClick={() => setAsking("no")}
            >
              {texts.keep}
            </button>
          </div>
        </div>
      )}
    </li>
  );
}

function StandingNote({
  standing,
  texts,
}: {
  standing: AccountStanding;
  texts: PhoneTexts["account"];
}) {
  if (standing === "unreachable") return null; // the page says so once, for all
  if (standing === "connected" || standing === "checking") {
    return <p className="text-sm text-muted">{texts[standing]}</p>;
  }
  return <Notice tone={TONES[standing]}>{texts[standing]}</Notice>;
}

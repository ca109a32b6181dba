"use client";

import type { PublicKeyCredentialRequestOptionsJSON } from "@simplewebauthn/browser";
import { useActionState, useEffect } from "react";
import { Notice } from "./notice";
import { SubmitButton } from "./submit-button";
import {
  type CeremonyTexts,
  holdCeremony,
  signalUnknownKey,
  type UnknownKey,
  useCeremony,
  useKeySupport,
} from "./webauthn-ceremony";

/** What an action answers: a question for a key, or why the last answer was refused. */
export type SecurityKeyState = {
  options?: PublicKeyCredentialRequestOptionsJSON;
  error?: string;
  unknownKey?: UnknownKey;
};

export type SecurityKeyAction = (
  state: SecurityKeyState,
  formData: FormData,
) => Promise<SecurityKeyState>;

export type SecurityKeyTexts = CeremonyTexts & {
  submit: string;
  working: string;
  waiting: string;
  needsScripts: string;
};

const NOTHING = {};

/**
 * One button: it asks the server for a question, has the browser put it to a key, and sends the answer to
 * the same action as `response`. Without scripts no browser can, and the form says so.
 */
export function SecurityKeyForm({
  action,
  fields = NOTHING,
  texts,
}: {
  action: SecurityKeyAction;
  /** Sent along, by name. */
  fields?: Record<string, string>;
  texts: SecurityKeyTexts;
}) {
  const [{ options, error, unknownKey }, send] = useActionState(action, {});
  const { isWaiting, problem, forgetProblem } = useCeremony({
    options,
    hold: (use) => holdCeremony({ use }, texts),
    fields,
    send,
  });
  const isSupported = useKeySupport();
  useEffect(() => {
    if (unknownKey) void signalUnknownKey(unknownKey);
  }, [unknownKey]);
  if (!isSupported) return <Notice tone="warning">{texts.unsupported}</Notice>;
  const told = problem ?? error;
  return (
    <form action={send} onSubmit={forgetProblem} className="space-y-4">
      <noscript>
        <Notice tone="warning">{texts.needsScripts}</Notice>
      </noscript>
      <div role="alert" className="empty:hidden">
        {told && !isWaiting && <Notice tone="danger">{told}</Notice>}
      </div>
      {Object.entries(fields).map(([name, value]) => (
        <input key={name} type="hidden" name={name} value={value} />
      ))}
      <SubmitButton working={texts.working}>{texts.submit}</SubmitButton>
      <p role="status" className="text-sm text-muted empty:hidden">
        {isWaiting && texts.waiting}
      </p>
    </form>
  );
}

"use client";

import {
  type PublicKeyCredentialRequestOptionsJSON,
  WebAuthnAbortService,
} from "@simplewebauthn/browser";
import { startTransition, useActionState, useEffect, useEffectEvent, useState } from "react";
import { Notice } from "./notice";
import { SubmitButton } from "./submit-button";
import {
  type CeremonyTexts,
  holdCeremony,
  signalUnknownKey,
  type UnknownKey,
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
  const [isWaiting, setWaiting] = useState(false);
  const [problem, setProblem] = useState<string>();
  const isSupported = useKeySupport();
  useEffect(() => {
    if (unknownKey) void signalUnknownKey(unknownKey);
  }, [unknownKey]);
  const ask = useEffectEvent(async (question: PublicKeyCredentialRequestOptionsJSON) => {
    setWaiting(true);
    const outcome = await holdCeremony({ use: question }, texts);
    setWaiting(false);
    if (!outcome.answered) return setProblem(outcome.problem);
    const answer = new FormData();
    for (const [name, value] of Object.entries(fields)) answer.set(name, value);
    answer.set("response", outcome.response);
    startTransition(() => send(answer));
  });
  useEffect(() => {
    if (!options) return;
    void ask(options);
    return () => WebAuthnAbortService.cancelCeremony();
  }, [options]);
  if (!isSupported) return <Notice tone="warning">{texts.unsupported}</Notice>;
  const told = problem ?? error;
  return (
    <form action={send} onSubmit={() => setProblem(undefined)} className="space-y-4">
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

"use client";

import {
  browserSupportsWebAuthn,
  browserSupportsWebAuthnAutofill,
  type PublicKeyCredentialRequestOptionsJSON,
  startAuthentication,
  WebAuthnAbortService,
} from "@simplewebauthn/browser";
import {
  startTransition,
  useActionState,
  useEffect,
  useEffectEvent,
  useState,
  useSyncExternalStore,
} from "react";
import { Notice } from "@/components/notice";
import { type CeremonyTexts, holdCeremony, signalUnknownKey } from "@/components/webauthn-ceremony";
import { enterWithPasskey } from "./actions";

export type PasskeyTexts = CeremonyTexts & { submit: string; help: string; waiting: string };

const RENEW_MS = 240_000; // a question counts for five minutes, and the page may be open longer

/**
 * Lets a person in with a passkey: offered by the browser among the suggestions of the address field, and
 * by a button for browsers that do not. It is not there without scripts, which no passkey works without.
 */
export function PasskeyLogin({ returnTo, texts }: { returnTo: string; texts: PasskeyTexts }) {
  const [{ error, unknownKey }, send, isPending] = useActionState(enterWithPasskey, {});
  const [isWaiting, setWaiting] = useState(false);
  const [problem, setProblem] = useState<string>();
  const isSupported = useSyncExternalStore(
    () => () => undefined,
    browserSupportsWebAuthn,
    () => false,
  );
  useEffect(() => {
    if (unknownKey) void signalUnknownKey(unknownKey);
  }, [unknownKey]);

  function answer(response: string) {
    setProblem(undefined);
    const formData = new FormData();
    formData.set("return", returnTo);
    formData.set("response", response);
    startTransition(() => send(formData));
  }

  async function askForPasskey() {
    setProblem(undefined);
    setWaiting(true);
    const options = await fetchQuestion();
    const outcome = options && (await holdCeremony({ use: options }, texts));
    setWaiting(false);
    if (outcome?.answered) answer(outcome.response);
    else setProblem(outcome ? outcome.problem : texts.failed);
  }

  if (!isSupported) return null;
  const told = problem ?? error;
  return (
    <div className="space-y-3 border-t border-line pt-5">
      {/* A browser asks one question at a time, and one that was refused is not asked over and over. */}
      {!isWaiting && !isPending && !error && <PasskeyOffer onAnswer={answer} />}
      <div role="alert" className="empty:hidden">
        {told && !isWaiting && !isPending && <Notice tone="danger">{told}</Notice>}
      </div>
      <button
        type="button"
        className="button button-secondary w-full"
        onClick={() => void askForPasskey()}
        disabled={isPending}
        aria-busy={isWaiting || isPending}
        aria-describedby="passkey-help"
      >
        {texts.submit}
      </button>
      <p id="passkey-help" className="text-sm text-muted">
        {texts.help}
      </p>
      <p role="status" className="text-sm text-muted empty:hidden">
        {isWaiting && texts.waiting}
      </p>
    </div>
  );
}

/** Has the browser offer passkeys in the address field, as long as it is on the page. */
function PasskeyOffer({ onAnswer }: { onAnswer: (response: string) => void }) {
  const answer = useEffectEvent(onAnswer);
  useEffect(() => {
    const ending = new AbortController();
    void offerInField(ending.signal).then((response) => response && answer(response));
    return () => {
      ending.abort();
      WebAuthnAbortService.cancelCeremony();
    };
  }, []);
  return null;
}

/**
 * Has the browser offer passkeys in the address field, for as long as the page is looked at, and gives what
 * one answered; nothing when it ends otherwise.
 */
async function offerInField(signal: AbortSignal): Promise<string | undefined> {
  if (!browserSupportsWebAuthn() || !(await browserSupportsWebAuthnAutofill())) return undefined;
  while (!signal.aborted) {
    await untilVisible();
    const optionsJSON = signal.aborted ? undefined : await fetchQuestion();
    if (!optionsJSON || signal.aborted) return undefined;
    let isRenewed = false;
    const renewal = setTimeout(() => {
      isRenewed = true;
      WebAuthnAbortService.cancelCeremony();
    }, RENEW_MS);
    try {
      return JSON.stringify(await startAuthentication({ optionsJSON, useBrowserAutofill: true }));
    } catch {
      // Nobody asked for it, so nobody is told; the button says what is wrong.
      if (!isRenewed) return undefined;
    } finally {
      clearTimeout(renewal);
    }
  }
  return undefined;
}

async function untilVisible(): Promise<void> {
  while (document.visibilityState !== "visible") {
    await new Promise((resolve) =>
      document.addEventListener("visibilitychange", resolve, { once: true }),
    );
  }
}

async function fetchQuestion(): Promise<PublicKeyCredentialRequestOptionsJSON | undefined> {
  const response = await fetch("/login/passkey", { method: "POST" }).catch(() => undefined);
  return response?.ok ? response.json() : undefined;
}

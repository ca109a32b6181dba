"use client";

import {
  browserSupportsWebAuthn,
  sendSignal,
  startAuthentication,
  startRegistration,
  WebAuthnAbortService,
  WebAuthnError,
} from "@simplewebauthn/browser";
import { startTransition, useEffect, useEffectEvent, useState, useSyncExternalStore } from "react";

/** What to tell a person when their browser made or used no key. */
export type CeremonyTexts = {
  unsupported: string;
  cancelled: string;
  timedOut: string;
  alreadyHere: string;
  failed: string;
};

/** What a browser said, as JSON to be sent on; or what to tell, which is nothing where the page itself stopped it. */
export type CeremonyOutcome =
  | { answered: true; response: string }
  | { answered: false; problem: string | undefined };

/** Has the browser make a key, or use one: a dialog of its own, which only its person can go on in. */
export async function holdCeremony(
  ceremony:
    | { make: Parameters<typeof startRegistration>[0]["optionsJSON"] }
    | { use: Parameters<typeof startAuthentication>[0]["optionsJSON"] },
  texts: CeremonyTexts,
): Promise<CeremonyOutcome> {
  if (!browserSupportsWebAuthn()) return { answered: false, problem: texts.unsupported };
  const begun = Date.now();
  const { timeout = Number.POSITIVE_INFINITY } = "make" in ceremony ? ceremony.make : ceremony.use;
  try {
    const response =
      "make" in ceremony
        ? await startRegistration({ optionsJSON: ceremony.make })
        : await startAuthentication({ optionsJSON: ceremony.use });
    return { answered: true, response: JSON.stringify(response) };
  } catch (error) {
    const isLate = Date.now() - begun >= timeout;
    return { answered: false, problem: describeProblem(error, { texts, isLate }) };
  }
}

/** Browsers say the same of a cancelled dialog, of one that timed out, and of a device without a key. */
function describeProblem(
  error: unknown,
  { texts, isLate }: { texts: CeremonyTexts; isLate: boolean },
): string | undefined {
  if (error instanceof WebAuthnError && error.code === "ERROR_CEREMONY_ABORTED") return undefined;
  switch (error instanceof Error ? error.name : "") {
    case "NotAllowedError":
      return isLate ? texts.timedOut : texts.cancelled;
    case "InvalidStateError":
      return texts.alreadyHere;
    case "NotSupportedError":
    case "SecurityError":
      return texts.unsupported;
    default:
      return texts.failed;
  }
}

/**
 * Puts each question that the server asks to the browser, and sends what it says as `response`, beside the
 * fields. Leaving the page ends the browser's dialog.
 */
export function useCeremony<Options extends object>({
  options,
  hold,
  fields,
  send,
}: {
  /** The question; none until the server asks. */
  options: Options | undefined;
  /** How the browser is asked. */
  hold: (options: Options) => Promise<CeremonyOutcome>;
  /** Sent along, by name. */
  fields: Record<string, string>;
  send: (formData: FormData) => void;
}): { isWaiting: boolean; problem: string | undefined; forgetProblem: () => void } {
  const [isWaiting, setWaiting] = useState(false);
  const [problem, setProblem] = useState<string>();
  const ask = useEffectEvent(async (question: Options) => {
    setWaiting(true);
    const outcome = await hold(question);
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
  return { isWaiting, problem, forgetProblem: () => setProblem(undefined) };
}

/** Whether this browser knows security keys; on the server it may. */
export function useKeySupport(): boolean {
  return useSyncExternalStore(
    () => () => undefined,
    browserSupportsWebAuthn,
    () => true,
  );
}

/** A key that is not known here, and the host it claims to be of. */
export type UnknownKey = { rpId: string; credentialId: string };

/** Tells a browser that it need not offer this key here again, if it listens (WebAuthn §5.1.10). */
export async function signalUnknownKey({ rpId, credentialId }: UnknownKey): Promise<void> {
  await sendSignal({
    signalName: "unknownCredential",
    rpID: rpId,
    credentialID: credentialId,
  }).catch(() => undefined);
}

/** Tells a browser which of a person's keys work here; it may forget the others. */
export async function signalAcceptedKeys({
  rpId,
  userId,
  credentialIds,
}: {
  rpId: string;
  /** The handle that keys know the person by. */
  userId: string;
  credentialIds: string[];
}): Promise<void> {
  await sendSignal({
    signalName: "allAcceptedCredentials",
    rpID: rpId,
    userID: userId,
    allAcceptedCredentialIDs: credentialIds,
  }).catch(() => undefined);
}

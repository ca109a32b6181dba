"use client";

import { useEffect } from "react";
import { signalAcceptedKeys } from "@/components/webauthn-ceremony";

/**
 * Tells the browser which of the person's keys work, where it listens: one that was removed is then offered
 * nowhere any more. It asks the server at that moment, since a page may be older than the newest key.
 */
export function AcceptedKeysSignal() {
  useEffect(() => {
    void signalFromServer();
  }, []);
  return null;
}

async function signalFromServer(): Promise<void> {
  if (!("signalAllAcceptedCredentials" in (globalThis.PublicKeyCredential ?? {}))) return;
  const answer = await fetch("/account/mfa/security-key/accepted", {
    redirect: "error", // the session is over
  }).catch(() => undefined);
  if (answer?.status === 200) await signalAcceptedKeys(await answer.json());
}

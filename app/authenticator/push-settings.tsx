"use client";

import { Bell, BellOff, BellRing } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import {
  closeNotifications,
  findPushState,
  type PushState,
  renewPush,
  turnOnPush,
} from "./push-state";
import type { PhoneAccount } from "./sign";

export type PushTexts = {
  heading: string;
  about: string;
  turnOn: string;
  working: string;
  states: Record<Exclude<PushState, "off">, string>;
};

/** Whether this phone is rung while the page is closed, and the button that allows it. */
export function PushSettings({
  accounts,
  texts,
}: {
  /** The connected accounts of this phone. */
  accounts: PhoneAccount[];
  texts: PushTexts;
}) {
  const { state, isWorking, turnOn } = usePush(accounts);
  if (accounts.length === 0 || !state) return null;
  const Icon = ICONS[state];
  return (
    <section aria-labelledby="push" className="card space-y-4">
      <div className="flex items-start gap-3">
        <Icon
          aria-hidden="true"
          size={20}
          strokeWidth={1.5}
          className="mt-0.5 shrink-0 text-muted"
        />
        <div className="min-w-0 space-y-2">
          <h2 id="push">{texts.heading}</h2>
          {state === "off" && <p className="text-sm text-muted">{texts.about}</p>}
          <p role="status" className="text-sm text-muted empty:hidden">
            {state !== "off" && texts.states[state]}
          </p>
        </div>
      </div>
      {CAN_BE_TURNED_ON.includes(state) && (
        <button
          type="button"
          className="button button-secondary w-full"
          disabled={isWorking}
          aria-busy={isWorking}
          onClick={turnOn}
        >
          {isWorking ? texts.working : texts.turnOn}
        </button>
      )}
    </section>
  );
}

const CAN_BE_TURNED_ON: PushState[] = ["off", "dismissed", "failed"];
const ICONS = {
  on: BellRing,
  off: Bell,
  dismissed: Bell,
  failed: Bell,
  refused: BellOff,
  denied: BellOff,
  unsupported: BellOff,
};

/** The browser's state, renewed when the page opens, when accounts come and when the browser says so. */
function usePush(accounts: PhoneAccount[]) {
  const [state, setState] = useState<PushState>();
  const [isWorking, setIsWorking] = useState(false);
  const latest = useRef(accounts);
  useEffect(() => {
    latest.current = accounts;
  });
  const ids = accounts.map(({ id }) => id).join();

  useEffect(() => {
    setState(findPushState());
    if (ids === "") return;
    let isCurrent = true;
    const renew = async () => {
      const next = await renewPush(latest.current);
      if (isCurrent) setState(next);
    };
    void renew();
    const { serviceWorker } = navigator; // none on an insecure page
    serviceWorker?.addEventListener("message", renew);
    window.addEventListener("online", renew);
    return () => {
      isCurrent = false;
      window.removeEventListener("online", renew);
      serviceWorker?.removeEventListener("message", renew);
    };
  }, [ids]);

  useEffect(() => {
    const look = () => {
      if (document.visibilityState === "visible") void closeNotifications();
    };
    look();
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, []);

  async function turnOn() {
    setIsWorking(true);
    setState(await turnOnPush(accounts));
    setIsWorking(false);
  }

  return { state, isWorking, turnOn };
}

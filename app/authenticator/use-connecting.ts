"use client";

import { useEffect, useRef, useState } from "react";
import { dropAccount, keepAccount, NothingKept } from "./accounts";
import {
  askState,
  beginWithPhrase,
  checkNumberOf,
  claim,
  confirmAgain,
  decide,
  type Pairing,
  type PhrasePairing,
  pairingOf,
} from "./connecting";
import type { PhoneAccount, PortalAnswer } from "./sign";

const POLL_MS = 1_500;

/** How far this phone is on its way to an account. */
export type ConnectingStep =
  | { step: "claiming" }
  | { step: "phrase"; pairing: PhrasePairing }
  /** `unheard`: the portal was not reached, or its answer was lost, and it can be asked again. */
  | { step: "confirm"; pairing: Pairing; unheard?: Unheard }
  /** Confirmed here; the account's page has the last word. */
  | { step: "waiting"; kept: PhoneAccount; checkNumber: string; unheard?: Unheard };

export type Unheard = "offline" | "failed";
export type WaitingStep = Extract<ConnectingStep, { step: "waiting" }>;

/** How it ended. */
export type ConnectingEnd =
  | { end: "connected"; account: PhoneAccount }
  | { end: "declined" | "cancelled" }
  | { end: "refused"; reason: string };

/** Connects this phone to an account, step by step; `onEnd` is told how it ended. */
export function useConnecting(onEnd: (end: ConnectingEnd) => void) {
  const [current, setCurrent] = useState<ConnectingStep>();

  const finish = (end: ConnectingEnd) => {
    setCurrent(undefined);
    onEnd(end);
  };
  const refuse = (reason: string) => finish({ end: "refused", reason });

  /** Goes on with a good answer, stays when there was none, and ends with the reason of a bad one. */
  const follow = async <T>(
    asked: Promise<PortalAnswer<T>>,
    next: (answer: T) => ConnectingStep | ConnectingEnd,
    stay?: Extract<ConnectingStep, { unheard?: Unheard }>,
  ) => {
    try {
      const given = await asked;
      const unheard = unheardOf(given);
      if (unheard && stay) return setCurrent({ ...stay, unheard });
      if (!given.ok) return refuse(given.reason);
      const after = next(given.answer);
      if ("end" in after) finish(after);
      else setCurrent(after);
    } catch (error) {
      if (!(error instanceof NothingKept)) throw error;
      refuse("nothing-kept");
    }
  };

  /** News from the portal about a phone that waits. */
  const hear = useLatest(async (waiting: ConnectingStep, signal: AbortSignal) => {
    if (waiting.step === "phrase") {
      const { id, key } = waiting.pairing;
      const given = await askState(id, key.keys.privateKey, signal);
      if (signal.aborted || unheardOf(given)) return;
      if (!given.ok) return refuse(given.reason);
      if (given.answer.state !== "unclaimed") {
        setCurrent(confirmStep({ id, key, account: given.answer.account }));
      }
    }
    if (waiting.step === "waiting") {
      const { kept } = waiting;
      const given = await askState(kept.id, kept.privateKey, signal);
      if (signal.aborted || unheardOf(given)) return;
      if (!given.ok) {
        if (given.reason === "removed") await dropAccount(kept.id);
        return refuse(given.reason);
      }
      if (given.answer.state === "claimed") {
        // The portal never heard that it was confirmed here.
        setCurrent(confirmStep(await pairingOf(kept, given.answer.account)));
      }
      if (given.answer.state === "connected") {
        const { name } = given.answer;
        const account = { ...kept, name, connectedAt: Date.now() };
        await keepAccount(account);
        finish({ end: "connected", account });
      }
    }
  });

  useEffect(() => {
    if (!current || !["phrase", "waiting"].includes(current.step)) return;
    const ending = new AbortController();
    const timer = setInterval(() => hear.current(current, ending.signal), POLL_MS);
    return () => {
      clearInterval(timer);
      ending.abort();
    };
  }, [current, hear]);

  const waitWith = async (kept: PhoneAccount) =>
    setCurrent({ step: "waiting", kept, checkNumber: await checkNumberOf(kept) });

  return {
    current,
    /** Brings a key for what was scanned. */
    scan: (secret: string) => {
      setCurrent({ step: "claiming" });
      return follow(claim(secret), confirmStep);
    },
    /** Shows four words to type on the account's page. */
    showPhrase: () => {
      setCurrent({ step: "claiming" });
      return follow(beginWithPhrase(), (pairing) => ({ step: "phrase", pairing }));
    },
    /** Goes on with what was confirmed before this page was opened. */
    resume: waitWith,
    confirm: (pairing: Pairing) => {
      const wasUnheard = current?.step === "confirm" && current.unheard !== undefined;
      const asked = wasUnheard ? confirmAgain(pairing) : decide(pairing, "confirmed");
      const next = (decided: Omit<WaitingStep, "step">) => ({
        step: "waiting" as const,
        ...decided,
      });
      return follow(asked, next, confirmStep(pairing));
    },
    decline: (pairing: Pairing) =>
      follow(decide(pairing, "declined"), () => ({ end: "declined" }), confirmStep(pairing)),
    /** Takes the confirmation back, while the account's page has not connected it. */
    withdraw: async (waiting: WaitingStep) => {
      const given = await decide(await pairingOf(waiting.kept, waiting.kept), "declined");
      // Connected, or over: the next news says which.
      if (!given.ok && given.reason === "removed") return;
      return follow(Promise.resolve(given), () => ({ end: "declined" }), waiting);
    },
    /** Leaves the step and tells nobody. */
    cancel: () => finish({ end: "cancelled" }),
  };
}

const confirmStep = (pairing: Pairing) => ({ step: "confirm" as const, pairing });

/** Why nothing was heard from the portal this time, if so: it is asked again. */
function unheardOf(given: PortalAnswer<unknown>): Unheard | undefined {
  if (given.ok) return undefined;
  return given.reason === "offline" || given.reason === "failed" ? given.reason : undefined;
}

/** What was given last, for a timer that outlives a rendering. */
function useLatest<T>(value: T) {
  const latest = useRef(value);
  useEffect(() => {
    latest.current = value;
  });
  return latest;
}

import { useEffect, useRef, useState } from "react";
import { untilLost } from "../until-lost";
import { callSigned, type PhoneAccount } from "./sign";

/** What the portal asks this phone. */
export type OpenRequest = {
  id: string;
  email: string;
  occasion: "login" | "step-up";
  portal: string;
  browser: string;
  address: string;
  createdAt: string;
  secondsLeft: number;
};

/** One of them, with the account that answers it and its end by this page's own clock (ms). */
export type ShownRequest = OpenRequest & { account: PhoneAccount; endsAt: number };

const [PAUSE_MS, TROUBLE_MS, LOOK_MS] = [1_000, 3_000, 5_000];
const MAX_RESTING = 3; // over HTTP/1.1 a browser has six connections to the portal, for all of its pages

/** Tells of a request that left, and then of those that came. */
export function useChanges(
  requests: ShownRequest[],
  { onCome, onGo }: { onCome: () => void; onGo: (id: string) => void },
): void {
  const before = useRef(new Set<string>());
  useEffect(() => {
    const now = new Set(requests.map(({ id }) => id));
    const gone = [...before.current].find((id) => !now.has(id));
    const hasCome = [...now].some((id) => !before.current.has(id));
    before.current = now;
    if (gone) onGo(gone);
    if (hasCome) onCome();
  });
}

/** The open requests of all accounts, each account asked for its own; what has expired disappears. */
export function useOpenRequests(accounts: PhoneAccount[]) {
  const [byAccount, setByAccount] = useState(new Map<string, ShownRequest[]>());
  const latest = useRef(accounts);
  useEffect(() => {
    latest.current = accounts;
  });
  const ids = accounts.map(({ id }) => id).join();
  useEffect(() => {
    const leaving = new AbortController();
    const followed = latest.current.filter(({ id }) => ids.includes(id));
    for (const [place, account] of followed.entries()) {
      const ask = place < MAX_RESTING ? "resting" : "looking";
      void follow({ account, ask, signal: leaving.signal }, (requests) =>
        setByAccount((before) => new Map(before).set(account.id, requests)),
      );
    }
    return () => leaving.abort();
  }, [ids]);
  useEffect(() => {
    const isLive = ({ endsAt }: ShownRequest) => endsAt > performance.now();
    const timer = setInterval(() => {
      setByAccount((before) => {
        const isSame = [...before.values()].flat().every(isLive);
        return isSame ? before : keepOnly(before, isLive);
      });
    }, PAUSE_MS);
    return () => clearInterval(timer);
  }, []);
  const all = accounts.flatMap(({ id }) => byAccount.get(id) ?? []);
  return {
    // A phone that was connected twice to an account is asked twice, and shows it once.
    requests: all.filter(({ id }, place) => all.findIndex((other) => other.id === id) === place),
    isLoaded: accounts.every(({ id }) => byAccount.has(id)),
    drop: (gone: string) => setByAccount((before) => keepOnly(before, ({ id }) => id !== gone)),
  };
}

function keepOnly(
  before: Map<string, ShownRequest[]>,
  isShownRequest: (request: ShownRequest) => boolean,
) {
  return new Map([...before].map(([id, requests]) => [id, requests.filter(isShownRequest)]));
}

/**
 * Asks for the open requests of an account until it is left, or connected no more: each question rests at the
 * portal until there is news, or looks every few seconds where others rest already.
 */
async function follow(
  {
    account,
    ask,
    signal,
  }: { account: PhoneAccount; ask: "resting" | "looking"; signal: AbortSignal },
  show: (requests: ShownRequest[]) => void,
): Promise<void> {
  let known: string[] | undefined;
  while (!signal.aborted) {
    const asked = performance.now();
    const given = await callSigned<{ requests: OpenRequest[] }>({
      signer: account,
      purpose: "requests",
      path: "/authenticator/requests",
      fields: { known: ask === "resting" ? known : undefined },
      signal: untilLost(signal),
    });
    if (signal.aborted || (!given.ok && given.reason === "removed")) return;
    if (given.ok) {
      const { requests } = given.answer;
      known = requests.map(({ id }) => id);
      const now = performance.now();
      show(requests.map((open) => ({ ...open, account, endsAt: now + open.secondsLeft * 1000 })));
    }
    const wait = given.ok ? (ask === "resting" ? PAUSE_MS : LOOK_MS) : TROUBLE_MS;
    if (performance.now() - asked < wait) await pause(wait, signal);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

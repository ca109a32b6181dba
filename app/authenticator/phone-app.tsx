"use client";

import { KeyRound, QrCode, TextCursorInput } from "lucide-react";
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { Notice } from "@/components/notice";
import { AccountItem, type AccountStanding } from "./account-item";
import { keepAccount, NothingKept, readAccounts } from "./accounts";
import { askState } from "./connecting";
import { ConnectingCard } from "./connecting-card";
import { fill } from "./fill";
import { mustBeInstalledFirst } from "./home-screen";
import { InstallGuide } from "./install-guide";
import { PushSettings, type PushTexts } from "./push-settings";
import { Requests, type RequestTexts } from "./requests";
import { onBrought, type ScannedCode } from "./scanned-code";
import { Scanner } from "./scanner";
import type { PhoneAccount } from "./sign";
import type { PhoneTexts } from "./texts";
import { type ConnectingEnd, useConnecting } from "./use-connecting";

type Outcome = { tone: "success" | "info" | "danger"; text: string };
type Approval = { requestId: string; number: string };
/** Where the focus goes on when what had it is gone; a new object each time. */
type Landing = { at: "requests" | "connect" | "outcome" };

/** The Sparekey Authenticator: what this phone serves, what waits for its answer, and how to connect it. */
export function PhoneApp({
  texts,
  requestTexts,
  pushTexts,
}: {
  texts: PhoneTexts;
  requestTexts: RequestTexts;
  pushTexts: PushTexts;
}) {
  const [accounts, setAccounts] = useState<PhoneAccount[]>();
  const [trouble, setTrouble] = useState<"needsHttps" | "nothingKept">();
  const [isScanning, setScanning] = useState(false);
  const [scanned, setScanned] = useState<Approval>();
  const [outcome, setOutcome] = useState<Outcome>();
  const [landing, setLanding] = useState<Landing>();
  useFocus(landing);
  const isOnline = useIsOnline();

  const load = useCallback(async () => {
    try {
      const kept = await readAccounts();
      setAccounts(kept);
      return kept;
    } catch (error) {
      if (!(error instanceof NothingKept)) throw error;
      setTrouble("nothingKept");
      return [];
    }
  }, []);

  const connecting = useConnecting((end) => {
    const outcome = describeEnd(end, texts);
    setOutcome(outcome);
    setLanding({ at: outcome ? "outcome" : "connect" });
    void load();
  });

  const act = (code: ScannedCode) => {
    setScanning(false);
    setOutcome(undefined);
    setScanned(undefined);
    if (code.kind === "connect") return void connecting.scan(code.secret);
    setScanned({ requestId: code.requestId, number: code.number });
    setLanding({ at: "requests" });
  };
  const latest = useRef({ act, resume: connecting.resume });
  useEffect(() => {
    latest.current = { act, resume: connecting.resume };
  });

  useEffect(() => {
    if (!window.isSecureContext) return setTrouble("needsHttps");
    // Nothing is kept by it (public/sw.js): it makes the page an app, and is rung by Web Push.
    void navigator.serviceWorker
      ?.register("/sw.js", { scope: "/authenticator", updateViaCache: "none" })
      .catch(() => undefined);
    let isPairing = false;
    const stop = onBrought((code) => {
      isPairing = code.kind === "connect";
      if (!isPairing || !mustBeInstalledFirst()) latest.current.act(code);
    });
    void load().then((kept) => {
      const waiting = kept.find(({ connectedAt }) => connectedAt === null);
      if (waiting && !isPairing) void latest.current.resume(waiting);
    });
    return stop;
  }, [load]);

  const served = (accounts ?? []).filter(({ connectedAt }) => connectedAt !== null);
  const standings = useStandings(served, isOnline, load);

  if (trouble) return <Trouble text={texts[trouble]} title={texts.product} />;
  if (!accounts && !connecting.current) {
    return (
      <p role="status" className="card text-muted">
        {texts.starting}
      </p>
    );
  }
  if (served.length === 0 && mustBeInstalledFirst()) return <InstallGuide texts={texts.install} />;
  if (connecting.current) {
    const isServed = (userId: string) => served.some((account) => account.userId === userId);
    return (
      <ConnectingCard current={connecting.current} acts={connecting} {...{ texts, isServed }} />
    );
  }
  if (isScanning) {
    return (
      <Scanner
        texts={texts.scanner}
        cancel={texts.cancel}
        onScanned={act}
        onCancel={() => {
          setScanning(false);
          setLanding({ at: "connect" });
        }}
      />
    );
  }
  const answering = served.filter(({ id }) => standings.get(id) !== "removed");
  return (
    <div className="space-y-8">
      <h1 className="sr-only">{texts.product}</h1>
      <div role="status" id="outcome" tabIndex={-1} className="outline-none empty:hidden">
        {outcome && <Notice tone={outcome.tone}>{outcome.text}</Notice>}
      </div>
      <div role="status" className="empty:hidden">
        {!isOnline && <Notice tone="warning">{texts.offline}</Notice>}
      </div>
      {served.length > 0 && (
        <section className="space-y-3">
          <h2 id="requests" tabIndex={-1} className="outline-none">
            {texts.requests}
          </h2>
          <Requests
            accounts={answering}
            scanned={scanned}
            texts={requestTexts}
            onLeft={() => {
              setScanned(undefined);
              setLanding({ at: "requests" });
            }}
          />
        </section>
      )}
      {answering.length > 0 && <PushSettings accounts={answering} texts={pushTexts} />}
      <section className="card space-y-4">
        <div className="space-y-2">
          {served.length === 0 && (
            <KeyRound aria-hidden="true" size={28} strokeWidth={1.5} className="text-accent" />
          )}
          <h2 id="connect" tabIndex={-1} className="outline-none">
            {served.length === 0 ? texts.connectTitle : texts.connectMore}
          </h2>
          <p className="text-muted">{served.length === 0 ? texts.empty : texts.connectIntro}</p>
        </div>
        <div className="space-y-3">
          <button
            type="button"
            className="button button-primary w-full"
            onClick={() => {
              setOutcome(undefined);
              setScanned(undefined);
              setScanning(true);
            }}
          >
            <QrCode aria-hidden="true" size={20} strokeWidth={1.5} />
            {texts.scan}
          </button>
          <button
            type="button"
            className="button button-secondary w-full"
            onClick={() => {
              setOutcome(undefined);
              void connecting.showPhrase();
            }}
          >
            <TextCursorInput aria-hidden="true" size={20} strokeWidth={1.5} />
            {texts.showPhrase}
          </button>
        </div>
      </section>
      {served.length > 0 && (
        <section className="space-y-3">
          <h2 id="accounts">{texts.accounts}</h2>
          <ul aria-labelledby="accounts" className="space-y-3">
            {served.map((account) => (
              <AccountItem
                key={account.id}
                account={account}
                standing={standings.get(account.id) ?? "checking"}
                texts={texts.account}
                onForgotten={({ email }) => {
                  setOutcome({ tone: "success", text: fill(texts.account.forgotten, { email }) });
                  void load();
                }}
              />
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}

/** Lets keyboards and screen readers go on at the heading or the outcome that comes next (AX-10). */
function useFocus(landing: Landing | undefined): void {
  useEffect(() => {
    if (!landing) return;
    const next = document.getElementById(landing.at) ?? document.getElementById("connect");
    next?.focus();
  }, [landing]);
}

function Trouble({ title, text }: { title: string; text: string }) {
  return (
    <section className="card space-y-4">
      <h1>{title}</h1>
      <Notice tone="warning">{text}</Notice>
    </section>
  );
}

/** What is said once a pairing is over. */
function describeEnd(end: ConnectingEnd, texts: PhoneTexts): Outcome | undefined {
  const { pairing, account, nothingKept, failed, offline } = texts;
  switch (end.end) {
    case "connected":
      return { tone: "success", text: fill(pairing.done, { email: end.account.email }) };
    case "declined":
      return { tone: "info", text: pairing.declined };
    case "cancelled":
      return undefined;
    case "refused": {
      const said: Record<string, string> = {
        gone: pairing.gone,
        removed: pairing.ended,
        busy: pairing.busy,
        key: account.key,
        "nothing-kept": nothingKept,
        offline,
      };
      return { tone: "danger", text: said[end.reason] ?? failed };
    }
  }
}

/** How the accounts stand with the portal: asked when the page is opened, looked at again, or online again. */
function useStandings(
  accounts: PhoneAccount[],
  isOnline: boolean,
  reload: () => Promise<unknown>,
): Map<string, AccountStanding> {
  const [standings, setStandings] = useState(new Map<string, AccountStanding>());
  const latest = useRef(accounts);
  useEffect(() => {
    latest.current = accounts;
  });
  const ids = accounts.map(({ id }) => id).join();
  useEffect(() => {
    if (!ids || !isOnline) return;
    const askAll = async () => {
      if (document.hidden) return;
      for (const account of latest.current) {
        const standing = await findStanding(account, reload);
        setStandings((before) => new Map(before).set(account.id, standing));
      }
    };
    void askAll();
    document.addEventListener("visibilitychange", askAll);
    return () => document.removeEventListener("visibilitychange", askAll);
  }, [ids, isOnline, reload]);
  return standings;
}

async function findStanding(
  account: PhoneAccount,
  reload: () => Promise<unknown>,
): Promise<AccountStanding> {
  const given = await askState(account.id, account.privateKey);
  if (!given.ok) {
    return given.reason === "removed" || given.reason === "key" ? given.reason : "unreachable";
  }
  if (given.answer.state !== "connected") return "removed";
  const { name, suspendedAt } = given.answer;
  const { email } = given.answer.account;
  if (email !== account.email || name !== account.name) {
    await keepAccount({ ...account, email, name }); // changed in the account meanwhile
    await reload();
  }
  return suspendedAt ? "suspended" : "connected";
}

function useIsOnline(): boolean {
  return useSyncExternalStore(
    (tell) => {
      window.addEventListener("online", tell);
      window.addEventListener("offline", tell);
      return () => {
        window.removeEventListener("online", tell);
        window.removeEventListener("offline", tell);
      };
    },
    () => navigator.onLine,
    () => true,
  );
}

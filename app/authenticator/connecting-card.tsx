"use client";

import { useState } from "react";
import { FocusedHeading } from "@/components/focused-heading";
import { Notice } from "@/components/notice";
import type { Pairing } from "./connecting";
import type { PhoneTexts } from "./texts";
import type { ConnectingStep, Unheard, WaitingStep } from "./use-connecting";

type Acts = {
  confirm: (pairing: Pairing) => Promise<void>;
  decline: (pairing: Pairing) => Promise<void>;
  withdraw: (waiting: WaitingStep) => Promise<void>;
  cancel: () => void;
};

/** One step of connecting this phone to an account. */
export function ConnectingCard({
  current,
  texts,
  acts,
  isServed,
}: {
  current: ConnectingStep;
  texts: PhoneTexts;
  acts: Acts;
  /** Whether this phone serves the account of this user id already. */
  isServed: (userId: string) => boolean;
}) {
  const { pairing: words } = texts;
  switch (current.step) {
    case "claiming":
      return (
        <p role="status" className="card text-muted">
          {words.claiming}
        </p>
      );
    case "phrase":
      return (
        <section className="card space-y-5">
          <FocusedHeading>{words.phraseTitle}</FocusedHeading>
          <p>{words.phraseIntro}</p>
          <ol aria-label={words.phrase} className="space-y-2">
            {[...current.pairing.phrase.matchAll(/\S+/g)].map(({ 0: word, index }) => (
              <li key={index} className="mono rounded-lg bg-raised px-4 py-2 text-lg">
                {word}
              </li>
            ))}
          </ol>
          <p className="text-sm text-muted">{words.phraseLife}</p>
          <button type="button" className="button button-secondary w-full" onClick={acts.cancel}>
            {texts.cancel}
          </button>
        </section>
      );
    case "confirm":
      return <Confirm {...current} {...{ texts, acts, isServed }} />;
    case "waiting":
      return (
        <section className="card space-y-5">
          <FocusedHeading>{words.waitTitle}</FocusedHeading>
          <p className="text-muted">{current.kept.email}</p>
          <p>{words.waitIntro}</p>
          <dl className="space-y-1">
            <dt className="text-sm text-muted">{words.checkNumber}</dt>
            <dd className="mono text-xl font-semibold">{current.checkNumber}</dd>
          </dl>
          <UnheardNote unheard={current.unheard} texts={texts} />
          <button
            type="button"
            className="button button-secondary w-full"
            onClick={() => void acts.withdraw(current)}
          >
            {texts.cancel}
          </button>
        </section>
      );
  }
}

/** Says that nothing was heard from the portal: what was pressed can be pressed again. */
function UnheardNote({ unheard, texts }: { unheard: Unheard | undefined; texts: PhoneTexts }) {
  return (
    <div role="alert" className="empty:hidden">
      {unheard && <Notice tone="warning">{texts.pairing.unheard[unheard]}</Notice>}
    </div>
  );
}

function Confirm({
  pairing,
  unheard,
  texts,
  acts: { confirm, decline, cancel },
  isServed,
}: {
  pairing: Pairing;
  unheard?: Unheard | undefined;
  texts: PhoneTexts;
  acts: Acts;
  isServed: (userId: string) => boolean;
}) {
  const { pairing: words } = texts;
  const [isBusy, setBusy] = useState(false);
  const press = (act: Acts["confirm"]) => () => {
    setBusy(true);
    void act(pairing).finally(() => setBusy(false));
  };
  const { account } = pairing;
  const facts = [
    { name: words.accountEmail, value: account.email },
    { name: words.accountName, value: account.name },
    { name: words.portal, value: window.location.host },
  ];
  return (
    <section className="card space-y-5">
      <FocusedHeading>{words.confirmTitle}</FocusedHeading>
      <p>{words.confirmIntro}</p>
      <dl className="space-y-3">
        {facts.map(({ name, value }) => (
          <div key={name}>
            <dt className="text-sm text-muted">{name}</dt>
            <dd className="font-medium">{value}</dd>
          </div>
        ))}
      </dl>
      {isServed(account.userId) && <Notice tone="info">{words.already}</Notice>}
      <UnheardNote unheard={unheard} texts={texts} />
      <div className="space-y-3">
        <button
          type="button"
          className="button button-primary w-full"
          disabled={isBusy}
          onClick={press(confirm)}
        >
          {words.confirm}
        </button>
        <button
          type="button"
          className="button button-secondary w-full"
          disabled={isBusy}
          onClick={press(decline)}
        >
          {words.decline}
        </button>
        {unheard && (
          <button
            type="button"
            className="button button-secondary w-full"
            disabled={isBusy}
            onClick={cancel}
          >
            {texts.cancel}
          </button>
        )}
      </div>
    </section>
  );
}

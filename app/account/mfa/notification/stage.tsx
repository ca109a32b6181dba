"use client";

import {
  createContext,
  type ReactNode,
  startTransition,
  useActionState,
  useContext,
  useEffect,
  useId,
  useRef,
  useState,
  useSyncExternalStore,
} from "react";
import { flushSync } from "react-dom";
import { BeginForm } from "@/components/begin-form";
import { FocusedHeading } from "@/components/focused-heading";
import { QrPicture } from "@/components/qr-picture";
import { SubmitButton } from "@/components/submit-button";
import { useWipeOnLeave } from "@/components/wipe-on-leave";
import { addSparekeyAuthenticator, type PairingState } from "./actions";

export type PairingTexts = {
  title: string;
  scan: string;
  scanSteps: string[];
  qrAlt: string;
  private: string;
  noCamera: string;
  noCameraHow: string;
  phrase: string;
  usePhrase: string;
  waiting: string;
  continue: string;
  cancel: string;
  claimedTitle: string;
  claimed: string;
  phoneTitle: string;
  phoneHow: string;
  device: string;
  address: string;
  checkNumber: string;
  connect: string;
  decline: string;
  working: string;
};

const POLL_MS = 1_000;

type Pairing = {
  state: PairingState;
  send: (formData: FormData) => void;
  texts: PairingTexts;
  /** The lost phone whose place the new one takes. */
  replaces: string | undefined;
};

const PairingContext = createContext<Pairing | undefined>(undefined);

function usePairing(): Pairing {
  const pairing = useContext(PairingContext);
  if (!pairing) throw new Error("This stands inside a SparekeyAuthenticatorStage.");
  return pairing;
}

type StageProps = {
  texts: PairingTexts;
  /** The id of a lost phone of this person, whose place the new one takes. */
  replaces?: string;
  /** Where the answer lands without scripts: the page that began it. */
  permalink?: string;
  children: ReactNode;
};

/** Shows its children until a pairing begins, then what it needs, to the phone that asks to be connected. */
export function SparekeyAuthenticatorStage(props: StageProps) {
  const [wipes, setWipes] = useState(0);
  // A new key drops the old action state, and with it the picture, at once: the page may be frozen next.
  const wipe = () => flushSync(() => setWipes((count) => count + 1));
  return <Stage key={wipes} {...props} wipe={wipe} />;
}

function Stage({
  texts,
  replaces,
  permalink = "/account/mfa/notification",
  children,
  wipe,
}: StageProps & { wipe: () => void }) {
  const [state, send] = useActionState<PairingState, FormData>(
    addSparekeyAuthenticator,
    {},
    permalink,
  );
  const { picture, claimed, phone } = state;
  return (
    <PairingContext value={{ state, send, texts, replaces }}>
      {picture && <Picture picture={picture} wipe={wipe} />}
      {claimed && <Claimed />}
      {phone && <AskingPhone phone={phone} />}
      {!picture && !claimed && !phone && children}
    </PairingContext>
  );
}

/** The button that begins a pairing. */
export function AddAuthenticatorButton({
  children,
  className,
}: {
  children: ReactNode;
  className?: string;
}) {
  const { state, send, texts, replaces } = usePairing();
  return (
    <BeginForm
      action={send}
      fields={replaces === undefined ? {} : { replaces }}
      error={state.error}
      working={texts.working}
      className={className}
    >
      {children}
    </BeginForm>
  );
}

/** A form that takes one step; each says which, and what is to be replaced. */
function StepForm({
  step,
  className,
  children,
}: {
  step: "phrase" | "continue" | "connect" | "decline";
  className?: string;
  children: ReactNode;
}) {
  const { send, replaces } = usePairing();
  return (
    <form action={send} noValidate className={className}>
      <input type="hidden" name="step" value={step} />
      {replaces && <input type="hidden" name="replaces" value={replaces} />}
      {children}
    </form>
  );
}

function Picture({
  picture: { qr, authenticatorPage },
  wipe,
}: {
  picture: NonNullable<PairingState["picture"]>;
  wipe: () => void;
}) {
  useWipeOnLeave(wipe, [qr.path]);
  useNews("waiting");
  const { texts } = usePairing();
  return (
    <div className="space-y-6">
      <FocusedHeading>{texts.title}</FocusedHeading>
      <section className="card space-y-6">
        <div className="grid gap-6 min-[35rem]:grid-cols-[15rem_1fr]">
          <QrPicture {...qr} label={texts.qrAlt} />
          <div className="space-y-4">
            <h2>{texts.scan}</h2>
            <ol className="list-decimal space-y-1 pl-5">
              {texts.scanSteps.map((step) => (
                <li key={step}>{step}</li>
              ))}
            </ol>
            <p className="text-sm text-muted">{texts.private}</p>
          </div>
        </div>
        <Waiting />
        <PhraseForm authenticatorPage={authenticatorPage} />
        <Cancel />
      </section>
    </div>
  );
}

function PhraseForm({ authenticatorPage }: { authenticatorPage: string }) {
  const { state, texts } = usePairing();
  const { phrase, phraseError } = state;
  const id = useId();
  return (
    <StepForm step="phrase" className="space-y-4 border-t border-line pt-6">
      <h2>{texts.noCamera}</h2>
      <p className="text-muted">
        {texts.noCameraHow} <span className="mono text-text">{authenticatorPage}</span>
      </p>
      <div className="space-y-1.5">
        <label htmlFor={`${id}-phrase`} className="block text-sm font-medium">
          {texts.phrase}
        </label>
        <input
          id={`${id}-phrase`}
          name="phrase"
          defaultValue={phrase}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          required
          aria-invalid={Boolean(phraseError) || undefined}
          aria-describedby={phraseError && `${id}-error`}
          className="field mono max-w-100"
        />
        <p id={`${id}-error`} role="alert" className="text-sm text-danger empty:hidden">
          {phraseError}
        </p>
      </div>
      <SubmitButton working={texts.working} className="button button-secondary">
        {texts.usePhrase}
      </SubmitButton>
    </StepForm>
  );
}

function Claimed() {
  useNews("claimed");
  const { texts } = usePairing();
  return (
    <div className="space-y-6">
      <FocusedHeading>{texts.claimedTitle}</FocusedHeading>
      <section className="card space-y-6">
        <p>{texts.claimed}</p>
        <Waiting />
        <Cancel />
      </section>
    </div>
  );
}

function AskingPhone({
  phone: { pairingId, device, address, checkNumber },
}: {
  phone: NonNullable<PairingState["phone"]>;
}) {
  const { texts } = usePairing();
  const facts = [
    { name: texts.device, value: device },
    { name: texts.address, value: address },
  ];
  return (
    <div className="space-y-6">
      <FocusedHeading>{texts.phoneTitle}</FocusedHeading>
      <section className="card space-y-6">
        <p>{texts.phoneHow}</p>
        <dl className="space-y-1">
          <dt className="text-sm text-muted">{texts.checkNumber}</dt>
          <dd className="mono text-xl font-semibold">{checkNumber}</dd>
        </dl>
        <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-1 text-sm">
          {facts.map(({ name, value }) => (
            <div key={name} className="contents">
              <dt className="text-muted">{name}</dt>
              <dd className="min-w-0">{value}</dd>
            </div>
          ))}
        </dl>
        <div className="flex flex-wrap gap-3">
          <StepForm step="connect">
            <input type="hidden" name="pairing" value={pairingId} />
            <SubmitButton working={texts.working} className="button button-primary min-w-32">
              {texts.connect}
            </SubmitButton>
          </StepForm>
          <StepForm step="decline">
            <SubmitButton working={texts.working} className="button button-secondary">
              {texts.decline}
            </SubmitButton>
          </StepForm>
        </div>
      </section>
    </div>
  );
}

/** With scripts the page goes on by itself; without them the person asks. */
function Waiting() {
  const { state, texts } = usePairing();
  const hasScripts = useHasScripts();
  return (
    <div className="space-y-3">
      <p role="status" className="text-sm text-muted">
        {hasScripts ? texts.waiting : state.note}
      </p>
      {!hasScripts && (
        <StepForm step="continue">
          <SubmitButton working={texts.working} className="button button-primary">
            {texts.continue}
          </SubmitButton>
        </StepForm>
      )}
    </div>
  );
}

function Cancel() {
  const { texts } = usePairing();
  return (
    // A plain link: the page is loaded anew, without the picture.
    <a className="button -ml-4" href="/account/mfa">
      {texts.cancel}
    </a>
  );
}

/** Asks how far the pairing is, while the page is looked at, and shows what is next when it is further. */
function useNews(known: "waiting" | "claimed"): void {
  const { send, replaces } = usePairing();
  const latest = useRef({ send, replaces });
  useEffect(() => {
    latest.current = { send, replaces };
  });
  useEffect(() => {
    let isOver = false;
    const ask = async () => {
      if (isOver || document.hidden) return;
      const state = await fetchState();
      if (isOver || state === undefined || state === known) return;
      isOver = true;
      const next = new FormData();
      next.set("step", "continue");
      const { send, replaces } = latest.current;
      if (replaces) next.set("replaces", replaces);
      startTransition(() => send(next));
    };
    const timer = setInterval(ask, POLL_MS);
    return () => {
      isOver = true;
      clearInterval(timer);
    };
  }, [known]);
}

/** The state in a word; `undefined` while the portal cannot be reached. */
async function fetchState(): Promise<string | undefined> {
  try {
    const response = await fetch("/account/mfa/notification/status", { cache: "no-store" });
    return (await response.json()).state;
  } catch {
    return undefined; // asked again in a second
  }
}

const useHasScripts = () =>
  useSyncExternalStore(
    () => () => undefined,
    () => true,
    () => false,
  );

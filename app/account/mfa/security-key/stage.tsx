"use client";

import { createContext, type ReactNode, useActionState, useContext, useId } from "react";
import { BeginForm } from "@/components/begin-form";
import { FocusedHeading } from "@/components/focused-heading";
import { Notice } from "@/components/notice";
import { SubmitButton } from "@/components/submit-button";
import {
  type CeremonyTexts,
  holdCeremony,
  useCeremony,
  useKeySupport,
} from "@/components/webauthn-ceremony";
import { addSecurityKey, type KeyEnrollmentState } from "./actions";

export type KeyEnrollmentTexts = CeremonyTexts & {
  title: string;
  intro: string;
  what: string;
  name: string;
  nameHint: string;
  add: string;
  cancel: string;
  working: string;
  waiting: string;
  needsScripts: string;
};

type Enrollment = {
  send: (formData: FormData) => void;
  error: string | undefined;
  working: string;
};

const EnrollmentContext = createContext<Enrollment | undefined>(undefined);

/**
 * Shows its children until an enrollment begins, then the form that adds a key. Without scripts the answer
 * lands on the page of the form, which says that a browser needs them.
 */
export function SecurityKeyStage({
  texts,
  name = "",
  begun = false,
  replaces,
  permalink = "/account/mfa/security-key",
  children,
}: {
  texts: KeyEnrollmentTexts;
  /** What the name field holds at first. */
  name?: string;
  /** Whether the form is what the page is there for. */
  begun?: boolean;
  /** The id of the lost key. */
  replaces?: string;
  /** Where the answer lands without scripts: the page that began it. */
  permalink?: string;
  children?: ReactNode;
}) {
  const [state, send] = useActionState<KeyEnrollmentState, FormData>(addSecurityKey, {}, permalink);
  if (begun || state.begun) {
    return <AddKey {...{ state, send, texts, name, replaces, isWholePage: begun }} />;
  }
  return (
    <EnrollmentContext.Provider value={{ send, error: state.error, working: texts.working }}>
      {children}
    </EnrollmentContext.Provider>
  );
}

/** The button that begins an enrollment. */
export function AddKeyButton({ children, className }: { children: ReactNode; className?: string }) {
  const enrollment = useContext(EnrollmentContext);
  if (!enrollment) throw new Error("An AddKeyButton stands inside a SecurityKeyStage.");
  return (
    <BeginForm
      action={enrollment.send}
      error={enrollment.error}
      working={enrollment.working}
      className={className}
    >
      {children}
    </BeginForm>
  );
}

function AddKey({
  state: { options, name: typed, nameError, error },
  send,
  texts,
  name,
  replaces,
  isWholePage,
}: {
  state: KeyEnrollmentState;
  send: (formData: FormData) => void;
  texts: KeyEnrollmentTexts;
  name: string;
  replaces: string | undefined;
  isWholePage: boolean;
}) {
  const isSupported = useKeySupport();
  const id = useId();
  const fields = { step: "add", ...(replaces && { replaces }) };
  const { isWaiting, problem, forgetProblem } = useCeremony({
    options,
    hold: (make) => holdCeremony({ make }, texts),
    fields: { ...fields, name: typed ?? name },
    send,
  });
  const told = problem ?? error;
  return (
    <div className="space-y-6">
      {isWholePage ? <h1>{texts.title}</h1> : <FocusedHeading>{texts.title}</FocusedHeading>}
      <section className="card space-y-5">
        <div className="space-y-2 text-muted">
          <p>{texts.intro}</p>
          <p>{texts.what}</p>
        </div>
        {isSupported ? (
          <form action={send} onSubmit={forgetProblem} noValidate className="space-y-4">
            <noscript>
              <Notice tone="warning">{texts.needsScripts}</Notice>
            </noscript>
            <div role="alert" className="empty:hidden">
              {told && !isWaiting && <Notice tone="danger">{told}</Notice>}
            </div>
            {Object.entries(fields).map(([field, value]) => (
              <input key={field} type="hidden" name={field} value={value} />
            ))}
            <div className="space-y-1.5">
              <label htmlFor={`${id}-name`} className="block text-sm font-medium">
                {texts.name}
              </label>
              <input
                id={`${id}-name`}
                name="name"
                defaultValue={typed ?? name}
                autoComplete="off"
                aria-invalid={Boolean(nameError) || undefined}
                aria-describedby={`${nameError ? `${id}-error ` : ""}${id}-hint`}
                className="field"
              />
              <p id={`${id}-error`} role="alert" className="text-sm text-danger empty:hidden">
                {nameError}
              </p>
              <p id={`${id}-hint`} className="text-sm text-muted">
                {texts.nameHint}
              </p>
            </div>
            <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
              <SubmitButton working={texts.working} className="button button-primary max-sm:w-full">
                {texts.add}
              </SubmitButton>
              {/* A plain link: the page is loaded anew, and the browser's dialog closes with it. */}
              <a className="button max-sm:w-full" href="/account/mfa">
                {texts.cancel}
              </a>
            </div>
            <p role="status" className="text-sm text-muted empty:hidden">
              {isWaiting && texts.waiting}
            </p>
          </form>
        ) : (
          <Notice tone="warning">{texts.unsupported}</Notice>
        )}
      </section>
    </div>
  );
}

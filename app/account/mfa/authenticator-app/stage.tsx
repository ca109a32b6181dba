"use client";

import { createContext, type ReactNode, useActionState, useContext, useId, useState } from "react";
import { flushSync } from "react-dom";
import { BeginForm } from "@/components/begin-form";
import { FocusedHeading } from "@/components/focused-heading";
import { QrPicture } from "@/components/qr-picture";
import { SubmitButton } from "@/components/submit-button";
import { useWipeOnLeave } from "@/components/wipe-on-leave";
import { addAuthenticatorApp, type EnrollmentState } from "./actions";

export type EnrollmentTexts = {
  title: string;
  scan: string;
  qrAlt: string;
  cannotScan: string;
  setupKey: string;
  enter: string;
  code: string;
  verify: string;
  private: string;
  cancel: string;
  working: string;
};

type Enrollment = {
  add: (formData: FormData) => void;
  previous: "replaced" | "lost";
  error: string | undefined;
  working: string;
};

const EnrollmentContext = createContext<Enrollment | undefined>(undefined);

type StageProps = {
  texts: EnrollmentTexts;
  /** What became of the app before, if there is one. */
  previous?: "replaced" | "lost";
  /** Where the answer lands without scripts: the page that began it. */
  permalink?: string;
  children: ReactNode;
};

/**
 * Shows its children until an enrollment begins, then the picture to scan. Without scripts the answer
 * lands on the app's own page.
 */
export function AuthenticatorAppStage(props: StageProps) {
  const [wipes, setWipes] = useState(0);
  // A new key drops the old action state, and with it the seed, at once: the page may be frozen next.
  const wipe = () => flushSync(() => setWipes((count) => count + 1));
  return <Stage key={wipes} {...props} wipe={wipe} />;
}

function Stage({
  texts,
  previous = "replaced",
  permalink = "/account/mfa/authenticator-app",
  children,
  wipe,
}: StageProps & { wipe: () => void }) {
  const [{ pending, codeError, error }, add] = useActionState<EnrollmentState, FormData>(
    addAuthenticatorApp,
    {},
    permalink,
  );
  if (pending) {
    return <Pending {...{ pending, codeError, add, texts, previous, wipe }} />;
  }
  return (
    <EnrollmentContext.Provider value={{ add, previous, error, working: texts.working }}>
      {children}
    </EnrollmentContext.Provider>
  );
}

/** The button that begins an enrollment. */
export function AddAppButton({ children, className }: { children: ReactNode; className?: string }) {
  const enrollment = useContext(EnrollmentContext);
  if (!enrollment) throw new Error("An AddAppButton stands inside an AuthenticatorAppStage.");
  return (
    <BeginForm
      action={enrollment.add}
      fields={{ previous: enrollment.previous }}
      error={enrollment.error}
      working={enrollment.working}
      className={className}
    >
      {children}
    </BeginForm>
  );
}

function Pending({
  pending: { setupKey, qr },
  codeError,
  add,
  texts,
  previous,
  wipe,
}: {
  pending: NonNullable<EnrollmentState["pending"]>;
  codeError: string | undefined;
  add: (formData: FormData) => void;
  texts: EnrollmentTexts;
  previous: "replaced" | "lost";
  wipe: () => void;
}) {
  useWipeOnLeave(wipe, [setupKey]);
  const id = useId();
  return (
    <div className="space-y-6">
      <FocusedHeading>{texts.title}</FocusedHeading>
      <section className="card space-y-6">
        <div className="grid gap-6 min-[35rem]:grid-cols-[15rem_1fr]">
          <QrPicture {...qr} label={texts.qrAlt} />
          <div className="space-y-4">
            <h2>{texts.scan}</h2>
            <div className="space-y-1.5">
              <p className="text-sm text-muted">{texts.cannotScan}</p>
              <dl className="space-y-1.5">
                <dt className="text-sm font-medium">{texts.setupKey}</dt>
                <dd>
                  <code className="mono block rounded-lg bg-raised p-3 break-all select-all">
                    {setupKey}
                  </code>
                </dd>
              </dl>
            </div>
            <p className="text-sm text-muted">{texts.private}</p>
          </div>
        </div>
        <form action={add} noValidate className="space-y-4 border-t border-line pt-6">
          <h2>{texts.enter}</h2>
          <input type="hidden" name="step" value="verify" />
          <input type="hidden" name="previous" value={previous} />
          <div className="space-y-1.5">
            <label htmlFor={`${id}-code`} className="block text-sm font-medium">
              {texts.code}
            </label>
            <input
              id={`${id}-code`}
              name="code"
              autoComplete="one-time-code"
              inputMode="numeric"
              required
              aria-invalid={Boolean(codeError) || undefined}
              aria-describedby={codeError && `${id}-error`}
              className="field mono max-w-60 text-lg tracking-wide"
            />
            <p id={`${id}-error`} role="alert" className="text-sm text-danger empty:hidden">
              {codeError}
            </p>
          </div>
          <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
            <SubmitButton working={texts.working} className="button button-primary min-w-32">
              {texts.verify}
            </SubmitButton>
            {/* A plain link: the page is loaded anew, without the seed. */}
            <a className="button" href="/account/mfa">
              {texts.cancel}
            </a>
          </div>
        </form>
      </section>
    </div>
  );
}

"use client";

import { type ReactNode, useActionState, useId, useState } from "react";
import { flushSync } from "react-dom";
import { type Field, FormField, type FormTexts } from "@/components/form";
import { Notice } from "@/components/notice";
import { SubmitButton } from "@/components/submit-button";
import { useWipeOnLeave } from "@/components/wipe-on-leave";
import { makeCode, type TemporaryCodeState } from "./actions";

type StageProps = {
  fields: Field[];
  texts: FormTexts;
  shownTexts: { title: string; label: string; help: string };
  /** Where the answer lands without scripts. */
  permalink: string;
  /** Shown in place of the half once the page was left. */
  wiped: ReactNode;
  /** What stands above the form. */
  children: ReactNode;
};

/** The form that makes a temporary code, until it did: then the half for the administrator alone. */
export function TemporaryCodeStage(props: StageProps) {
  const [wipes, setWipes] = useState(0);
  // A new key drops the old action state, and with it the half, at once: the page may be frozen next.
  const wipe = () => flushSync(() => setWipes((count) => count + 1));
  return <Stage key={wipes} {...props} isWiped={wipes > 0} wipe={wipe} />;
}

function Stage({
  fields,
  texts,
  shownTexts,
  permalink,
  wiped,
  children,
  isWiped,
  wipe,
}: StageProps & { isWiped: boolean; wipe: () => void }) {
  const [state, submit] = useActionState<TemporaryCodeState, FormData>(makeCode, {}, permalink);
  const id = useId();
  if (state.shown) return <Shown shown={state.shown} texts={shownTexts} wipe={wipe} />;
  if (isWiped) return wiped;
  const { error, fieldErrors = {}, values = {} } = state;
  return (
    <section className="card space-y-5">
      {children}
      <form action={submit} noValidate className="space-y-4">
        <div id={`${id}-error`} role="alert">
          {error && <Notice tone="danger">{error}</Notice>}
        </div>
        {fields.map((field) => (
          <FormField
            key={field.name}
            field={{ ...field, value: values[field.name] ?? field.value }}
            id={`${id}-${field.name}`}
            error={fieldErrors[field.name]}
            formErrorId={error && `${id}-error`}
            texts={texts}
          />
        ))}
        <SubmitButton working={texts.working}>{texts.submit}</SubmitButton>
      </form>
    </section>
  );
}

function Shown({
  shown: { half, until },
  texts,
  wipe,
}: {
  shown: NonNullable<TemporaryCodeState["shown"]>;
  texts: StageProps["shownTexts"];
  wipe: () => void;
}) {
  useWipeOnLeave(wipe, [half]);
  const id = useId();
  return (
    <section aria-labelledby={id} className="card space-y-4">
      <h2 id={id}>{texts.title}</h2>
      <dl className="space-y-1">
        <dt className="text-sm text-muted">{texts.label}</dt>
        <dd>
          <code className="mono text-[1.75rem] tracking-wide select-all">{half}</code>
        </dd>
      </dl>
      <Notice tone="warning" announce="status">
        <p>{texts.help}</p>
        <p>{until}</p>
      </Notice>
    </section>
  );
}

"use client";

import { useActionState } from "react";
import type { FormAction, FormTexts } from "./form";
import { Notice } from "./notice";
import { SubmitButton } from "./submit-button";

/** A form that asks for one of a few things, all in sight. */
export function ChoiceForm({
  action,
  name,
  legend,
  choices,
  chosen,
  texts,
}: {
  action: FormAction;
  name: string;
  /** What is asked, for who cannot see the heading. */
  legend: string;
  choices: { value: string; label: string }[];
  chosen: string | undefined;
  texts: FormTexts;
}) {
  const [{ error }, submit] = useActionState(action, {});
  return (
    <form action={submit} className="space-y-4">
      <div role="alert" className="empty:hidden">
        {error && <Notice tone="danger">{error}</Notice>}
      </div>
      <fieldset>
        <legend className="sr-only">{legend}</legend>
        {choices.map(({ value, label }) => (
          <label key={value} className="flex min-h-11 cursor-pointer items-center gap-3">
            <input
              type="radio"
              name={name}
              value={value}
              defaultChecked={value === chosen}
              className="size-5 shrink-0 accent-accent"
            />
            {label}
          </label>
        ))}
      </fieldset>
      <SubmitButton working={texts.working} className="button button-secondary">
        {texts.submit}
      </SubmitButton>
    </form>
  );
}

"use client";

import { useActionState } from "react";
import type { FormAction } from "./form";
import { Notice } from "./notice";
import { SubmitButton } from "./submit-button";

/** A form of one button. What it answers is told above it. */
export function ButtonForm({
  action,
  fields,
  texts: { submit, about, working },
  className = "button button-secondary",
}: {
  action: FormAction;
  /** Sent along, by name. */
  fields?: Record<string, string>;
  /** `about` tells one of several alike buttons from the others, to who cannot see where it stands. */
  texts: { submit: string; about?: string; working: string };
  className?: string;
}) {
  const [{ error, done }, send] = useActionState(action, {});
  return (
    <form action={send} className="space-y-3">
      <div role="alert" className="empty:hidden">
        {error && <Notice tone="danger">{error}</Notice>}
      </div>
      <div role="status" className="empty:hidden">
        {done && <Notice tone="success">{done}</Notice>}
      </div>
      {Object.entries(fields ?? {}).map(([name, value]) => (
        <input key={name} type="hidden" name={name} value={value} />
      ))}
      <SubmitButton working={working} className={className}>
        {submit}
        {about && <span className="sr-only"> {about}</span>}
      </SubmitButton>
    </form>
  );
}

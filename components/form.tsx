"use client";

import { type ReactNode, useActionState, useId, useState } from "react";
import { Notice } from "./notice";
import { PasswordField } from "./password-field";
import { SubmitButton } from "./submit-button";

/** What an action answers: what is wrong or was done, in words, and what the person had typed. */
export type FormState = {
  error?: string;
  /** What was done, where the form stays for another time. */
  done?: string;
  fieldErrors?: Record<string, string | undefined>;
  values?: Record<string, string>;
};

export type Field = {
  name: string;
  label: string;
  /** `username` is not shown: it tells a password manager whose password this is. */
  type?: "text" | "multiline" | "email" | "password" | "checkbox" | "hidden" | "username";
  hint?: string;
  value?: string;
  autoComplete?: string;
  inputMode?: "numeric" | "text";
  /** A code: monospaced, in capitals, not remembered and not spelled. */
  code?: boolean;
  autoFocus?: boolean;
};

export type FormAction = (state: FormState, formData: FormData) => Promise<FormState>;

export type FormTexts = {
  submit: string;
  working: string;
  show: string;
  hide: string;
};

const BUTTONS = {
  primary: "button button-primary w-full",
  danger: "button button-danger w-full",
};

/**
 * A form of labelled fields for one action. It works as a plain POST; with scripts it answers in
 * place. `check` looks at the fields in the browser and returns what is wrong, or nothing.
 */
export function Form({
  action,
  fields,
  texts,
  tone = "primary",
  check,
  children,
}: {
  action: FormAction;
  fields: Field[];
  /** What its button looks like: `danger` for what cannot be brought back. */
  tone?: "primary" | "danger";
  texts: FormTexts;
  check?: (formData: FormData) => FormState | undefined;
  children?: ReactNode;
}) {
  const [answer, submit] = useActionState(action, {});
  const [checked, setChecked] = useState<FormState>();
  const id = useId();
  const { error, done, fieldErrors = {}, values = {} } = checked ?? answer;
  const errorId = `${id}-error`;
  return (
    <form
      action={submit}
      onSubmit={(event) => {
        const found = check?.(new FormData(event.currentTarget));
        setChecked(found);
        if (found) event.preventDefault();
      }}
      noValidate
      className="space-y-4"
    >
      <div id={errorId} role="alert">
        {error && <Notice tone="danger">{error}</Notice>}
      </div>
      <div role="status" className="empty:hidden">
        {done && <Notice tone="success">{done}</Notice>}
      </div>
      {fields.map((field) => (
        <FormField
          key={field.name}
          field={{ ...field, value: values[field.name] ?? field.value }}
          id={`${id}-${field.name}`}
          error={fieldErrors[field.name]}
          formErrorId={error && errorId}
          texts={texts}
        />
      ))}
      <SubmitButton working={texts.working} className={BUTTONS[tone]}>
        {texts.submit}
      </SubmitButton>
      {children}
    </form>
  );
}

/** One field with its label, hint and error. `id` is unique on the page; `formErrorId` is that of what is wrong with the whole form. */
export function FormField({
  field: { name, label, type = "text", hint, value, autoComplete, inputMode, code, autoFocus },
  id,
  error,
  formErrorId,
  texts,
}: {
  field: Field;
  id: string;
  error: string | undefined;
  formErrorId: string | undefined;
  texts: FormTexts;
}) {
  if (type === "hidden") return <input type="hidden" name={name} defaultValue={value} />;
  if (type === "username") {
    return (
      <input
        name={name}
        value={value}
        autoComplete="username"
        readOnly
        tabIndex={-1}
        aria-hidden="true"
        className="sr-only"
      />
    );
  }
  if (type === "checkbox") {
    return (
      <label className="flex min-h-11 items-center gap-3">
        <input
          type="checkbox"
          name={name}
          defaultChecked={value === "on"}
          className="size-5 accent-accent"
        />
        {label}
      </label>
    );
  }
  const described = [error && `${id}-error`, hint && `${id}-hint`, formErrorId]
    .filter(Boolean)
    .join(" ");
  const input = {
    id,
    name,
    defaultValue: value,
    autoComplete: autoComplete ?? "off",
    inputMode,
    "aria-invalid": Boolean(error ?? formErrorId) || undefined,
    "aria-describedby": described || undefined,
    autoFocus,
    required: true,
    ...(code && { autoCapitalize: "characters", spellCheck: false }),
  };
  return (
    <div className="space-y-1.5">
      <label htmlFor={id} className="block text-sm font-medium">
        {label}
      </label>
      {type === "password" && <PasswordField {...input} texts={texts} />}
      {type === "multiline" && <textarea {...input} rows={3} className="field" />}
      {type !== "password" && type !== "multiline" && (
        <input
          {...input}
          type={type}
          className={`field ${code ? "mono text-lg tracking-wide" : ""}`}
        />
      )}
      {error && (
        <p id={`${id}-error`} role="alert" className="text-sm text-danger">
          {error}
        </p>
      )}
      {hint && (
        <p id={`${id}-hint`} className="text-sm text-muted">
          {hint}
        </p>
      )}
    </div>
  );
}

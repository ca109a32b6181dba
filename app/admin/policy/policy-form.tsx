"use client";

import { type ReactNode, useActionState, useId } from "react";
import type { FormState, FormTexts } from "@/components/form";
import { Notice } from "@/components/notice";
import { SubmitButton } from "@/components/submit-button";
import { reviewPolicy } from "./actions";

/** The words of one field: what it is called, and what helps to fill it in. */
type FieldText = { label: string; help?: string };

export type PolicyFormTexts = FormTexts & {
  requirement: FieldText;
  requirements: { value: string; label: string }[];
  graceDays: FieldText;
  methods: FieldText;
  methodNames: { value: string; label: string }[];
  codes: string;
  codesRequired: string;
  lowCodes: FieldText;
  administration: string;
  twoAdministrators: string;
  temporaryCodeUses: FieldText;
};

/** All that an administrator chooses. Its answer leads to a page that asks once more. */
export function PolicyForm({
  values: before,
  limits,
  texts,
}: {
  /** What the fields say at first, by name; `on` for what is ticked. */
  values: Record<string, string>;
  limits: Record<"graceDays" | "lowCodes" | "temporaryCodeUses", { min: number; max: number }>;
  texts: PolicyFormTexts;
}) {
  const [answer, submit] = useActionState<FormState, FormData>(reviewPolicy, {});
  const { error, fieldErrors = {}, values = before } = answer;
  const choice = (type: "radio" | "checkbox", name: string, label: string, value = "on") => (
    <label key={`${name} ${value}`} className="flex min-h-11 cursor-pointer items-center gap-3">
      <input
        type={type}
        name={name}
        value={value}
        defaultChecked={values[name] === value}
        className="size-5 shrink-0 accent-accent"
      />
      {label}
    </label>
  );
  const number = (name: keyof typeof limits, text: FieldText) => (
    <NumberField
      name={name}
      text={text}
      value={values[name]}
      error={fieldErrors[name]}
      limits={limits[name]}
    />
  );
  return (
    <form action={submit} noValidate className="space-y-6">
      <div role="alert" className="empty:hidden">
        {error && <Notice tone="danger">{error}</Notice>}
      </div>
      <input type="hidden" name="known" defaultValue={values.known} />
      <Group text={texts.requirement} error={fieldErrors.requirement}>
        <div>
          {texts.requirements.map(({ value, label }) =>
            choice("radio", "requirement", label, value),
          )}
        </div>
        {number("graceDays", texts.graceDays)}
      </Group>
      <Group text={texts.methods} error={fieldErrors.methods}>
        <div className="grid sm:grid-cols-2">
          {texts.methodNames.map(({ value, label }) => choice("checkbox", value, label))}
        </div>
      </Group>
      <Group text={{ label: texts.codes }} error={fieldErrors.codesRequired}>
        {choice("checkbox", "codesRequired", texts.codesRequired)}
        {number("lowCodes", texts.lowCodes)}
      </Group>
      <Group text={{ label: texts.administration }} error={undefined}>
        {choice("checkbox", "twoAdministrators", texts.twoAdministrators)}
        {number("temporaryCodeUses", texts.temporaryCodeUses)}
      </Group>
      <SubmitButton working={texts.working} className="button button-primary">
        {texts.submit}
      </SubmitButton>
    </form>
  );
}

function Group({
  text: { label, help },
  error,
  children,
}: {
  text: FieldText;
  error: string | undefined;
  children: ReactNode;
}) {
  const id = useId();
  const described = [error && `${id}-error`, help && `${id}-help`].filter(Boolean).join(" ");
  return (
    <fieldset className="card space-y-3" aria-describedby={described || undefined}>
      {/* A legend stands in the border unless it floats. */}
      <legend className="float-left w-full text-lg font-semibold">{label}</legend>
      <div className="clear-left space-y-3">
        {help && (
          <p id={`${id}-help`} className="text-sm text-muted">
            {help}
          </p>
        )}
        {error && (
          <p id={`${id}-error`} role="alert" className="text-sm text-danger">
            {error}
          </p>
        )}
        {children}
      </div>
    </fieldset>
  );
}

function NumberField({
  name,
  text: { label, help },
  value,
  error,
  limits,
}: {
  name: string;
  text: FieldText;
  value: string | undefined;
  error: string | undefined;
  limits: { min: number; max: number };
}) {
  const id = useId();
  const described = [error && `${id}-error`, help && `${id}-help`].filter(Boolean).join(" ");
  return (
    <div className="space-y-1.5">
      <label htmlFor={id} className="block text-sm font-medium">
        {label}
      </label>
      <input
        id={id}
        name={name}
        type="number"
        {...limits}
        defaultValue={value}
        autoComplete="off"
        aria-invalid={Boolean(error) || undefined}
        aria-describedby={described || undefined}
        required
        className="field max-w-28"
      />
      {error && (
        <p id={`${id}-error`} role="alert" className="text-sm text-danger">
          {error}
        </p>
      )}
      {help && (
        <p id={`${id}-help`} className="text-sm text-muted">
          {help}
        </p>
      )}
    </div>
  );
}

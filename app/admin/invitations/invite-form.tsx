"use client";

import { useActionState, useId } from "react";
import type { FormAction, FormTexts } from "@/components/form";
import { Notice } from "@/components/notice";
import { SubmitButton } from "@/components/submit-button";

/** Asks for the address and the role of somebody who is to be invited. */
export function InviteForm({
  action,
  kept,
  texts,
}: {
  action: FormAction;
  /** What was typed before a fresh proof was asked for. */
  kept: Record<string, string>;
  texts: FormTexts & { email: string; role: string; member: string; administrator: string };
}) {
  const [{ error, fieldErrors = {}, values = kept }, submit] = useActionState(action, {});
  const id = useId();
  const described = [fieldErrors.email && `${id}-wrong`, error && `${id}-error`];
  const isWrong = Boolean(fieldErrors.email ?? error);
  const roles = [
    { value: "USER", label: texts.member },
    { value: "ADMINISTRATOR", label: texts.administrator },
  ];
  return (
    <form action={submit} noValidate className="space-y-4">
      <div id={`${id}-error`} role="alert" className="empty:hidden">
        {error && <Notice tone="danger">{error}</Notice>}
      </div>
      <div className="space-y-1.5">
        <label htmlFor={`${id}-email`} className="block text-sm font-medium">
          {texts.email}
        </label>
        <input
          id={`${id}-email`}
          name="email"
          type="email"
          autoComplete="off"
          required
          defaultValue={values.email}
          aria-invalid={isWrong || undefined}
          aria-describedby={described.filter(Boolean).join(" ") || undefined}
          className="field"
        />
        {fieldErrors.email && (
          <p id={`${id}-wrong`} role="alert" className="text-sm text-danger">
            {fieldErrors.email}
          </p>
        )}
      </div>
      <fieldset>
        <legend className="text-sm font-medium">{texts.role}</legend>
        {roles.map(({ value, label }) => (
          <label key={value} className="flex min-h-11 cursor-pointer items-center gap-3">
            <input
              type="radio"
              name="role"
              value={value}
              defaultChecked={value === (values.role || "USER")}
              className="size-5 shrink-0 accent-accent"
            />
            {label}
          </label>
        ))}
      </fieldset>
      <SubmitButton working={texts.working} className="button button-primary w-full">
        {texts.submit}
      </SubmitButton>
    </form>
  );
}

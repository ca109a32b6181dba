"use client";

import type { ReactNode } from "react";
import { Notice } from "./notice";
import { SubmitButton } from "./submit-button";

/** The button that begins what then takes the page's place; why it did not begin is told above it. */
export function BeginForm({
  action,
  fields = {},
  error,
  working,
  className,
  children,
}: {
  action: (formData: FormData) => void;
  /** Sent along, by name. */
  fields?: Record<string, string>;
  error: string | undefined;
  working: string;
  className?: string;
  children: ReactNode;
}) {
  return (
    <form action={action} className="space-y-3">
      <div role="alert" className="empty:hidden">
        {error && <Notice tone="danger">{error}</Notice>}
      </div>
      {Object.entries(fields).map(([name, value]) => (
        <input key={name} type="hidden" name={name} value={value} />
      ))}
      <SubmitButton working={working} className={className}>
        {children}
      </SubmitButton>
    </form>
  );
}

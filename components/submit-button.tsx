"use client";

import type { ReactNode } from "react";
import { useFormStatus } from "react-dom";

/** A form's button; while the form is on its way it says so and takes no second click. */
export function SubmitButton({
  children,
  working,
  className = "button button-primary w-full",
  disabledLook,
}: {
  children: ReactNode;
  working: string;
  className?: string;
  /** Looks disabled, and can be pressed all the same: the form then says what is missing. */
  disabledLook?: boolean;
}) {
  const { pending } = useFormStatus();
  return (
    <button type="submit" className={className} disabled={pending} aria-busy={pending} aria-disabled={disabledLook || undefined}>
      {pending ? working : children}
    </button>
  );
}

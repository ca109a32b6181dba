"use client";

import type { ReactNode } from "react";
import { useFormStatus } from "react-dom";

/** A form's button; while the form is on its way it says so and takes no second click. */
export function SubmitButton({
  children,
  working,
  className = "button button-primary w-full",
  quiet,
  describedBy,
}: {
  children: ReactNode;
  working: string;
  className?: string;
  /** Looks quiet, and can be pressed all the same: the form then says what is missing. */
  quiet?: boolean;
  /** The id of what says which of several such buttons this is. */
  describedBy?: string;
}) {
  const { pending } = useFormStatus();
  return (
    <button
      type="submit"
      className={className}
      disabled={pending}
      aria-busy={pending}
      aria-describedby={describedBy}
      data-quiet={quiet || undefined}
    >
      {pending ? working : children}
    </button>
  );
}

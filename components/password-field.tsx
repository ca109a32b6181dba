"use client";

import { type ComponentProps, useState } from "react";
import { useHasScripts } from "./use-has-scripts";

/** A password input with a button that shows what was typed; without scripts it is a plain one. */
export function PasswordField({
  texts,
  ...input
}: ComponentProps<"input"> & {
  texts: { show: string; hide: string };
}) {
  const [shown, setShown] = useState(false);
  const hasScripts = useHasScripts();
  return (
    <div className="relative">
      <input
        {...input}
        type={shown ? "text" : "password"}
        className={`field ${hasScripts ? "pr-18" : ""}`}
      />
      {hasScripts && (
        <button
          type="button"
          aria-controls={input.id}
          onClick={() => setShown(!shown)}
          className="absolute inset-y-1 right-1 min-w-14 cursor-pointer rounded-md px-3 text-sm font-medium text-muted hover:text-text"
        >
          {shown ? texts.hide : texts.show}
        </button>
      )}
    </div>
  );
}

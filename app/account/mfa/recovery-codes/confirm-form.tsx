"use client";

import { useActionState } from "react";
import { SubmitButton } from "@/components/submit-button";
import { confirmRecoveryCodes } from "./actions";

/** Marks a set as saved later, for somebody who saved it and left before saying so. */
export function ConfirmForm({
  setId,
  texts,
}: {
  setId: string;
  texts: { submit: string; working: string };
}) {
  const [, confirm] = useActionState(confirmRecoveryCodes, undefined);
  return (
    <form action={confirm}>
      <input type="hidden" name="set" value={setId} />
      <input type="hidden" name="saved" value="on" />
      <SubmitButton working={texts.working} className="button button-secondary">
        {texts.submit}
      </SubmitButton>
    </form>
  );
}

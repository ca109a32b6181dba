"use client";

import { type ReactNode, useActionState } from "react";
import { SubmitButton } from "@/components/submit-button";
import { confirmRecoveryCodes, discardRecoveryCodes } from "./actions";

type SetFormProps = { setId: string; texts: { submit: string; working: string } };

/** Marks a set as saved later, for somebody who saved it and left before saying so. */
export function ConfirmForm(props: SetFormProps) {
  return (
    <SetForm {...props} action={confirmRecoveryCodes}>
      <input type="hidden" name="saved" value="on" />
    </SetForm>
  );
}

/** Drops a new set, for somebody who left without saving it. */
export function DiscardForm(props: SetFormProps) {
  return <SetForm {...props} action={discardRecoveryCodes} />;
}

function SetForm({
  action,
  setId,
  texts,
  children,
}: SetFormProps & {
  action: (state: undefined, formData: FormData) => Promise<undefined>;
  children?: ReactNode;
}) {
  const [, submit] = useActionState(action, undefined);
  return (
    <form action={submit}>
      <input type="hidden" name="set" value={setId} />
      {children}
      <SubmitButton working={texts.working} className="button button-secondary">
        {texts.submit}
      </SubmitButton>
    </form>
  );
}

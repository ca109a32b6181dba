"use client";

import { useActionState } from "react";
import { SubmitButton } from "@/components/submit-button";
import { sendVerificationAgain } from "./actions";

/** The button that mails the verification link once more, and what became of it. */
export function SendAgainForm({ texts }: { texts: { submit: string; working: string } }) {
  const [{ done, error }, send] = useActionState(sendVerificationAgain, {});
  return (
    <form action={send} className="space-y-3">
      <p role="status" className="font-medium empty:hidden">
        {done}
      </p>
      <p role="alert" className="text-danger empty:hidden">
        {error}
      </p>
      <SubmitButton working={texts.working} className="button button-secondary">
        {texts.submit}
      </SubmitButton>
    </form>
  );
}

"use client";

import { useActionState } from "react";
import { SubmitButton } from "@/components/submit-button";
import { endOtherSessions, endSession } from "./actions";

type Texts = { submit: string; working: string };

/** Ends one session; `describedBy` is the element that says which. */
export function EndSessionForm({
  id,
  describedBy,
  texts,
}: {
  id: string;
  describedBy: string;
  texts: Texts;
}) {
  const [, end] = useActionState(endSession, undefined);
  return (
    <form action={end}>
      <input type="hidden" name="session" value={id} />
      <SubmitButton
        working={texts.working}
        describedBy={describedBy}
        className="button button-secondary"
      >
        {texts.submit}
      </SubmitButton>
    </form>
  );
}

/** Ends all sessions but the one of this browser. */
export function EndOtherSessionsForm({ texts }: { texts: Texts }) {
  const [, end] = useActionState(endOtherSessions, undefined);
  return (
    <form action={end}>
      <SubmitButton working={texts.working} className="button button-secondary">
        {texts.submit}
      </SubmitButton>
    </form>
  );
}

"use client";

import { useActionState } from "react";
import { Notice } from "@/components/notice";
import { SubmitButton } from "@/components/submit-button";
import { approve, decline } from "./actions";

/** The two buttons of a request; `describedBy` is the element that says which. */
export function DecideForms({
  id,
  describedBy,
  canApprove,
  texts,
}: {
  id: string;
  describedBy: string;
  canApprove: boolean;
  texts: { approve: string; decline: string; working: string };
}) {
  const [approval, sendApproval] = useActionState(approve, {});
  const [refusal, sendRefusal] = useActionState(decline, {});
  const error = approval.error ?? refusal.error;
  return (
    <div className="space-y-3">
      <div role="alert" className="empty:hidden">
        {error && <Notice tone="danger">{error}</Notice>}
      </div>
      <div className="flex flex-wrap gap-3">
        {canApprove && (
          <form action={sendApproval}>
            <input type="hidden" name="request" value={id} />
            <SubmitButton
              working={texts.working}
              describedBy={describedBy}
              className="button button-primary"
            >
              {texts.approve}
            </SubmitButton>
          </form>
        )}
        <form action={sendRefusal}>
          <input type="hidden" name="request" value={id} />
          <SubmitButton
            working={texts.working}
            describedBy={describedBy}
            className="button button-secondary"
          >
            {texts.decline}
          </SubmitButton>
        </form>
      </div>
    </div>
  );
}

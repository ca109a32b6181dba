"use client";

import { useActionState } from "react";
import { BeginForm } from "@/components/begin-form";
import { remindByMail } from "./actions";

/** Mails everybody whom the fields name. */
export function RemindForm({
  fields,
  texts,
}: {
  fields: Record<string, string>;
  texts: { submit: string; working: string };
}) {
  const [, remind] = useActionState(remindByMail, undefined);
  return (
    <BeginForm action={remind} fields={fields} error={undefined} working={texts.working}>
      {texts.submit}
    </BeginForm>
  );
}

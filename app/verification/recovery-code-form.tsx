"use client";

import { type Field, Form, type FormAction, type FormTexts } from "@/components/form";
import { parseRecoveryCode } from "@/lib/mfa/recovery-code";
import { describeTypo, type TypoTexts } from "./describe-typo";

/** The code's form; a typo is told before anything is sent. */
export function RecoveryCodeForm({
  action,
  field,
  hidden,
  texts,
  typos,
}: {
  action: FormAction;
  field: Field;
  hidden: Field[];
  texts: FormTexts;
  typos: TypoTexts;
}) {
  return (
    <Form
      action={action}
      fields={[field, ...hidden]}
      texts={texts}
      check={(formData) => {
        const input = String(formData.get(field.name));
        const { typo } = parseRecoveryCode(input);
        return (
          typo && {
            values: { [field.name]: input },
            fieldErrors: { [field.name]: describeTypo(typo, typos) },
          }
        );
      }}
    />
  );
}

"use client";

import { type Field, Form, type FormAction, type FormTexts } from "@/components/form";
import { parseTemporaryCode } from "@/lib/mfa/temporary-code";
import {
  describeTemporaryCodeTypo,
  type TemporaryCodeTypoTexts,
} from "./describe-temporary-code-typo";

/** The code's form; a typo is told before anything is sent. */
export function TemporaryCodeForm({
  action,
  field,
  texts,
  typos,
}: {
  action: FormAction;
  field: Field;
  texts: FormTexts;
  typos: TemporaryCodeTypoTexts;
}) {
  return (
    <Form
      action={action}
      fields={[field]}
      texts={texts}
      check={(formData) => {
        const input = String(formData.get(field.name));
        const { typo } = parseTemporaryCode(input);
        return (
          typo && {
            values: { [field.name]: input },
            fieldErrors: { [field.name]: describeTemporaryCodeTypo(typo, typos) },
          }
        );
      }}
    />
  );
}

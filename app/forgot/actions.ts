"use server";

import type { FormState } from "@/components/form";
import { publicAction } from "@/lib/auth/action";
import { requestPasswordReset } from "@/lib/auth/reset-password";
import { getWords } from "@/messages/words";

export const askForReset = publicAction<FormState>(async ({ text, from }) => {
  const typed = text("email");
  const result = await requestPasswordReset(typed, from);
  if (result.asked) return { done: (await getWords("forgot"))("asked", { email: result.email }) };
  return {
    values: { email: typed },
    fieldErrors: { email: (await getWords("form"))("emailInvalid") },
  };
});

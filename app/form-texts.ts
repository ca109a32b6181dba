import "server-only";
import type { FormTexts } from "@/components/form";
import { getWords } from "@/messages/words";

/** The words every form has, around the label of its button. */
export async function getFormTexts(submit: string): Promise<FormTexts> {
  const words = await getWords("form");
  return {
    submit,
    working: words("working"),
    show: words("show"),
    hide: words("hide"),
  };
}

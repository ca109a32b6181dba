import "server-only";
import { getWords } from "@/messages/words";
import type { PushTexts } from "./push-settings";

/** The words around being rung. */
export async function getPushTexts(): Promise<PushTexts> {
  const words = await getWords("push");
  return {
    heading: words("heading"),
    about: words("about"),
    turnOn: words("turnOn"),
    working: words("working"),
    states: {
      on: words("on"),
      denied: words("denied"),
      unsupported: words("unsupported"),
      dismissed: words("dismissed"),
      failed: words("failed"),
      refused: words("refused"),
    },
  };
}

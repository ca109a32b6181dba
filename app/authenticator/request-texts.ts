import "server-only";
import { getWords } from "@/messages/words";
import type { RequestTexts } from "./requests";

/** The words around what waits for the phone's answer. */
export async function getRequestTexts(): Promise<RequestTexts> {
  const words = await getWords("phone");
  return { none: words("nothingToApprove") };
}

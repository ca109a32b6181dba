import "server-only";
import type messages from "@/messages/en.json";
import { getDates, getWords } from "@/messages/words";

type Refusal =
  | { reason: Exclude<keyof typeof messages.lockedOut.refusal, "new-role"> }
  | { reason: "new-role"; from: Date };

/** Says why an administrator could not ask for help for somebody, or approve it; and from when on, where that is known. */
export async function sayRefusal(refusal: Refusal, act: "ask" | "approve"): Promise<string> {
  const words = await getWords("lockedOut");
  const from = "from" in refusal ? (await getDates()).moment(refusal.from) : "";
  return words(`refusal.${refusal.reason}`, { from, act });
}

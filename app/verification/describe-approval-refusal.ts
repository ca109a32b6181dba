import "server-only";
import type { ApprovalRefusal } from "@/lib/mfa/approval-requests";
import { getWait, getWords } from "@/messages/words";

const WORDS = {
  often: "often",
  unanswered: "unanswered",
  denied: "paused",
  waiting: "tooManyWrong",
} as const;

/** Says why no notification is sent, and how long that lasts (PU-04). */
export async function describeApprovalRefusal(refusal: ApprovalRefusal): Promise<string> {
  const words = await getWords("approval");
  switch (refusal.reason) {
    case "no-phone":
      return words("noPhone");
    case "not-accepted":
      return (await getWords("policy"))("notAccepted");
    case "disabled":
      return (await getWords("verify"))("disabled");
    default:
      return words(WORDS[refusal.reason], { wait: await getWait(refusal.until) });
  }
}

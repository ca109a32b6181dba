import "server-only";
import { getWords } from "@/messages/words";
import type { RequestTexts } from "./requests";

/** The words around what waits for the phone's answer. */
export async function getRequestTexts(): Promise<RequestTexts> {
  const words = await getWords("approval");
  return {
    none: words("phone.none"),
    gone: words("phone.gone"),
    titles: { login: words("phone.login"), "step-up": words("phone.stepUp") },
    account: words("phone.account"),
    portal: words("phone.portal"),
    browser: words("phone.browser"),
    address: words("phone.address"),
    time: words("phone.time"),
    number: words("phone.number"),
    numberHint: words("phone.numberHint"),
    approve: words("phone.approve"),
    deny: words("phone.deny"),
    working: (await getWords("form"))("working"),
    approved: words("phone.approved"),
    denied: { login: words("phone.denied"), "step-up": words("phone.deniedStepUp") },
    deniedLate: words("phone.deniedLate"),
    newPassword: words("newPassword"),
    scannedOver: words("phone.scannedOver"),
    wrongOver: words("phone.wrongOver"),
    refused: {
      number: words("phone.refused.number"),
      wrong: words("phone.refused.wrong"),
      waiting: words("phone.refused.waiting"),
      disabled: words("phone.refused.disabled"),
      suspended: words("phone.refused.suspended"),
      removed: words("phone.refused.removed"),
      over: words("phone.refused.over"),
      unknown: words("phone.refused.over"),
      offline: words("phone.refused.offline"),
    },
    failed: words("phone.refused.failed"),
  };
}

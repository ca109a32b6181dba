import "server-only";
import { getCeremonyTexts } from "@/app/verification/security-key-texts";
import { getWords } from "@/messages/words";
import type { KeyEnrollmentTexts } from "./stage";

/** The words around the form that adds a key. */
export async function getKeyEnrollmentTexts(): Promise<KeyEnrollmentTexts> {
  const words = await getWords("securityKeys");
  return {
    ...(await getCeremonyTexts()),
    title: words("addTitle"),
    intro: words("addIntro"),
    what: words("addWhat"),
    name: words("name"),
    nameHint: words("nameHint"),
    add: words("add"),
    cancel: words("cancel"),
    working: (await getWords("form"))("working"),
    waiting: words("waiting"),
    needsScripts: words("addNeedsScripts"),
  };
}

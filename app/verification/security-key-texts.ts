import "server-only";
import type { CeremonyTexts } from "@/components/webauthn-ceremony";
import { getWords } from "@/messages/words";

/** What a person is told when their browser made or used no key. */
export async function getCeremonyTexts(): Promise<CeremonyTexts> {
  const words = await getWords("securityKeys");
  return {
    unsupported: words("unsupported"),
    cancelled: words("cancelled"),
    timedOut: words("timedOut"),
    alreadyHere: words("alreadyHere"),
    failed: words("failed"),
  };
}

import "server-only";
import { getWords } from "@/messages/words";
import type { PairingTexts } from "./stage";

/** The words around a phone that is being connected. */
export async function getPairingTexts(): Promise<PairingTexts> {
  const words = await getWords("pairing");
  return {
    title: words("title"),
    scan: words("scan"),
    scanSteps: [words("scanCamera"), words("scanPage"), words("scanConfirm")],
    qrAlt: words("qrAlt"),
    private: words("private"),
    noCamera: words("noCamera"),
    noCameraHow: words("noCameraHow"),
    phrase: words("phrase"),
    usePhrase: words("usePhrase"),
    waiting: words("waiting"),
    continue: words("continue"),
    cancel: words("cancel"),
    claimedTitle: words("claimedTitle"),
    claimed: words("claimed"),
    phoneTitle: words("phoneTitle"),
    phoneHow: words("phoneHow"),
    device: words("device"),
    address: words("address"),
    checkNumber: words("checkNumber"),
    connect: words("connect"),
    decline: words("decline"),
    working: (await getWords("form"))("working"),
  };
}

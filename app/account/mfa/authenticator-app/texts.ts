import "server-only";
import { getWords } from "@/messages/words";
import type { EnrollmentTexts } from "./stage";

/** The words around the picture to scan. */
export async function getEnrollmentTexts(): Promise<EnrollmentTexts> {
  const words = await getWords("appEnrollment");
  return {
    title: words("title"),
    scan: words("scan"),
    qrAlt: words("qrAlt"),
    cannotScan: words("cannotScan"),
    setupKey: words("setupKey"),
    enter: words("enter"),
    code: words("code"),
    verify: words("verify"),
    private: words("private"),
    cancel: words("cancel"),
    working: (await getWords("form"))("working"),
  };
}

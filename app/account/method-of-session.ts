import { methodsOfAmr, type VerificationMethod } from "@/lib/mfa/method-names";

const WORDS = {
  "security-key": "amrKey",
  notification: "amrNotification",
  "authenticator-app": "amrApp",
  "recovery-codes": "amrCode",
  "temporary-code": "amrTemporary",
} as const satisfies Record<VerificationMethod, string>;

/** The name, among the words of "account", of what a session was verified with. */
export function methodOfSession(amr: string[]) {
  const [method] = methodsOfAmr(amr);
  return method ? WORDS[method] : "amrPassword";
}

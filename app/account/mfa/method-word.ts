import type { EnrolledMethod } from "@/lib/mfa/method-names";

/** What the texts call the kinds of methods, where they say another thing of each. */
const WORDS = {
  "authenticator-app": "app",
  notification: "phone",
  "security-key": "key",
} as const satisfies Record<EnrolledMethod["method"], string>;

/** The kind of a method for a text that says another thing of each. */
export const methodWord = (method: EnrolledMethod["method"]) => WORDS[method];

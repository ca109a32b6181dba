/** The verification methods of a person, strongest first; the values name their pages. */
export const VERIFICATION_METHODS = ["authenticator-app", "recovery-codes"] as const;

export type VerificationMethod = (typeof VERIFICATION_METHODS)[number];

/** What has a count of failures: each verification method, and the password. */
export type ThrottledMethod = VerificationMethod | "password";

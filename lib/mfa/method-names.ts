/** The verification methods that exist, strongest first; the values name their pages. */
export const VERIFICATION_METHODS = [
  "security-key",
  "notification",
  "authenticator-app",
  "recovery-codes",
] as const;

export type VerificationMethod = (typeof VERIFICATION_METHODS)[number];

/** What has a count of failures: each verification method, and the password. */
export type ThrottledMethod = VerificationMethod | "password";

/** What each method adds to the `amr` of a session (RFC 8176); recovery codes have no registered value. */
const METHOD_OF_AMR: Record<string, VerificationMethod> = {
  recovery: "recovery-codes",
  hwk: "security-key",
  swk: "security-key",
  mca: "notification",
  otp: "authenticator-app",
};

/** The methods that proved a session, by its `amr`; none for the password alone. */
export function methodsOfAmr(amr: readonly string[]): VerificationMethod[] {
  return amr.flatMap((value) => METHOD_OF_AMR[value] ?? []);
}

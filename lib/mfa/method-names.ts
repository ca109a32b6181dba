/** The verification methods that a person can have, strongest first; the values name their pages. */
export const ENROLLABLE_METHODS = [
  "security-key",
  "notification",
  "authenticator-app",
  "recovery-codes",
] as const;

export type EnrollableMethod = (typeof ENROLLABLE_METHODS)[number];

/** All that a login can be verified with: besides, what an administrator makes for a locked-out person. */
export const VERIFICATION_METHODS = [...ENROLLABLE_METHODS, "temporary-code"] as const;

export type VerificationMethod = (typeof VERIFICATION_METHODS)[number];

/** One thing that a person enrolled: of several phones or security keys, by its id. */
export type EnrolledMethod =
  | { method: "authenticator-app"; id?: undefined }
  | { method: "notification"; id: string }
  | { method: "security-key"; id: string };

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Reads what an address or a form names; whose it is, is asked where it is used. */
export function parseEnrolledMethod(method: unknown, id: unknown): EnrolledMethod | undefined {
  if (method === "authenticator-app") return { method };
  if (typeof id !== "string" || !ID.test(id)) return undefined;
  if (method === "notification") return { method, id };
  return method === "security-key" ? { method, id } : undefined;
}

/** What has a count of failures: each verification method, and the password. */
export type ThrottledMethod = VerificationMethod | "password";

/** What each method adds to the `amr` of a session (RFC 8176); the two kinds of code have no registered value. */
const METHOD_OF_AMR: Record<string, VerificationMethod> = {
  recovery: "recovery-codes",
  temporary: "temporary-code",
  hwk: "security-key",
  swk: "security-key",
  mca: "notification",
  otp: "authenticator-app",
};

/** The methods that proved a session, by its `amr`; none for the password alone. */
export function methodsOfAmr(amr: readonly string[]): VerificationMethod[] {
  return amr.flatMap((value) => METHOD_OF_AMR[value] ?? []);
}

/** Whether a session was proved by another method than this one: by what turns it on again (63B §3.2.2). */
export function isProvedByOther(amr: readonly string[], than: VerificationMethod): boolean {
  return methodsOfAmr(amr).some((method) => method !== than);
}

/** Whether a session was proved by a recovery or temporary code, which restricts it. */
export function isProvedByCode(amr: readonly string[]): boolean {
  return amr.includes("recovery") || amr.includes("temporary");
}

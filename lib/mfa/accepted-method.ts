import "server-only";
import type { Tx } from "../db/client";
import { logRefusedTry } from "../notices/audit-event";
import type { RequestSource } from "../request-source";
import type { VerificationMethod } from "./method-names";
import { acceptedMethods, enrolledMethods, findEnrolledMethods } from "./methods";
import { currentPolicy } from "./policy";

/** The policy demands a stronger method of the person, who has one that works (TH-14). */
export type NotAccepted = { verified: false; reason: "not-accepted" };

/**
 * Judges an answer unless the policy refuses its method: an answer that is refused is not looked at, and
 * costs no attempt.
 */
export async function whenAccepted<Result>(
  {
    challenge: { userId },
    method,
    from,
  }: { challenge: { userId: string }; method: VerificationMethod; from?: RequestSource },
  judge: () => Promise<Result>,
): Promise<Result | NotAccepted> {
  if (await isAccepted({ userId, method })) return judge();
  if (from) logRefusedTry({ reason: "not-accepted", userId, method, from });
  return { verified: false, reason: "not-accepted" };
}

/** Whether the policy lets the person log in with one of their methods. In a transaction, it needs its `tx`. */
export async function isAccepted(
  { userId, method }: { userId: string; method: VerificationMethod | "mailed-link" },
  tx?: Tx,
): Promise<boolean> {
  const policy = await currentPolicy(tx);
  // Answers come by the hundred: where the method counts, nobody has to look at what the person has.
  if (policy.methods.some((counting) => counting === method)) return true;
  const methods = await findEnrolledMethods(userId, tx);
  // What is not enrolled is refused where it is looked for, in its own words; what an administrator gives to
  // somebody who is locked out is no method of theirs.
  const enrolled = enrolledMethods(methods).find((one) => one === method);
  return enrolled === undefined || acceptedMethods(methods).includes(enrolled);
}

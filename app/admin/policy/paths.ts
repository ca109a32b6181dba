import { type PolicyChoice, writePolicyChoice } from "@/lib/admin/policy-choice";

export const POLICY_PATH = "/admin/policy";

/**
 * The page that shows a choice once more. It is in the address, so that a reload and a fresh proof lose
 * nothing; `known` is the version that it was chosen on.
 */
export function confirmPath(choice: PolicyChoice, known: string): string {
  return `${POLICY_PATH}/confirm?${new URLSearchParams({ ...writePolicyChoice(choice), known })}`;
}

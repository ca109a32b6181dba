import "server-only";
import type { PolicyChoice, PolicyField } from "@/lib/admin/policy-choice";
import { getDates, getWords } from "@/messages/words";

/** What a part of a policy is called, and what it says there. */
export async function describePolicyField(
  field: PolicyField,
  policy: PolicyChoice,
): Promise<{ name: string; value: string }> {
  const words = await getWords("policy");
  return { name: words(`field${field}`), value: await describeValue(field, policy) };
}

async function describeValue(field: PolicyField, policy: PolicyChoice): Promise<string> {
  const words = await getWords("policy");
  switch (field) {
    case "requirement":
      return words(policy.requirement);
    case "graceDays":
      return words("days", { days: policy.graceDays });
    case "methods":
      return (await getDates()).list(policy.methods.map((method) => words(method)));
    case "lowCodes":
      return words("codesLeft", { count: policy.lowCodes });
    case "temporaryCodeUses":
      return words("times", { count: policy.temporaryCodeUses });
    case "codesRequired":
    case "twoAdministrators":
      return words(policy[field] ? "on" : "off");
  }
}

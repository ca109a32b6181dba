import "server-only";
import { z } from "zod";
import { ENROLLABLE_METHODS } from "../mfa/method-names";
import { REQUIREMENTS } from "../mfa/policy";
import type { PolicyChoice } from "./policy-choice";

const choice = z.object({
  requirement: z.enum(REQUIREMENTS),
  graceDays: z.int(),
  methods: z.array(z.enum(ENROLLABLE_METHODS)),
  codesRequired: z.boolean(),
  lowCodes: z.int(),
  twoAdministrators: z.boolean(),
  temporaryCodeUses: z.int(),
}) satisfies z.ZodType<PolicyChoice>;

const details = z.union([
  z.object({ policy: z.uuid(), before: choice, after: choice }),
  z.object({ hours: z.int(), uses: z.int() }),
]);

/** What an event says besides its columns: of a change of the policy, or of a temporary code. */
export type EventDetails = z.infer<typeof details>;

/** What the event of a policy change says: which version it made, and all that both versions demand. */
export function describePolicyChange({
  id,
  before,
  after,
}: {
  id: string;
  before: PolicyChoice;
  after: PolicyChoice;
}): EventDetails {
  return { policy: id, before: choice.parse(before), after: choice.parse(after) };
}

/** Reads the details of an event; `undefined` without any, and for those that a newer server wrote in its own way. */
export function readEventDetails(text: string | null): EventDetails | undefined {
  if (text === null) return undefined;
  try {
    return details.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined; // no JSON: somebody changed it, which bin/verify-audit tells
  }
}

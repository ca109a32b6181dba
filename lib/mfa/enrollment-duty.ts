import "server-only";
import { db, type Tx } from "../db/client";
import type { EnrollableMethod } from "./method-names";
import { currentPolicy, type Policy, requiredSince } from "./policy";

/** What the policy still wants a person to enroll. */
export type EnrollmentDuty = {
  /** In the order in which it is done. */
  missing: ("method" | "codes")[];
  /** Until when it can wait; after it the person can only enroll. */
  due: Date;
  /** The methods of which one is enough. */
  counting: EnrollableMethod[];
};

/** What a person has, as the columns of their row say. */
export type EnrolledPerson = {
  role: "USER" | "ADMINISTRATOR";
  createdAt: Date;
  mfaResetAt: Date | null;
  methods: string[];
  codesLeft: number;
};

/** What the policy still wants the person to enroll; `undefined` if nothing. In a transaction, it needs its `tx`. */
export async function findEnrollmentDuty(
  userId: string,
  tx?: Tx,
): Promise<EnrollmentDuty | undefined> {
  const prisma = tx ?? (await db());
  const person = await prisma.user.findUniqueOrThrow({
    where: { id: userId },
    select: { role: true, createdAt: true, mfaResetAt: true, methods: true, codesLeft: true },
  });
  return enrollmentDuty(await currentPolicy(tx), person);
}

/**
 * The rule behind it. A method that is disabled or reported lost is still enrolled. Where codes are part of
 * enrolling, whoever has a method needs some; they have as long for them as for the method.
 */
export function enrollmentDuty(policy: Policy, person: EnrolledPerson): EnrollmentDuty | undefined {
  const counting = countingMethods(policy);
  const since = requiredSince(policy, person);
  const isReset = person.mfaResetAt !== null && person.methods.length === 0;
  const needsMethod =
    (since !== undefined || isReset) && !counting.some((method) => person.methods.includes(method));
  const needsCodes =
    policy.codesRequired && person.codesLeft === 0 && (needsMethod || person.methods.length > 0);
  if (!needsMethod && !needsCodes) return undefined;
  return {
    missing: [
      ...(needsMethod ? ["method" as const] : []),
      ...(needsCodes ? ["codes" as const] : []),
    ],
    due: (isReset && person.mfaResetAt) || (since ?? person.createdAt),
    counting,
  };
}

/** The methods of which a person needs one: recovery codes alone never turn MFA on. */
export const countingMethods = ({ methods }: Pick<Policy, "methods">): EnrollableMethod[] =>
  methods.filter((method) => method !== "recovery-codes");

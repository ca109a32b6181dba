import "server-only";
import type { AdministratorProof } from "../auth/hold-administrator";
import { db } from "../db/client";
import { POLICY_AT_FIRST, type Policy, readPolicy } from "../mfa/policy";
import { differences, type PolicyField } from "./policy-choice";

/** A policy that somebody put in force, and what it changed. */
export type PolicyVersion = {
  policy: Policy;
  at: Date;
  /** Who changed it; `undefined` when their account is gone. */
  by: string | undefined;
  changed: PolicyField[];
};

/** The newest versions of the policy, newest first. */
export async function listPolicyVersions(
  _by: AdministratorProof,
  count: number,
): Promise<PolicyVersion[]> {
  const prisma = await db();
  const rows = await prisma.policy.findMany({
    orderBy: [{ at: "desc" }, { id: "desc" }],
    take: count + 1, // what the last of them changed shows beside the one before it
  });
  const authors = await prisma.user.findMany({
    where: { id: { in: rows.map(({ actorId }) => actorId) } },
    select: { id: true, name: true },
  });
  const policies = rows.map(readPolicy);
  return rows.slice(0, count).flatMap(({ at, actorId }, index) => {
    const policy = policies[index];
    if (!policy) return [];
    const by = authors.find(({ id }) => id === actorId)?.name;
    return { policy, at, by, changed: differences(policies[index + 1] ?? POLICY_AT_FIRST, policy) };
  });
}

/** One version of the policy: what held at first without an id, and if it never was. */
export async function findPolicyVersion(
  _by: AdministratorProof,
  id: string | undefined,
): Promise<Policy> {
  const prisma = await db();
  const row = id && (await prisma.policy.findUnique({ where: { id } }));
  return row ? readPolicy(row) : POLICY_AT_FIRST;
}

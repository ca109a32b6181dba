import { randomUUID } from "node:crypto";
import { POLICY_AT_FIRST, type Policy } from "../../mfa/policy";
import { db } from "../client";
import { changeAuditLog } from "./audit-tables";

/** Puts a policy in force in place of all others: what held at first, but for what is given. */
export async function setPolicy(policy: Partial<Omit<Policy, "id">> = {}): Promise<string> {
  await forgetPolicies();
  const prisma = await db();
  const at = new Date();
  const { id: _, ...first } = POLICY_AT_FIRST;
  const data = { ...first, requiredFrom: at, ...policy };
  const { id } = await prisma.policy.create({
    data: { ...data, requiredFrom: data.requiredFrom ?? at, at, actorId: randomUUID() },
  });
  return id;
}

/** As if no administrator had chosen anything yet. */
export const forgetPolicies = () => changeAuditLog(`DELETE FROM "Policy"`);

/** Makes a person an administrator. */
export async function giveRole(userId: string): Promise<void> {
  const prisma = await db();
  await prisma.user.update({ where: { id: userId }, data: { role: "ADMINISTRATOR" } });
}

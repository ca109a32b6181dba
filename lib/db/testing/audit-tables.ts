import { db } from "../client";

/**
 * Does to the audit log, or to the versions of the policy, what their triggers refuse, as somebody does who owns
 * the database: runs these statements while they are switched off.
 */
export async function changeAuditLog(...statements: string[]): Promise<void> {
  const prisma = await db();
  const switchTriggers = async (to: "DISABLE" | "ENABLE ALWAYS") => {
    for (const table of ["AuditEvent", "AuditSeal", "Policy"]) {
      await prisma.$executeRawUnsafe(`ALTER TABLE "${table}" ${to} TRIGGER "${table}_append_only"`);
    }
  };
  await switchTriggers("DISABLE");
  try {
    for (const statement of statements) await prisma.$executeRawUnsafe(statement);
  } finally {
    await switchTriggers("ENABLE ALWAYS");
  }
}

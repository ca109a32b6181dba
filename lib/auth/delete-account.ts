import "server-only";
import { db, type Tx, transaction } from "../db/client";
import { lockUser } from "../db/lock-user";
import { recordAuditEvent } from "../notices/audit-event";
import type { RequestSource } from "../request-source";
import type { CurrentSession } from "./current-session";
import { holdSession } from "./session-rows";

export type AccountDeletion =
  | { deleted: true }
  /** Somebody must be left who can administer the portal. */
  | { deleted: false; reason: "last-administrator" };

/**
 * Deletes the account of an unrestricted session's person: codes, methods, sessions and links end in the
 * same transaction. All verified addresses are told first; their rows stay until that mail has left.
 * What happened stays on record, by ids alone (63B §4.1). Refuses for the last administrator.
 */
export async function deleteAccount({
  session: { id: sessionId, userId },
  from,
}: {
  session: CurrentSession;
  from: RequestSource;
}): Promise<AccountDeletion> {
  return transaction(async (tx) => {
    const administrators = await lockAdministrators(tx);
    await lockUser(tx, userId);
    await holdSession(tx, sessionId, "unrestricted");
    if (administrators.length === 1 && administrators[0] === userId) {
      return { deleted: false, reason: "last-administrator" };
    }
    await recordAuditEvent(tx, { type: "account_deleted", userId, sessionId, from });
    await tx.address.updateMany({
      where: { userId, removedAt: null },
      data: { removedAt: new Date() },
    });
    await tx.user.delete({ where: { id: userId } }); // and all that hangs on it
    return { deleted: true };
  });
}

/** Whether nobody else could administer the portal: for the page, before `deleteAccount` asks for good. */
export async function isLastAdministrator(userId: string): Promise<boolean> {
  const prisma = await db();
  const administrators = await prisma.user.findMany({
    where: { role: "ADMINISTRATOR", disabledAt: null },
    select: { id: true },
    take: 2,
  });
  return administrators.length === 1 && administrators[0]?.id === userId;
}

/** Holds the rows of all who can administer, in one order, so that two of them cannot both leave as the last but one. */
async function lockAdministrators(tx: Tx): Promise<string[]> {
  const rows = await tx.$queryRaw<{ id: string }[]>`
    SELECT "id"::text AS "id" FROM "User"
    WHERE "role" = 'ADMINISTRATOR' AND "disabledAt" IS NULL ORDER BY "id" FOR UPDATE`;
  return rows.map(({ id }) => id);
}

import "server-only";
import { parseEmailAddress } from "../auth/email-address";
import { findLoginMailbox } from "../auth/mailed-link";
import { resetMethods } from "../auth/reset-methods";
import { db, transaction } from "../db/client";
import { lockUser } from "../db/lock-user";
import { recordAuditEvent } from "../notices/audit-event";
import { PORTAL_ITSELF } from "../request-source";

export type RescueResult =
  | { rescued: true; name: string; email: string }
  /** It is no address; or no enabled account has verified it. */
  | { rescued: false; reason: "invalid" | "unknown" };

/**
 * Resets the verification methods of the account that has verified an address, for whoever can run commands
 * on the server: the way back for the only administrator. It shows and makes no secret; the next login needs
 * the password and a link mailed to the address.
 */
export async function rescueAccount(input: string): Promise<RescueResult> {
  const email = parseEmailAddress(input);
  if (!email) return { rescued: false, reason: "invalid" };
  const prisma = await db();
  const user = await prisma.user.findUnique({
    where: { verifiedEmail: email, disabledAt: null },
    select: { id: true, name: true },
  });
  const unknown = { rescued: false, reason: "unknown" } as const;
  if (!user) return unknown;
  const { id: userId, name } = user;
  return transaction(async (tx) => {
    await lockUser(tx, userId);
    if (!(await findLoginMailbox(tx, { userId, email }))) return unknown;
    await resetMethods(tx, userId);
    await recordAuditEvent(tx, { type: "administrator_rescued", userId, from: PORTAL_ITSELF });
    return { rescued: true, name, email };
  });
}

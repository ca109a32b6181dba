import "server-only";
import { findAccountsOfAddress } from "../auth/accounts-of-address";
import { parseEmailAddress } from "../auth/email-address";
import { findLoginMailbox } from "../auth/mailed-link";
import { resetMethods } from "../auth/reset-methods";
import { vouchForLoginAddress } from "../auth/verify-address";
import { type Tx, transaction } from "../db/client";
import { lockAddress } from "../db/lock-address";
import { lockPeople } from "../db/lock-people";
import { recordAuditEvent } from "../notices/audit-event";
import { PORTAL_ITSELF } from "../request-source";

export type RescueResult =
  /** `vouched`: nobody had verified the address; it counts as verified from now on. */
  | { rescued: true; name: string; email: string; vouched: boolean }
  /** It is no address; or no enabled account has verified it, and no enabled administrator bears it. */
  | { rescued: false; reason: "invalid" | "unknown" };

/**
 * Resets the verification methods of the account that has verified an address, for whoever can run commands
 * on the server: the way back for the only administrator. An administrator who never opened the link is rescued
 * too, and their address is verified at the operator's word; a member is not, whose address anybody may have typed.
 * It shows and makes no secret; the next login needs the password and a link mailed to the address.
 */
export async function rescueAccount(input: string): Promise<RescueResult> {
  const email = parseEmailAddress(input);
  if (!email) return { rescued: false, reason: "invalid" };
  return transaction(async (tx) => {
    const unknown = { rescued: false, reason: "unknown" } as const;
    await lockAddress(tx, email);
    const bearers = await findAccountsOfAddress(tx, email);
    await lockPeople(
      tx,
      bearers.map(({ id }) => id),
    );
    const user = await findRescuable(tx, email);
    if (!user) return unknown;
    const { id: userId, name, verifiedEmail } = user;
    const vouched = verifiedEmail === null;
    if (vouched && !(await vouchForLoginAddress(tx, { userId, email }))) return unknown;
    if (!(await findLoginMailbox(tx, { userId, email }))) return unknown;
    await resetMethods(tx, userId);
    await recordAuditEvent(tx, { type: "administrator_rescued", userId, from: PORTAL_ITSELF });
    return { rescued: true, name, email, vouched };
  });
}

/** Whose an address is or, while it is nobody's, the administrator who has borne it longest. */
function findRescuable(tx: Tx, email: string) {
  return tx.user.findFirst({
    where: {
      email,
      disabledAt: null,
      OR: [{ verifiedEmail: email }, { verifiedEmail: null, role: "ADMINISTRATOR" }],
    },
    select: { id: true, name: true, verifiedEmail: true },
    orderBy: [{ verifiedEmail: { sort: "asc", nulls: "last" } }, { createdAt: "asc" }],
  });
}

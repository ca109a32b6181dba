import "server-only";
import type { Tx } from "../db/client";

/** One of the accounts that people log in to with the same address. */
export type AccountOfAddress = {
  id: string;
  role: "USER" | "ADMINISTRATOR";
  passwordDigest: string;
  passwordChangedAt: Date;
  disabledAt: Date | null;
  mfaResetAt: Date | null;
  /** Whether it is the address's owner: one at most is. */
  isVerified: boolean;
  /** Whether a browser may still be logged in to it. */
  hasSession: boolean;
};

/**
 * The accounts that bear an address, in the order that rules: the verified one first, then the oldest.
 * Inside a transaction that took `lockAddress` this stays true until it ends.
 */
export async function findAccountsOfAddress(
  client: Tx,
  email: string,
): Promise<AccountOfAddress[]> {
  const users = await client.user.findMany({
    where: { email },
    select: {
      id: true,
      role: true,
      passwordDigest: true,
      passwordChangedAt: true,
      disabledAt: true,
      mfaResetAt: true,
      verifiedEmail: true,
      sessions: { where: { expiresAt: { gt: new Date() } }, select: { id: true }, take: 1 },
    },
    orderBy: [
      { verifiedEmail: { sort: "asc", nulls: "last" } },
      { createdAt: "asc" },
      { id: "asc" },
    ],
  });
  return users.map(({ verifiedEmail, sessions, ...account }) => ({
    ...account,
    isVerified: verifiedEmail !== null,
    hasSession: sessions.length > 0,
  }));
}

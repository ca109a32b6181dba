import "server-only";
import type { Tx } from "../db/client";

/**
 * Whether the person has a method besides the password: an authenticator app, a Sparekey Authenticator, or a
 * security key. One that is disabled or suspended counts, for it keeps MFA on (63B §3.2.2); recovery codes
 * do not, for they alone never turn it on.
 */
export async function hasMethod(tx: Tx, userId: string): Promise<boolean> {
  const enrolled = { userId, removedAt: null };
  const apps = await tx.authenticatorApp.count({
    where: { ...enrolled, verifiedAt: { not: null } },
  });
  if (apps > 0) return true;
  if ((await tx.sparekeyAuthenticator.count({ where: enrolled })) > 0) return true;
  return (await tx.securityKey.count({ where: enrolled })) > 0;
}

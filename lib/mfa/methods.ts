import "server-only";
import { findAuthenticatorApp } from "./authenticator-app";
import { findLiveSets, type RecoveryCodeSetSummary } from "./recovery-code-sets";
import { findDisabledMethods } from "./throttle";

/** What a person can verify with. */
export type EnrolledMethods = {
  authenticatorApp: { addedAt: Date; lastUsedAt: Date | null; disabled: boolean } | undefined;
  /** The set in use. */
  recoveryCodes: (RecoveryCodeSetSummary & { disabled: boolean }) | undefined;
  /** A newer set whose codes work as well, not marked as saved so far. */
  replacement: RecoveryCodeSetSummary | undefined;
};

/** The methods of a person. A disabled method is still enrolled: it keeps MFA on (63B §3.2.2). */
export async function findEnrolledMethods(userId: string): Promise<EnrolledMethods> {
  const [app, { inUse, replacement }, disabled] = await Promise.all([
    findAuthenticatorApp(userId),
    findLiveSets(userId),
    findDisabledMethods(userId),
  ]);
  const isDisabled = (method: string) => disabled.includes(method);
  return {
    authenticatorApp: app && { ...app, disabled: isDisabled("authenticator-app") },
    recoveryCodes: inUse && { ...inUse, disabled: isDisabled("recovery-codes") },
    replacement,
  };
}

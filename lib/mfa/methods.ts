import "server-only";
import { findAuthenticatorApp } from "./authenticator-app";
import { findLiveSet, type RecoveryCodeSetSummary } from "./recovery-code-sets";
import { findDisabledMethods } from "./throttle";

/** What a person can verify with. */
export type EnrolledMethods = {
  authenticatorApp: { addedAt: Date; lastUsedAt: Date | null; disabled: boolean } | undefined;
  recoveryCodes: (RecoveryCodeSetSummary & { disabled: boolean }) | undefined;
};

/** The methods of a person. A disabled method is still enrolled: it keeps MFA on (63B §3.2.2). */
export async function findEnrolledMethods(userId: string): Promise<EnrolledMethods> {
  const [app, set, disabled] = await Promise.all([
    findAuthenticatorApp(userId),
    findLiveSet(userId),
    findDisabledMethods(userId),
  ]);
  const isDisabled = (method: string) => disabled.includes(method);
  return {
    authenticatorApp: app && { ...app, disabled: isDisabled("authenticator-app") },
    recoveryCodes: set && { ...set, disabled: isDisabled("recovery-codes") },
  };
}

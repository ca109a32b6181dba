import "server-only";
import { findAuthenticatorApp } from "./authenticator-app";
import { findLiveSet, type RecoveryCodeSetSummary } from "./recovery-code-sets";
import { findThrottles } from "./throttle";

/** What a person can verify with. */
export type EnrolledMethods = {
  authenticatorApp: { addedAt: Date; lastUsedAt: Date | null; disabled: boolean } | undefined;
  recoveryCodes: (RecoveryCodeSetSummary & { disabled: boolean }) | undefined;
};

/** The methods of a person. A disabled method is still enrolled: it keeps MFA on (63B §3.2.2). */
export async function findEnrolledMethods(userId: string): Promise<EnrolledMethods> {
  const [app, set, throttles] = await Promise.all([
    findAuthenticatorApp(userId),
    findLiveSet(userId),
    findThrottles(userId),
  ]);
  const isDisabled = (method: string) =>
    throttles.some((row) => row.method === method && row.disabled);
  return {
    authenticatorApp: app && { ...app, disabled: isDisabled("authenticator-app") },
    recoveryCodes: set && { ...set, disabled: isDisabled("recovery-codes") },
  };
}

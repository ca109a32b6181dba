import "server-only";
import { findAuthenticatorApp } from "./authenticator-app";
import { findLiveSets, type RecoveryCodeSetSummary } from "./recovery-code-sets";
import { findDisabledMethods } from "./throttle";

/** What a person can verify with. */
export type EnrolledMethods = {
  authenticatorApp:
    | {
        addedAt: Date;
        lastUsedAt: Date | null;
        /** Reported lost. */
        suspendedAt: Date | null;
        disabled: boolean;
      }
    | undefined;
  /** The set in use. */
  recoveryCodes: (RecoveryCodeSetSummary & { disabled: boolean }) | undefined;
  /** A newer set that is not confirmed yet; until then both work. */
  replacement: RecoveryCodeSetSummary | undefined;
};

/** The methods of a person. One that is disabled or suspended is still enrolled: it keeps MFA on (63B §3.2.2). */
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

/** Whether the app is accepted: enrolled, not disabled, not reported lost. */
export function isAppUsable({ authenticatorApp: app }: EnrolledMethods): boolean {
  return app !== undefined && !app.disabled && !app.suspendedAt;
}

/** Whether a recovery code would be accepted: unused ones are left and the method is not disabled. */
export function areCodesUsable({ recoveryCodes: set, replacement }: EnrolledMethods): boolean {
  return set !== undefined && !set.disabled && set.left + (replacement?.left ?? 0) > 0;
}

/** Whether the person could log in with any method. */
export function hasUsableMethod(methods: EnrolledMethods): boolean {
  return isAppUsable(methods) || areCodesUsable(methods);
}

import "server-only";
import { db, type Tx } from "../db/client";
import { type AuthenticatorAppSummary, findAuthenticatorApp } from "./authenticator-app";
import {
  ENROLLABLE_METHODS,
  type EnrollableMethod,
  type EnrolledMethod,
  VERIFICATION_METHODS,
  type VerificationMethod,
} from "./method-names";
import { currentPolicy, requiredSince } from "./policy";
import { findLiveSets, type RecoveryCodeSetSummary } from "./recovery-code-sets";
import { areSecurityKeysPossible } from "./relying-party";
import { listSecurityKeys, type SecurityKeySummary } from "./security-keys";
import {
  listSparekeyAuthenticators,
  type SparekeyAuthenticatorSummary,
} from "./sparekey-authenticators";
import { findDisabledMethods } from "./throttle";

/** What a person can verify with. */
export type EnrolledMethods = {
  securityKeys: SecurityKeySummary[];
  /** What their notifications go to. */
  sparekeyAuthenticators: SparekeyAuthenticatorSummary[];
  authenticatorApp: (AuthenticatorAppSummary & { disabled: boolean }) | undefined;
  /** The set in use. */
  recoveryCodes: (RecoveryCodeSetSummary & { disabled: boolean }) | undefined;
  /** A newer set that is not confirmed yet; until then both work. */
  replacement: RecoveryCodeSetSummary | undefined;
  /** Those that a hundred failures have disabled. */
  disabled: VerificationMethod[];
  /** What the person chose to begin with, if they did. */
  preferred: EnrollableMethod | undefined;
  /** What the policy demands of the person by now, if it demands anything. */
  demanded: EnrollableMethod[] | undefined;
};

/**
 * The methods of a person. One that is disabled or suspended is still enrolled: it keeps MFA on (63B
 * §3.2.2). In a transaction, it needs its `tx`.
 */
export async function findEnrolledMethods(userId: string, tx?: Tx): Promise<EnrolledMethods> {
  const app = await findAuthenticatorApp(userId, tx);
  const { inUse, replacement } = await findLiveSets(userId, tx);
  const disabled = await findDisabledMethods(userId, tx);
  const { preferred, demanded } = await findChoices(userId, tx);
  const isDisabled = (method: string) => disabled.includes(method);
  return {
    securityKeys: await listSecurityKeys(userId, tx),
    sparekeyAuthenticators: await listSparekeyAuthenticators(userId, tx),
    authenticatorApp: app && { ...app, disabled: isDisabled("authenticator-app") },
    recoveryCodes: inUse && { ...inUse, disabled: isDisabled("recovery-codes") },
    replacement,
    disabled: VERIFICATION_METHODS.filter(isDisabled),
    preferred,
    demanded,
  };
}

/** What the person chose for themselves, and what the policy chose for them. */
async function findChoices(
  userId: string,
  tx: Tx | undefined,
): Promise<Pick<EnrolledMethods, "preferred" | "demanded">> {
  const prisma = tx ?? (await db());
  const user = await prisma.user.findUnique({
    where: { id: userId },
    select: { preferredMethod: true, role: true, createdAt: true },
  });
  const policy = await currentPolicy(tx);
  const since = user && requiredSince(policy, user);
  return {
    preferred: ENROLLABLE_METHODS.find((method) => method === user?.preferredMethod),
    demanded: since && since <= new Date() ? policy.methods : undefined,
  };
}

/** The methods that the person has, strongest first; also those that are refused at present (TH-14). */
export function enrolledMethods(methods: EnrolledMethods): EnrollableMethod[] {
  const has: Record<EnrollableMethod, boolean> = {
    "security-key": methods.securityKeys.length > 0,
    notification: methods.sparekeyAuthenticators.length > 0,
    "authenticator-app": methods.authenticatorApp !== undefined,
    "recovery-codes": methods.recoveryCodes !== undefined,
  };
  return ENROLLABLE_METHODS.filter((method) => has[method]);
}

/**
 * The methods of the person that a login or step-up can be answered with, strongest first; also those that
 * are refused at present. Where the policy demands methods of the person, and one of these works, only they
 * are: nothing weaker goes past it (TH-14; ASVS 6.3.4). Recovery codes are no such method, and without one
 * everything is accepted: no policy locks anybody out.
 */
export function acceptedMethods(methods: EnrolledMethods): EnrollableMethod[] {
  const enrolled = enrolledMethods(methods);
  const canBeMet = methodsThatMeetPolicy(methods).some((method) => works(methods, method));
  return canBeMet ? enrolled.filter((method) => counts(methods, method)) : enrolled;
}

/** Whether the person has a method that the policy demands of them by now, if it demands one. */
export function meetsPolicy(methods: EnrolledMethods): boolean {
  return !methods.demanded || methodsThatMeetPolicy(methods).length > 0;
}

const methodsThatMeetPolicy = (methods: EnrolledMethods) =>
  enrolledMethods(methods).filter(
    (method) => method !== "recovery-codes" && counts(methods, method),
  );

const counts = ({ demanded }: EnrolledMethods, method: EnrollableMethod) =>
  !demanded || demanded.includes(method);

/** The methods that would be accepted now, strongest first: not disabled, not reported lost, not used up. */
export function usableMethods(methods: EnrolledMethods): EnrollableMethod[] {
  return acceptedMethods(methods).filter((method) => works(methods, method));
}

function works(methods: EnrolledMethods, method: EnrollableMethod): boolean {
  const { sparekeyAuthenticators, authenticatorApp } = methods;
  const does: Record<EnrollableMethod, boolean> = {
    "security-key": areSecurityKeysPossible(),
    notification: sparekeyAuthenticators.some(({ suspendedAt }) => !suspendedAt),
    "authenticator-app": !authenticatorApp?.suspendedAt,
    "recovery-codes": countCodesLeft(methods) > 0,
  };
  return does[method] && !methods.disabled.includes(method);
}

/** The live sets that have unused codes, the one in use first: a set that is used up helps nobody. */
export function setsWithCodes({
  recoveryCodes,
  replacement,
}: EnrolledMethods): RecoveryCodeSetSummary[] {
  return [recoveryCodes, replacement].flatMap((set) => (set && set.left > 0 ? [set] : []));
}

/** How many unused codes the person has, of all live sets. */
export function countCodesLeft(methods: EnrolledMethods): number {
  return setsWithCodes(methods).reduce((sum, { left }) => sum + left, 0);
}

/** What is left if nobody has the codes that were never marked as saved, and of which none was ever used. */
export function withoutUnsavedSets(methods: EnrolledMethods): EnrolledMethods {
  const { recoveryCodes: set } = methods;
  const isKnownSaved = set?.confirmedAt || set?.codes.some(({ usedAt }) => usedAt);
  // Confirming or using the newer set ends the older one: a replacement is never a saved set.
  return { ...methods, recoveryCodes: isKnownSaved ? set : undefined, replacement: undefined };
}

/** What would be left without one of them: before it is removed, or while it is reported lost. */
export function without(methods: EnrolledMethods, { method, id }: EnrolledMethod): EnrolledMethods {
  const others = <One extends { id: string }>(all: One[]) => all.filter((one) => one.id !== id);
  switch (method) {
    case "authenticator-app":
      return { ...methods, authenticatorApp: undefined };
    case "notification":
      return {
        ...methods,
        sparekeyAuthenticators: others(methods.sparekeyAuthenticators),
      };
    case "security-key":
      return { ...methods, securityKeys: others(methods.securityKeys) };
  }
}

/** Whether a method would be accepted. */
export function isUsable(methods: EnrolledMethods, method: EnrollableMethod): boolean {
  return usableMethods(methods).includes(method);
}

/**
 * The method that a login begins with: the one the person chose, else the strongest, as far as it works.
 * None when recovery codes are all that does: nobody is led into spending one.
 */
export function firstMethod(methods: EnrolledMethods): EnrollableMethod | undefined {
  const usable = usableMethods(methods).filter((method) => method !== "recovery-codes");
  return usable.find((method) => method === methods.preferred) ?? usable[0];
}

/** Whether the person has anything that turns MFA on. */
export function hasMfa(methods: EnrolledMethods): boolean {
  return enrolledMethods(methods).some((method) => method !== "recovery-codes");
}

/**
 * What a lost phone, with all that is on it, leaves to get in with besides codes: a security key or passkey, or
 * another connected phone; `undefined` if nothing. An app may be on either phone.
 */
export function otherWayIn(methods: EnrolledMethods): "security-key" | "notification" | undefined {
  const { securityKeys, sparekeyAuthenticators: phones, authenticatorApp } = methods;
  const isOnPhone = phones.length > 0 || authenticatorApp !== undefined;
  if (isUsable(methods, "security-key") && securityKeys.length > (isOnPhone ? 0 : 1)) {
    return "security-key";
  }
  const atHand = phones.filter(({ suspendedAt }) => !suspendedAt);
  return isUsable(methods, "notification") && atHand.length > 1 ? "notification" : undefined;
}

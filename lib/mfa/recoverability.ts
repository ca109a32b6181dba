/**
 * What happens if a person loses their phone today, as the database keeps it (`refresh_enrollment`): `safe`
 * with a security key that is not the only method, with a second connected phone that is not reported lost, or with
 * four unused codes of sets that were confirmed; `thin` with fewer codes, or with a set that never was confirmed; `locked-out` with a method and no code
 * that works; `no-mfa` without a method. Codes that a hundred failures have disabled do not work.
 */
export const RECOVERABILITIES = ["no-mfa", "locked-out", "thin", "safe"] as const;
export type Recoverability = (typeof RECOVERABILITIES)[number];

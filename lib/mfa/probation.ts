import "server-only";

const PROBATION_HOURS = 72; // every address was told at once; the owner has three days to object

/**
 * Until when logins with a method are restricted that is enrolled in a session restricted until then; `null`
 * if that is over, or never was.
 */
export function probation(restrictedUntil: Date | null): Date | null {
  const now = Date.now();
  const isRestricted = restrictedUntil !== null && restrictedUntil.getTime() > now;
  return isRestricted ? new Date(now + PROBATION_HOURS * 3_600_000) : null;
}

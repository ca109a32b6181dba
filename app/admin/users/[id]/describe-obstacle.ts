import "server-only";
import type { HelpRefusal, LockedOutPerson, RequestKind } from "@/lib/admin/locked-out-person";
import { getWords } from "@/messages/words";

/** Why this person cannot be helped in so, before anybody tries; `undefined` if nothing is in the way. */
export async function describeObstacle(
  { id, addressId, isDisabled, hasMethod, isReset }: LockedOutPerson,
  { actorId, act }: { actorId: string; act: RequestKind },
): Promise<string | undefined> {
  const refusal = (): HelpRefusal | undefined => {
    if (id === actorId) return "self";
    if (isDisabled) return "disabled";
    if (!addressId) return "no-address";
    return hasMethod || (act === "reset-mfa" && isReset) ? undefined : "no-method";
  };
  const found = refusal();
  const words = await getWords("lockedOut");
  if (found === "no-method" && isReset) return words("resetAlready");
  return found && words(`refusal.${found}`);
}

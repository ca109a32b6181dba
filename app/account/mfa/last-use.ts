import "server-only";
import { getDates, getDevice, getWords } from "@/messages/words";

/** When and from where a method was last used, in words. */
export async function sayLastUse({
  lastUsedAt,
  lastUsedAddress,
  lastUsedUserAgent,
}: {
  lastUsedAt: Date | null;
  lastUsedAddress: string | null;
  lastUsedUserAgent: string | null;
}): Promise<string> {
  const words = await getWords("mfa");
  if (!lastUsedAt) return words("neverUsed");
  const date = (await getDates()).day(lastUsedAt);
  if (!lastUsedAddress) return words("lastUsed", { date });
  const device = await getDevice(lastUsedUserAgent ?? "");
  return words("lastUsedFrom", { date, device, address: lastUsedAddress });
}

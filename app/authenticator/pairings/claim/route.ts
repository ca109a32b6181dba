import { z } from "zod";
import { PhoneRefusal, phoneCall } from "@/lib/auth/phone-call";
import { claimPairing } from "@/lib/mfa/pairing";

/** A phone scanned the picture on the account's page: it brings its key and learns whose account it is. */
export const POST = phoneCall(
  z.object({ secret: z.string().max(64), publicKey: z.string().max(256) }),
  async ({ fields: { secret, publicKey: encodedKey }, from }) => {
    const { claimed, ...result } = await claimPairing({ secret, encodedKey, from });
    if (!("reason" in result)) return result;
    return result.reason === "key" ? new PhoneRefusal(400, "key") : new PhoneRefusal(404, "gone");
  },
);

import { z } from "zod";
import { PhoneRefusal, phoneCall } from "@/lib/auth/phone-call";
import { beginPairingByPhone } from "@/lib/mfa/pairing";

/** A phone without a camera brings its key and gets the phrase that it shows. */
export const POST = phoneCall(
  z.object({ publicKey: z.string().max(256) }),
  async ({ fields: { publicKey: encodedKey }, from }) => {
    const { begun, ...result } = await beginPairingByPhone({ encodedKey, from });
    if (!("reason" in result)) return result;
    return result.reason === "key" ? new PhoneRefusal(400, "key") : new PhoneRefusal(429, "busy");
  },
);

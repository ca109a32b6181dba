import { z } from "zod";
import { phoneCall, refuseSigned } from "@/lib/auth/phone-call";
import { findPhoneState } from "@/lib/mfa/pairing";

/** How a phone stands with its account, connected or on the way to it: signed. */
export const POST = phoneCall(
  z.object({ authenticatorId: z.uuid() }),
  async ({ fields: { authenticatorId }, body }) => {
    const signed = await findPhoneState(body, authenticatorId);
    return signed.verified ? { ...signed.value, nonce: signed.nonce } : refuseSigned(signed);
  },
);

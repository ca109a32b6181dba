import { z } from "zod";
import { phoneCall, refuseSigned } from "@/lib/auth/phone-call";
import { decidePairing } from "@/lib/mfa/pairing";

/** The phone's person saw whose account it is, and confirms or declines: signed. */
export const POST = phoneCall(
  z.object({ authenticatorId: z.uuid(), decision: z.enum(["confirmed", "declined"]) }),
  async ({ fields, body }) => {
    const signed = await decidePairing(body, fields);
    return signed.verified ? { ...signed.value, nonce: signed.nonce } : refuseSigned(signed);
  },
);

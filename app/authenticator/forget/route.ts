import { z } from "zod";
import { forgetPhone } from "@/lib/auth/forget-phone";
import { PhoneRefusal, signedCall } from "@/lib/auth/phone-call";

/** A phone disconnects itself: signed. Refused where that would weaken the account. */
export const POST = signedCall(
  { purpose: "forget", fields: z.object({}), lines: ({ userId }) => [userId] },
  async ({ authenticator, from }) => {
    const result = await forgetPhone(authenticator, from);
    return result.removed ? { removed: true } : new PhoneRefusal(422, result.reason);
  },
);

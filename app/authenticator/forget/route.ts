import { z } from "zod";
import { forgetPhone } from "@/lib/auth/forget-phone";
import { PhoneRefusal, signedCall } from "@/lib/auth/phone-call";

/** A phone disconnects itself: signed. Refused for the last method, which only its person removes. */
export const POST = signedCall(
  { purpose: "forget", fields: z.object({}), lines: ({ userId }) => [userId] },
  async ({ authenticator, from }) => {
    const { removed } = await forgetPhone(authenticator, from);
    return removed ? { removed } : new PhoneRefusal(422, "last-method");
  },
);

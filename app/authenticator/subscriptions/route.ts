import { z } from "zod";
import { PhoneRefusal, signedCall } from "@/lib/auth/phone-call";
import { subscribeToPush, subscriptionLines } from "@/lib/mfa/subscribe-to-push";

const fields = z.object({
  subscription: z
    .object({
      endpoint: z.string().max(2_000),
      keys: z.object({ p256dh: z.string().max(100), auth: z.string().max(100) }),
    })
    .nullable(),
});

/** Where Web Push reaches a phone from now on, or that it does not any more: signed. */
export const POST = signedCall(
  {
    purpose: "subscribe",
    fields,
    lines: (authenticator, { subscription }) => subscriptionLines(authenticator, subscription),
  },
  async ({ authenticator, fields: { subscription } }) => {
    const result = await subscribeToPush(authenticator, subscription);
    if (!("reason" in result)) return result;
    return new PhoneRefusal(result.reason === "removed" ? 410 : 422, result.reason);
  },
);

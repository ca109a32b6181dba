import { z } from "zod";
import { phoneCall } from "@/lib/auth/phone-call";
import { issueNonce } from "@/lib/mfa/signed-request";

/** The nonce for a phone's first signed call. It tells nothing of whether there is such a phone. */
export const POST = phoneCall(
  z.object({ authenticatorId: z.uuid() }),
  async ({ fields: { authenticatorId } }) => ({ nonce: issueNonce(authenticatorId) }),
);

import { z } from "zod";
import { signedCall } from "@/lib/auth/phone-call";
import { config } from "@/lib/config";
import { findOpenRequests, type OpenRequest } from "@/lib/mfa/approval-requests";
import { readApprovals } from "@/lib/mfa/approval-watch";
import { getDevice } from "@/messages/words";

const WAIT_MS = 25_000; // shorter than proxies let a request rest
const MAX_KNOWN = 10;

/**
 * The open requests for this phone, without their numbers. It waits until they are others than those the
 * phone `known`ly shows, and answers at once when it says nothing.
 */
export const POST = signedCall(
  {
    purpose: "requests",
    fields: z.object({ known: z.array(z.uuid()).max(MAX_KNOWN).optional() }),
    lines: () => [],
  },
  async ({ authenticator, fields: { known }, signal }) => {
    const requests = await readApprovals({
      userId: authenticator.userId,
      read: () => findOpenRequests(authenticator),
      isNews: (open) => open.map(({ id }) => id).join() !== known?.join(),
      until: new Date(Date.now() + WAIT_MS),
      signal,
    });
    return { requests: await Promise.all(requests.map(show)) };
  },
);

async function show({ userAgent, createdAt, expiresAt, ...request }: OpenRequest) {
  return {
    ...request,
    portal: config().APP_URL,
    browser: await getDevice(userAgent),
    createdAt: createdAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
    // A phone's clock may be minutes off.
    secondsLeft: Math.max(0, Math.floor((expiresAt.getTime() - Date.now()) / 1000)),
  };
}

import { z } from "zod";
import { phoneCall } from "@/lib/auth/phone-call";
import { obtainVapidKeys } from "@/lib/notices/vapid-keys";

/** The key that a browser subscribes to pushes with. A POST: the first one asked makes it. */
export const POST = phoneCall(z.object({}), async () => {
  const { publicKey } = await obtainVapidKeys();
  return { publicKey };
});

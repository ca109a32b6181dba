import "server-only";
import { db } from "../db/client";
import {
  type PushSubscription,
  parsePushSubscription,
  sealPushSubscription,
} from "../notices/push-subscription";
import type { SigningAuthenticator } from "./signed-request";

/** What a phone signs of its subscription (purpose `subscribe`), in this order; empty lines for none. */
export function subscriptionLines(
  { userId }: Pick<SigningAuthenticator, "userId">,
  subscription: PushSubscription | null,
): string[] {
  const { endpoint = "", keys } = subscription ?? {};
  return [userId, endpoint, keys?.p256dh ?? "", keys?.auth ?? ""];
}

export type SubscribeResult =
  /** `false`: the phone does not allow push any more, and is not rung. */
  | { subscribed: boolean }
  /** No subscription, or at no push service that may be asked; or the authenticator is not connected any more. */
  | { subscribed: false; reason: "push-service" | "removed" };

/**
 * Stores, encrypted, where Web Push reaches the authenticator that signed this, in place of what was there;
 * `null` takes it away. One that is reported lost keeps its subscription up to date and is not rung.
 */
export async function subscribeToPush(
  { id }: Pick<SigningAuthenticator, "id">,
  value: unknown,
): Promise<SubscribeResult> {
  const subscription = value === null ? null : parsePushSubscription(value);
  if (subscription === undefined) return { subscribed: false, reason: "push-service" };
  const prisma = await db();
  const { count } = await prisma.sparekeyAuthenticator.updateMany({
    where: { id, removedAt: null },
    data: subscription
      ? sealPushSubscription(id, subscription)
      : { sealedSubscription: null, subscriptionKeyId: null },
  });
  if (count !== 1) return { subscribed: false, reason: "removed" };
  return { subscribed: subscription !== null };
}

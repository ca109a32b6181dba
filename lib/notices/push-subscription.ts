import "server-only";
import { createPublicKey } from "node:crypto";
import { z } from "zod";
import { db } from "../db/client";
import { currentKeyId } from "../keys";
import { reseal, seal, unseal } from "../seal";
import { parsePushEndpoint } from "./push-endpoint";

const ENDPOINT_CHARACTERS = 1_800; // with its keys it stays under 2 kB; browsers' have some hundred
const P256DH_BYTES = 65; // RFC 8291 §3.1: an uncompressed P-256 point
const AUTH_BYTES = 16; // RFC 8291 §3.2
const ROWS_AT_ONCE = 500;

const base64url = (bytes: number) =>
  z
    .string()
    .regex(/^[A-Za-z0-9_-]+$/)
    .refine((text) => Buffer.from(text, "base64url").length === bytes);

const pushSubscription = z.object({
  endpoint: z
    .string()
    .max(ENDPOINT_CHARACTERS)
    .transform((endpoint, context) => {
      const url = parsePushEndpoint(endpoint);
      if (url) return url.href; // what was looked at is what will be asked
      context.addIssue("no push service");
      return z.NEVER;
    }),
  keys: z.object({ p256dh: base64url(P256DH_BYTES).refine(isPoint), auth: base64url(AUTH_BYTES) }),
});

/**
 * Where Web Push reaches one browser, in the shape that browsers give: `endpoint` is the address of its
 * push service, whose knowledge is enough to ring it; `p256dh` and `auth` are base64url.
 */
export type PushSubscription = z.infer<typeof pushSubscription>;

/**
 * Reads a subscription that a browser sent. Gives nothing when it has another shape, when its keys are
 * not those of RFC 8291, or when its endpoint is at no push service that may be asked.
 */
export function parsePushSubscription(value: unknown): PushSubscription | undefined {
  return pushSubscription.safeParse(value).data;
}

/** Encrypts a subscription for the row of its authenticator; in another row it does not open. */
export function sealPushSubscription(authenticatorId: string, subscription: PushSubscription) {
  const { sealed, keyId } = seal("push subscriptions", Buffer.from(JSON.stringify(subscription)), [
    authenticatorId,
  ]);
  return { sealedSubscription: sealed, subscriptionKeyId: keyId };
}

/** What `sealPushSubscription` encrypted, if its endpoint may still be asked. Throws when it does not open. */
export function unsealPushSubscription(
  authenticatorId: string,
  value: { sealed: Uint8Array; keyId: string },
): PushSubscription | undefined {
  const opened = unseal("push subscriptions", value, [authenticatorId]);
  return parsePushSubscription(JSON.parse(opened.toString()));
}

/**
 * Seals the subscriptions that older keys sealed with the newest one, so that a key can be retired. Says
 * how many it sealed, and how many did not open, which stay as they are. Servers may be at work.
 */
export async function rewrapPushSubscriptions(): Promise<{ rewrapped: number; failed: number }> {
  const prisma = await db();
  const older = { subscriptionKeyId: { not: currentKeyId() }, sealedSubscription: { not: null } };
  const told = { rewrapped: 0, failed: 0 };
  for (let last: string | undefined; ; ) {
    const rows = await prisma.sparekeyAuthenticator.findMany({
      where: { ...older, ...(last && { id: { gt: last } }) },
      orderBy: { id: "asc" },
      take: ROWS_AT_ONCE,
      select: { id: true, sealedSubscription: true, subscriptionKeyId: true },
    });
    for (const { id, sealedSubscription, subscriptionKeyId } of rows) {
      const [sealed, keyId] = [sealedSubscription ?? new Uint8Array(), subscriptionKeyId ?? ""];
      const again = reseal("push subscriptions", { sealed, keyId }, [id]);
      told[again ? "rewrapped" : "failed"] += 1;
      if (!again) continue;
      await prisma.sparekeyAuthenticator.updateMany({
        where: { id, sealedSubscription: sealed }, // not over one that came, or that went, meanwhile
        data: { sealedSubscription: again.sealed, subscriptionKeyId: again.keyId },
      });
    }
    last = rows.at(-1)?.id;
    if (!last) return told;
  }
}

function isPoint(p256dh: string): boolean {
  const bytes = Buffer.from(p256dh, "base64url");
  const [x, y] = [bytes.subarray(1, 33), bytes.subarray(33)].map((part) =>
    part.toString("base64url"),
  );
  try {
    createPublicKey({ key: { kty: "EC", crv: "P-256", x, y }, format: "jwk" });
    return bytes[0] === 4; // uncompressed
  } catch {
    return false; // not on the curve
  }
}

import "server-only";
import { createHmac } from "node:crypto";
import type { Tx } from "../db/client";
import { deriveLastingKey } from "../keys";
import type { ThrottleKey } from "../mfa/throttle";
import type { EmailAddress } from "./email-address";

/**
 * The count of failures for the password of an address, known or not, so that both wait alike; shared by
 * all browsers that are not known. Kept under a keyed hash: the table tells nobody which addresses were
 * tried.
 */
export function passwordThrottle(address: EmailAddress): ThrottleKey {
  const key = deriveLastingKey("throttle subjects");
  return {
    subject: createHmac("sha256", key).update(address).digest("base64url"),
    method: "password",
  };
}

/**
 * The count of failures for a person's password where strangers at the login page cannot reach it: in the
 * lane of a known browser, or, without one, for the person who is logged in and types it again, however
 * many sessions there are.
 */
export function ownPasswordThrottle(userId: string, lane = ""): ThrottleKey {
  return { subject: userId, method: "password", lane };
}

/**
 * Notes that the password of an account whose address is not verified was accepted at the login page, and
 * says whether that was the first time. Whoever makes accounts at somebody else's address learns with each
 * one whether its password is also the owner's: that is a guess, and counts as one, once a password.
 */
export async function noteUnverifiedPassword(
  tx: Tx,
  { userId, passwordChangedAt }: { userId: string; passwordChangedAt: Date },
): Promise<"first" | "again"> {
  const lane = `accepted ${passwordChangedAt.toISOString()}`;
  const now = new Date();
  const { count } = await tx.throttle.createMany({
    data: { ...ownPasswordThrottle(userId, lane), nextAttemptAt: now, lastAttemptAt: now },
    skipDuplicates: true,
  });
  return count === 1 ? "first" : "again";
}

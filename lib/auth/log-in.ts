import "server-only";
import { db, type Tx, transaction } from "../db/client";
import { takeHashPlace } from "../hash-queue";
import { hasAuthenticatorApp } from "../mfa/authenticator-app";
import { beginLoginChallenge } from "../mfa/login-challenge";
import { clearFailures, reserveAttempt } from "../mfa/throttle";
import { recordAuditEvent } from "../notices/audit-event";
import type { RequestSource } from "../request-source";
import { parseEmailAddress } from "./email-address";
import { digestPassword, verifyPassword } from "./password-digest";
import { passwordThrottle } from "./password-throttle";
import { openSession, type SessionToken } from "./session-rows";

export type PasswordLoginResult =
  /** No method is enrolled: the password alone gives a session of level 1. */
  | { verified: true; session: SessionToken; challenge?: undefined }
  | { verified: true; session?: undefined; challenge: { token: string; expiresAt: Date } }
  /** Unknown address, wrong password, disabled account: not told apart. */
  | { verified: false; reason: "wrong" }
  | { verified: false; reason: "waiting"; until: Date }
  | { verified: false; reason: "busy" };

const MAX_PASSWORD = 4_096; // twice what the policy accepts, in UTF-16 units; longer is garbage

/**
 * Takes an address and a password as typed. A right one gives a session, or a login challenge when a
 * method is enrolled (design: no session before every factor). Unknown, wrong and disabled cost the
 * same one hash and wait alike, since the count is kept by a keyed hash of the address (ASVS 6.3.8).
 */
export async function logInWithPassword({
  email,
  password,
  returnTo,
  previousToken,
  from,
}: {
  email: string;
  password: string;
  returnTo: string;
  previousToken: string | undefined;
  from: RequestSource;
}): Promise<PasswordLoginResult> {
  const address = parseEmailAddress(email);
  if (!address || password.length > MAX_PASSWORD) return { verified: false, reason: "wrong" };
  const place = takeHashPlace("passwords");
  if (!place) return { verified: false, reason: "busy" };
  try {
    const throttle = passwordThrottle(address);
    const attempt = await reserveAttempt(throttle);
    if (!attempt.reserved) {
      return { verified: false, reason: "waiting", until: attempt.until };
    }
    const prisma = await db();
    const user = await prisma.user.findFirst({ where: { email: address } });
    const { verified, outdated } = await verifyPassword(place, password, user?.passwordDigest);
    if (!user || !verified || user.disabledAt) {
      await transaction((tx) =>
        recordAuditEvent(tx, { type: "login_failed", userId: user?.id, method: "password", from }),
      );
      return { verified: false, reason: "wrong" };
    }
    const digest = outdated ? await digestPassword(place, password) : user.passwordDigest;
    return await transaction(async (tx) => {
      await holdPassword(tx, { userId: user.id, verified: user.passwordDigest, digest });
      await clearFailures(tx, throttle);
      return admit(tx, { userId: user.id, returnTo, previousToken, from });
    });
  } catch (error) {
    if (error instanceof PasswordChanged) return { verified: false, reason: "wrong" };
    throw error;
  } finally {
    place.release();
  }
}

/** The password was changed, or the account disabled, while the old one was being verified. */
class PasswordChanged extends Error {}

/** Holds the person's row and stores a stronger digest if one is due, if the password is still the verified one. */
async function holdPassword(
  tx: Tx,
  { userId, verified, digest }: { userId: string; verified: string; digest: string },
): Promise<void> {
  const { count } = await tx.user.updateMany({
    where: { id: userId, passwordDigest: verified, disabledAt: null },
    data: { passwordDigest: digest },
  });
  if (count !== 1) throw new PasswordChanged();
}

async function admit(
  tx: Tx,
  {
    userId,
    returnTo,
    previousToken,
    from,
  }: { userId: string; returnTo: string; previousToken: string | undefined; from: RequestSource },
): Promise<PasswordLoginResult> {
  if (await hasAuthenticatorApp(tx, userId)) {
    return { verified: true, challenge: await beginLoginChallenge(tx, { userId, returnTo, from }) };
  }
  await recordAuditEvent(tx, { type: "login", userId, from });
  return {
    verified: true,
    session: await openSession(tx, { userId, amr: ["pwd"], previousToken, from }),
  };
}

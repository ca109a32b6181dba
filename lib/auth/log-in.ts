import "server-only";
import { db, type Tx, transaction } from "../db/client";
import { lockAddress } from "../db/lock-address";
import { type HashPlace, takeHashPlace } from "../hash-queue";
import { createApprovalRequest } from "../mfa/approval-requests";
import { countFailure, withinFailureLimits } from "../mfa/failure-limits";
import { hasMethod } from "../mfa/has-method";
import { beginLoginChallenge } from "../mfa/login-challenge";
import type { VerificationMethod } from "../mfa/method-names";
import { findEnrolledMethods, firstMethod } from "../mfa/methods";
import {
  clearFailures,
  giveBackAttempt,
  type Reservation,
  reserveAttempt,
  type ThrottleKey,
} from "../mfa/throttle";
import { logRefusedTry, recordAuditEvent } from "../notices/audit-event";
import type { RequestSource } from "../request-source";
import { type AccountOfAddress, findAccountsOfAddress } from "./accounts-of-address";
import { type EmailAddress, parseEmailAddress } from "./email-address";
import { type KnownBrowser, laneOf } from "./known-browser";
import { findPendingReset, mailFirstLink } from "./mailed-link";
import { digestPassword, findMatchingDigests } from "./password-digest";
import { noteUnverifiedPassword, ownPasswordThrottle, passwordThrottle } from "./password-throttle";
import { recordPasswordFailure } from "./record-password-failure";
import { openSession, resumeSession, type SessionToken } from "./session-rows";

export type PasswordLoginResult =
  /** No method is enrolled: the password alone gives a session of level 1. Or a session was resumed. */
  | { verified: true; userId: string; session: SessionToken; challenge?: undefined }
  | { verified: true; session?: undefined; challenge: { token: string; expiresAt: Date } }
  /** Unknown address, wrong password, disabled account: not told apart. */
  | { verified: false; reason: "wrong" }
  | { verified: false; reason: "waiting"; until: Date }
  | { verified: false; reason: "busy" };

const MAX_PASSWORD = 4_096; // twice what the policy accepts, in UTF-16 units; longer is garbage

type Login = {
  password: string;
  returnTo: string;
  previousToken: string | undefined;
  from: RequestSource;
};

/**
 * Takes an address and a password as typed. A right one gives a session, or a login challenge when a
 * method is enrolled or was reset (design: no session before every factor); in a browser whose session only rested too
 * long, that session. Unknown, wrong and disabled cost the same one hash and wait alike, since the count is
 * kept by a keyed hash of the address (ASVS 6.3.8). A browser that is known for one of the address's
 * accounts (`readKnownBrowsers`) has a count of its own, in which the passwords of those it is known for
 * alone are right; all others share theirs, and fall under the limits for failures of strangers.
 */
export async function logInWithPassword({
  email,
  knownBrowsers = [],
  ...login
}: Login & { email: string; knownBrowsers?: KnownBrowser[] }): Promise<PasswordLoginResult> {
  const address = parseEmailAddress(email);
  if (!address || login.password.length > MAX_PASSWORD) return { verified: false, reason: "wrong" };
  const lane = chooseLane(address, await findAccountsOfAddress(await db(), address), knownBrowsers);
  const place = takeHashPlace(lane.isKnown ? "known-passwords" : "passwords");
  if (!place) return { verified: false, reason: "busy" };
  try {
    const { from } = login;
    const judged = () => judge(place, lane, login);
    if (lane.isKnown) {
      const result = await judged();
      if (hasFailed(result)) await countFailure(from);
      return result;
    }
    const outcome = await withinFailureLimits({ door: "password", from, hasFailed }, judged);
    return outcome.limited
      ? { verified: false, reason: "waiting", until: outcome.until }
      : outcome.value;
  } finally {
    place.release();
  }
}

/** Whose password can be right, and which count a failure goes to. */
type Lane = {
  isKnown: boolean;
  address: EmailAddress;
  candidates: AccountOfAddress[];
  throttle: ThrottleKey;
  /** Who sees a failure in their history: never a stranger with an account at the owner's address. */
  ownerId: string | undefined;
};

function chooseLane(
  address: EmailAddress,
  accounts: AccountOfAddress[],
  knownBrowsers: KnownBrowser[],
): Lane {
  const enabled = accounts.filter(({ disabledAt }) => !disabledAt);
  const browserOf = ({ id }: AccountOfAddress) => knownBrowsers.find(({ userId }) => userId === id);
  // More than one where somebody signed up again; the count is that of the first, which rules. Whoever had
  // their methods reset may have lost that browser too.
  const candidates = enabled.filter((account) => !account.mfaResetAt && browserOf(account));
  const [first] = candidates;
  const browser = first && browserOf(first);
  if (browser) {
    const throttle = ownPasswordThrottle(first.id, laneOf(browser));
    return { isKnown: true, address, candidates, throttle, ownerId: first.id };
  }
  const ownerId = accounts.find(({ isVerified }) => isVerified)?.id;
  const throttle = passwordThrottle(address);
  return { isKnown: false, address, candidates: enabled, throttle, ownerId };
}

/** A judged, wrong password; not a refusal. */
const hasFailed = (result: PasswordLoginResult) => !result.verified && result.reason === "wrong";

async function judge(
  place: HashPlace,
  { isKnown, address, candidates, throttle, ownerId }: Lane,
  login: Login,
): Promise<PasswordLoginResult> {
  const attempt = await reserveAttempt(throttle);
  if (!attempt.reserved) {
    logRefusedTry({ reason: attempt.reason, ...throttle, from: login.from });
    return { verified: false, reason: "waiting", until: attempt.until };
  }
  const digests = candidates.map(({ passwordDigest }) => passwordDigest);
  const { matches, outdated } = await findMatchingDigests(place, login.password, digests);
  const account = candidates.find((_, index) => matches.includes(index));
  if (!account) {
    const { reservation } = attempt;
    const { from } = login;
    await recordPasswordFailure({ type: "login_failed", userId: ownerId, reservation, from });
    return { verified: false, reason: "wrong" };
  }
  const stronger = outdated ? await digestPassword(place, login.password) : undefined;
  const isOwners = isKnown ? account.id === ownerId : account.isVerified;
  const method = firstMethod(await findEnrolledMethods(account.id));
  try {
    return await transaction(async (tx) => {
      const { id: userId, passwordDigest } = account;
      const isDue = stronger !== undefined && (await isAlone(tx, address));
      const digest = isDue ? stronger : passwordDigest;
      await holdPassword(tx, { userId, verified: passwordDigest, digest });
      if (isOwners) await clearFailures(tx, throttle);
      else await takeBackUnlessGuess(tx, account, attempt.reservation);
      return admit(tx, { userId, method, ...login });
    });
  } catch (error) {
    if (error instanceof PasswordChanged) return { verified: false, reason: "wrong" };
    throw error;
  }
}

/**
 * Whether one account alone bears the address, until the transaction ends. Several share scheme, key, cost
 * and salt, so that one hash judges them all: a stronger digest for one would shut out the others.
 */
async function isAlone(tx: Tx, address: EmailAddress): Promise<boolean> {
  await lockAddress(tx, address);
  return (await findAccountsOfAddress(tx, address)).length === 1;
}

/**
 * Where the count is not its own, an account that anybody can make clears nothing, or its maker could
 * guess at the owner's for ever. Its success takes back its own attempt, once the guess that its password
 * was has been counted.
 */
async function takeBackUnlessGuess(
  tx: Tx,
  { id: userId, passwordChangedAt }: AccountOfAddress,
  reservation: Reservation,
): Promise<void> {
  const time = await noteUnverifiedPassword(tx, { userId, passwordChangedAt });
  if (time === "again") await giveBackAttempt(reservation, tx);
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
    method,
    returnTo,
    previousToken,
    from,
  }: Omit<Login, "password"> & { userId: string; method: VerificationMethod | undefined },
): Promise<PasswordLoginResult> {
  if (await hasMethod(tx, userId)) {
    const session = previousToken && (await resumeSession(tx, { userId, token: previousToken }));
    if (session) {
      const { id: sessionId, ...token } = session;
      const type = "session_resumed_after_rest";
      await recordAuditEvent(tx, { type, userId, sessionId, from });
      return { verified: true, userId, session: token };
    }
    const { id, ...challenge } = await beginLoginChallenge(tx, { userId, returnTo, from });
    if (method === "notification") {
      // At its limits, the login's screen says why none is on its way.
      const { expiresAt } = challenge;
      await createApprovalRequest(tx, { challenge: { id, userId, expiresAt }, from });
    }
    return { verified: true, challenge };
  }
  const reset = await findPendingReset(userId, tx);
  if (reset) {
    const { id: _, ...challenge } = await beginLoginChallenge(tx, { userId, returnTo, from });
    await mailFirstLink(tx, reset);
    return { verified: true, challenge };
  }
  await recordAuditEvent(tx, { type: "login", userId, from });
  return {
    verified: true,
    userId,
    session: await openSession(tx, { userId, amr: ["pwd"], previousToken, from }),
  };
}

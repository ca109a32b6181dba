import "server-only";
import { transaction } from "../db/client";
import { lockUser } from "../db/lock-user";
import { withinFailureLimits } from "../mfa/failure-limits";
import {
  type LoginChallenge,
  LoginChallengeOver,
  satisfyLoginChallenge,
} from "../mfa/login-challenge";
import { recordAuditEvent } from "../notices/audit-event";
import { findMailLink, type MailLink, spendMailLink } from "../notices/mail-links";
import type { RequestSource } from "../request-source";
import { findPendingReset } from "./mailed-link";
import { openSession, type SessionToken } from "./session-rows";

/** What a mailed link would do in a browser. */
export type MailedLinkState =
  /** It completes this browser's login. */
  | "ready"
  /** It is good, and this browser has no live login of its account: the password comes first. */
  | "needs-password"
  /** It was used, is over or unknown, or nothing is waiting for it any more. */
  | "over";

/** Tells what the link behind a token would do, for the page that asks before anything is done. */
export async function findMailedLinkState(
  token: string,
  challenge: LoginChallenge | undefined,
): Promise<MailedLinkState> {
  const link = await findUsableLink(token);
  if (!link) return "over";
  return challenge?.userId === link.userId ? "ready" : "needs-password";
}

export type MailedLinkResult =
  | { verified: true; session: SessionToken }
  | { verified: false; reason: "over" | "needs-password" | "challenge-over" }
  | { verified: false; reason: "waiting"; until: Date };

/**
 * Completes the login of a person whose methods were reset, with the link mailed to them and in the browser
 * that gave the password. Link and challenge are spent in the transaction that opens the session, which is of
 * level 1 and can only enroll. In any other browser it spends nothing.
 */
export async function logInWithMailedLink({
  challenge,
  token,
  previousToken,
  from,
}: {
  challenge: LoginChallenge;
  token: string;
  previousToken: string | undefined;
  from: RequestSource;
}): Promise<MailedLinkResult> {
  const { id: loginChallengeId, userId } = challenge;
  const lookUp = await withinFailureLimits(
    { door: "mail-link", from, hasFailed: (link) => link === undefined },
    () => findUsableLink(token),
  );
  if (lookUp.limited) return { verified: false, reason: "waiting", until: lookUp.until };
  const link = lookUp.value;
  if (!link) return { verified: false, reason: "over" };
  if (link.userId !== userId) return { verified: false, reason: "needs-password" };
  try {
    const session = await transaction(async (tx) => {
      await lockUser(tx, userId);
      const reset = await findPendingReset(userId, tx);
      if (!reset || reset.isPasswordNewer || reset.addressId !== link.addressId)
        throw new LinkOver();
      if (!(await spendMailLink(tx, link))) throw new LinkOver();
      await satisfyLoginChallenge(tx, challenge, "mailed-link");
      await recordAuditEvent(tx, { type: "mfa_reset_link_used", userId, from });
      return openSession(tx, { userId, amr: ["pwd"], loginChallengeId, previousToken, from });
    });
    return { verified: true, session };
  } catch (error) {
    if (error instanceof LinkOver) return { verified: false, reason: "over" };
    if (error instanceof LoginChallengeOver) return { verified: false, reason: "challenge-over" };
    throw error;
  }
}

/** The link was spent, or stopped counting, meanwhile; nothing is done. */
class LinkOver extends Error {}

async function findUsableLink(token: string): Promise<MailLink | undefined> {
  const link = token === "" ? undefined : await findMailLink(token, "reset-login");
  if (!link) return undefined;
  const reset = await findPendingReset(link.userId);
  const isGood = reset && !reset.isPasswordNewer && reset.addressId === link.addressId;
  return isGood ? link : undefined;
}

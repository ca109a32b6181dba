import "server-only";
import type { Tx } from "../db/client";
import { removeAuthenticatorApps } from "../mfa/authenticator-app";
import { endRecoveryCodeSets } from "../mfa/end-recovery-code-sets";
import { endLoginChallengesOf } from "../mfa/login-challenge";
import { VERIFICATION_METHODS } from "../mfa/method-names";
import { endAllPairingsOf } from "../mfa/pairing";
import { listSecurityKeys, removeSecurityKey } from "../mfa/security-keys";
import {
  listSparekeyAuthenticators,
  removeSparekeyAuthenticator,
} from "../mfa/sparekey-authenticators";
import { endTemporaryCodes } from "../mfa/temporary-codes";
import { clearFailures } from "../mfa/throttle";
import { endLinksIn } from "../notices/mail-links";
import { PORTAL_ITSELF } from "../request-source";
import { cancelAddressChangesOf } from "./change-address";
import { endRequests } from "./end-requests";
import { leaveAdministration } from "./leave-administration";
import { endAllSessions } from "./session-rows";

/**
 * Takes every verification method and code from a person and ends whatever is open: sessions, logins, phones
 * on their way, mailed links, requests about them and by them, invitations they sent, changes of their addresses that
 * wait. Rows stay as history (63B §4.1). From now on the password alone gives no session: the next login needs a
 * mailed link besides, and can only enroll (LC-06). The caller holds the person (`lockUser`), knows that they have a
 * verified login address, and records who did it and why.
 */
export async function resetMethods(tx: Tx, userId: string): Promise<void> {
  await removeAuthenticatorApps(tx, userId);
  for (const { id } of await listSparekeyAuthenticators(userId, tx)) {
    await removeSparekeyAuthenticator(tx, { userId, id });
  }
  for (const { id } of await listSecurityKeys(userId, tx)) {
    await removeSecurityKey(tx, { userId, id });
  }
  // As the portal's own: an administrator's device and network are nobody else's business.
  await endRecoveryCodeSets(tx, { userId, endedBy: "reset", from: PORTAL_ITSELF });
  await endTemporaryCodes(tx, { userId, endedBy: "reset" });
  await endAllSessions(tx, userId);
  await endLoginChallengesOf(tx, userId);
  await endAllPairingsOf(tx, userId);
  await endLinksIn(tx, userId);
  await endRequests(tx, { userId }); // approved later, it would take what is enrolled next
  await leaveAdministration(tx, userId); // whoever had their session may have begun it
  await cancelAddressChangesOf(tx, userId);
  // What is enrolled next is another authenticator, which nobody failed at.
  for (const method of VERIFICATION_METHODS) await clearFailures(tx, { subject: userId, method });
  await tx.user.update({
    where: { id: userId },
    data: { mfaResetAt: new Date(), preferredMethod: null },
    select: { id: true },
  });
}

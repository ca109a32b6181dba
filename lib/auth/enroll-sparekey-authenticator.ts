import "server-only";
import { type Tx, transaction } from "../db/client";
import { lockUser } from "../db/lock-user";
import { endRecoveryCodeSets } from "../mfa/end-recovery-code-sets";
import { hasMethod } from "../mfa/has-method";
import { isProvedByOther } from "../mfa/method-names";
import { type SpentPairing, spendPairing } from "../mfa/pairing";
import { probation } from "../mfa/probation";
import { removeSparekeyAuthenticator } from "../mfa/sparekey-authenticators";
import { clearFailures } from "../mfa/throttle";
import { recordAuditEvent } from "../notices/audit-event";
import type { RequestSource } from "../request-source";
import { admitEnrollment } from "./admit-enrollment";
import type { CurrentSession } from "./current-session";
import { endOtherSessions, holdSession, type SessionToken } from "./session-rows";

const FIRST_METHOD = ["pwd", "mca", "mfa"]; // AM-01

export type ConnectionResult =
  | { connected: true; replaced: boolean; token: SessionToken | undefined }
  /** The phone was not confirmed, was refused, or is connected already; or the time is over. */
  | { connected: false; reason: "gone" };

/**
 * Connects the phone that waits for this fresh session's word: the account's half of the confirmation, after the
 * phone's. As the first method it opens a session of level 2 (`admitEnrollment`). Where it takes the place of a
 * lost phone, that one, the recovery codes and all other sessions end in the same transaction: whoever has the
 * phone may have them too. `device` is what the phone is called at first.
 */
export async function enrollSparekeyAuthenticator({
  session: { id: sessionId, userId },
  pairingId,
  device,
  from,
}: {
  session: CurrentSession;
  pairingId: string;
  device: (userAgent: string) => Promise<string>;
  from: RequestSource;
}): Promise<ConnectionResult> {
  return transaction(async (tx) => {
    await lockUser(tx, userId);
    const { amr, restrictedUntil } = await holdSession(tx, sessionId, "fresh");
    const first = !(await hasMethod(tx, userId));
    const pairing = await spendPairing(tx, { id: pairingId, userId, sessionId });
    if (!pairing) return { connected: false, reason: "gone" };
    const replaced = await endLostOne(tx, { userId, sessionId, pairing, from });
    const name = await findFreeName(tx, userId, await device(pairing.phoneUserAgent));
    await tx.sparekeyAuthenticator.create({
      data: {
        id: pairing.id,
        userId,
        name,
        publicKey: pairing.publicKey,
        addedAt: new Date(),
        addedAddress: pairing.phoneAddress,
        addedUserAgent: pairing.phoneUserAgent,
        probationUntil: probation(restrictedUntil),
      },
    });
    // The first method after all were removed does not inherit what was failed at those.
    if (first || isProvedByOther(amr, "notification")) {
      await clearFailures(tx, { subject: userId, method: "notification" }); // bound again (63B §3.2.2)
    }
    await recordAuditEvent(tx, {
      type: replaced ? "sparekey_authenticator_replaced" : "sparekey_authenticator_added",
      userId,
      sessionId,
      method: "notification",
      methodName: name,
      from,
    });
    const token = await admitEnrollment(tx, { userId, amr: FIRST_METHOD, first, from });
    return { connected: true, replaced, token };
  });
}

/** Says whether there was one. */
async function endLostOne(
  tx: Tx,
  {
    userId,
    sessionId,
    pairing: { replacesId },
    from,
  }: { userId: string; sessionId: string; pairing: SpentPairing; from: RequestSource },
): Promise<boolean> {
  if (!replacesId) return false;
  const lost = await removeSparekeyAuthenticator(tx, { userId, id: replacesId });
  if (lost === undefined) return false;
  await endRecoveryCodeSets(tx, { userId, endedBy: "lost", from });
  await endOtherSessions(tx, { userId, exceptId: sessionId });
  return true;
}

/** A name that tells the phone from the person's others: "Chrome on Android", then "Chrome on Android 2". */
async function findFreeName(tx: Tx, userId: string, device: string): Promise<string> {
  const taken = await tx.sparekeyAuthenticator.findMany({
    where: { userId, removedAt: null },
    select: { name: true },
  });
  const isFree = (name: string) => taken.every((other) => other.name !== name);
  const names = [device, ...taken.map((_one, index) => `${device} ${index + 2}`)];
  return names.find(isFree) ?? device;
}

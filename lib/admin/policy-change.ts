import "server-only";
import type { CurrentSession } from "../auth/current-session";
import { holdAdministrator } from "../auth/hold-administrator";
import { type Tx, transaction } from "../db/client";
import { addDays, currentPolicy, type Policy } from "../mfa/policy";
import { recordAuditEvent } from "../notices/audit-event";
import type { RequestSource } from "../request-source";
import { describePolicyChange } from "./event-details";
import { differences, type PolicyChoice } from "./policy-choice";

export type PolicyChangeResult =
  | { changed: true }
  /** Another version came in between; what was chosen was chosen without knowing it. */
  | { changed: false; reason: "changed-meanwhile" }
  | { changed: false; reason: "nothing-new" };

/**
 * Puts another policy in force, for an administrator who proved themselves within ten minutes. `knownId` is
 * the version that they saw: if it is not the newest any more nothing is changed, so that of two
 * administrators none overwrites the other unseen. The older versions stay.
 */
export async function changePolicy({
  session,
  choice,
  knownId,
  from,
}: {
  session: Pick<CurrentSession, "id" | "userId">;
  choice: PolicyChoice;
  /** `undefined` while nobody chose anything. */
  knownId: string | undefined;
  from: RequestSource;
}): Promise<PolicyChangeResult> {
  return transaction(async (tx) => {
    await holdAdministrator(tx, session, "unrestricted");
    await lockPolicy(tx);
    const current = await currentPolicy(tx);
    if (current.id !== knownId) return { changed: false, reason: "changed-meanwhile" };
    if (differences(current, choice).length === 0) return { changed: false, reason: "nothing-new" };
    const { userId: actorId, id: sessionId } = session;
    const at = await nextMoment(tx);
    const requiredFrom = requiredFromOf(current, choice, at);
    const { id } = await tx.policy.create({ data: { ...choice, at, actorId, requiredFrom } });
    const details = describePolicyChange({ id, before: current, after: choice });
    await recordAuditEvent(tx, { type: "policy_changed", actorId, sessionId, details, from });
    return { changed: true };
  });
}

const POLICY_LOCK = 5_091_127; // any number, the same on every server

/** Lets one transaction at a time change the policy; reading it goes on. */
async function lockPolicy(tx: Tx): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(${POLICY_LOCK}::bigint)`;
}

/** Now, but later than the newest version whatever this server's clock says: it has to be the newest. */
async function nextMoment(tx: Tx): Promise<Date> {
  const { _max } = await tx.policy.aggregate({ _max: { at: true } });
  return new Date(Math.max(Date.now(), (_max.at?.getTime() ?? 0) + 1));
}

/**
 * Until when people who are there already may wait: the days of grace from the time at which MFA began to be
 * required for everyone. Changing anything else does not move it.
 */
export function requiredFromOf(current: Policy, choice: PolicyChoice, now: Date): Date {
  const { requirement, requiredFrom, graceDays } = current;
  const goesOn = requirement === "everyone" && choice.requirement === "everyone";
  const began = goesOn && requiredFrom ? addDays(requiredFrom, -graceDays) : now;
  return addDays(began, choice.graceDays);
}

import "server-only";
import { config } from "../config";
import type { Tx } from "../db/client";
import { takeHashPlace } from "../hash-queue";
import { withinFailureLimits } from "../mfa/failure-limits";
import { recordAuditEvent } from "../notices/audit-event";
import { findInvitation, type Invitation, spendInvitation } from "../notices/invitations";
import { PORTAL_ITSELF, type RequestSource } from "../request-source";
import { findAccountsOfAddress } from "./accounts-of-address";
import { type EmailAddress, parseEmailAddress } from "./email-address";
import { type NewPassword, type PasswordRefusal, parseNewPassword } from "./password-policy";
import { releaseAccount } from "./release-account";
import { openSession, type SessionToken } from "./session-rows";
import { administratorExists, verifySetupToken } from "./setup-token";
import { storePasswordDigest } from "./store-password-digest";
import { mailVerification } from "./verification-mail";

/** What a form for a new account holds, as typed. */
export type NewAccountInput = { name: string; email: string; password: string };

/** What is wrong with which field. */
export type AccountRefusal =
  | { reason: "invalid"; fields: InvalidFields }
  | { reason: "busy" }
  | { reason: "setup-token" }
  | { reason: "waiting"; until: Date }
  | { reason: "already-set-up" }
  | { reason: "closed" }
  /** The invitation is spent, cancelled or over. */
  | { reason: "invitation-over" }
  /** An account has verified the invited address meanwhile. */
  | { reason: "address-taken" };

export type InvalidFields = { name?: true; email?: true; password?: PasswordRefusal };

export type AccountResult =
  | { created: true; userId: string; session: SessionToken }
  | { created: false; refusal: AccountRefusal };

const MAX_NAME = 100;
/** Line ends and direction marks could forge a line or hide a name; joiners belong to many scripts. */
const FORGING = /[\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]/u;

/** More accounts of one address than this, all of them waiting for a link to be opened, are no person's. */
const MAX_UNVERIFIED = 5;

/**
 * Creates an account and opens its first session, of level 1. Refuses with every wrong field at once.
 * An address that has an account gets another one, unverified like every new one, with the same answer and
 * work (ASVS 6.3.8). Five of an address may be unverified: the next one takes the place of the oldest that
 * nobody is logged in to, else of the oldest. `previousToken` is the browser's session so far, which ends.
 */
export async function createAccount(
  input: NewAccountInput,
  request: { previousToken: string | undefined; from: RequestSource },
): Promise<AccountResult> {
  if (!isSignupOpen()) return { created: false, refusal: { reason: "closed" } };
  return create(input, { ...request, kind: "member" });
}

/** Whether people may make accounts by themselves (`SIGNUP`). */
export function isSignupOpen(): boolean {
  return config().SIGNUP === "open";
}

/**
 * Creates the first administrator for whoever has the setup token. Only one is ever made this way,
 * however many try at once.
 */
export async function createAdministrator(
  { setupToken, ...input }: NewAccountInput & { setupToken: string },
  request: { previousToken: string | undefined; from: RequestSource },
): Promise<AccountResult> {
  // Once there is one, no token is a guess at anything.
  if (await administratorExists()) {
    return { created: false, refusal: { reason: "already-set-up" } };
  }
  const token = await verifySetupToken(setupToken, request.from);
  if (!token.verified) return { created: false, refusal: token.refusal };
  return create(input, { ...request, kind: "first-administrator" });
}

/**
 * Creates the account that an invitation is for, whether sign-up is open or not: with its address, which
 * the mailed link has verified, and its role, which is on record as given. The invitation is spent in the same
 * transaction, once; other accounts that bear the address unverified are released, as `verifyAddress` does.
 */
export async function createInvitedAccount(
  { token, ...input }: Omit<NewAccountInput, "email"> & { token: string },
  request: { previousToken: string | undefined; from: RequestSource },
): Promise<AccountResult> {
  const { from } = request;
  if (token === "") return { created: false, refusal: { reason: "invitation-over" } };
  const lookUp = await withinFailureLimits(
    { door: "mail-link", from, hasFailed: (invitation) => invitation === undefined },
    () => findInvitation(token),
  );
  if (lookUp.limited)
    return { created: false, refusal: { reason: "waiting", until: lookUp.until } };
  const invitation = lookUp.value;
  if (!invitation) return { created: false, refusal: { reason: "invitation-over" } };
  const { email } = invitation;
  return create({ ...input, email }, { ...request, kind: "invited", invitation });
}

type Creation = (
  | { kind: "member" | "first-administrator" }
  | { kind: "invited"; invitation: Invitation }
) & {
  previousToken: string | undefined;
  from: RequestSource;
};

async function create(input: NewAccountInput, creation: Creation): Promise<AccountResult> {
  const { account, invalid } = parseAccount(input);
  if (!account) return { created: false, refusal: { reason: "invalid", fields: invalid } };
  const place = takeHashPlace("passwords");
  if (!place) return { created: false, refusal: { reason: "busy" } };
  try {
    const { email, password } = account;
    const result = await storePasswordDigest(place, { email, password }, (tx, passwordDigest) =>
      store(tx, { name: account.name, email, passwordDigest }, creation),
    );
    if (!result) return { created: false, refusal: { reason: "busy" } };
    return { created: true, ...result.stored };
  } catch (error) {
    if (error instanceof CannotCreate) return { created: false, refusal: { reason: error.reason } };
    throw error;
  } finally {
    place.release();
  }
}

type Account = { name: string; email: EmailAddress; password: NewPassword };

function parseAccount(
  input: NewAccountInput,
): { account: Account; invalid?: undefined } | { account?: undefined; invalid: InvalidFields } {
  const name = input.name.normalize("NFC").trim();
  const email = parseEmailAddress(input.email);
  const validName = name.length <= MAX_NAME && /[\p{L}\p{N}]/u.test(name) && !FORGING.test(name);
  const result = parseNewPassword(input.password, [
    name,
    input.email,
    new URL(config().APP_URL).hostname,
  ]);
  if (validName && email && result.password) {
    return { account: { name, email, password: result.password } };
  }
  return {
    invalid: {
      ...(!validName && { name: true }),
      ...(!email && { email: true }),
      ...(result.refusal && { password: result.refusal }),
    },
  };
}

/** An administrator, an owner of the address, or the end of the invitation came between the page and its form. */
class CannotCreate extends Error {
  constructor(readonly reason: "already-set-up" | "invitation-over" | "address-taken") {
    super(reason);
  }
}

async function store(
  tx: Tx,
  account: NewAccount,
  creation: Creation,
): Promise<{ userId: string; session: SessionToken }> {
  const { previousToken, from } = creation;
  const userId =
    creation.kind === "invited"
      ? await storeInvited(tx, account, { ...creation.invitation, from })
      : await storeUnverified(tx, account, creation);
  return { userId, session: await openSession(tx, { userId, amr: ["pwd"], previousToken, from }) };
}

type NewAccount = { name: string; email: EmailAddress; passwordDigest: string };

async function storeUnverified(
  tx: Tx,
  account: NewAccount,
  { kind, from }: Pick<Creation, "kind" | "from">,
): Promise<string> {
  const { email } = account;
  const isFirst = kind === "first-administrator";
  if (isFirst) await claimFirstAdministrator(tx);
  await makeRoom(tx, { email, from });
  const { userId } = await storeUser(tx, { ...account, role: isFirst ? "ADMINISTRATOR" : "USER" });
  const type = isFirst ? "administrator_created" : "account_created";
  await recordAuditEvent(tx, { type, userId, from });
  await mailVerification(tx, { userId, email });
  return userId;
}

async function storeInvited(
  tx: Tx,
  account: NewAccount,
  { id, role, invitedById, from }: Invitation & { from: RequestSource },
): Promise<string> {
  const others = await findAccountsOfAddress(tx, account.email);
  if (others.some(({ isVerified }) => isVerified)) throw new CannotCreate("address-taken");
  if (!(await spendInvitation(tx, id))) throw new CannotCreate("invitation-over");
  for (const other of others) await releaseAccount(tx, { userId: other.id, from });
  const verifiedAt = new Date();
  const { userId, addressId } = await storeUser(tx, { ...account, role, verifiedAt });
  const event = { userId, addressId, actorId: invitedById, from };
  await recordAuditEvent(tx, { type: "invitation_accepted", ...event });
  if (role === "ADMINISTRATOR") {
    // Who gave it is somewhere else than who joins.
    const given = { userId, actorId: invitedById, from: PORTAL_ITSELF };
    await recordAuditEvent(tx, { type: "role_given", ...given });
  }
  return userId;
}

async function storeUser(
  tx: Tx,
  {
    name,
    email,
    passwordDigest,
    role,
    verifiedAt,
  }: NewAccount & { role: "USER" | "ADMINISTRATOR"; verifiedAt?: Date },
): Promise<{ userId: string; addressId: string }> {
  const now = new Date();
  const { id: userId } = await tx.user.create({
    data: {
      name,
      email,
      passwordDigest,
      role,
      ...(verifiedAt && { verifiedEmail: email }),
      passwordChangedAt: now,
      createdAt: now,
    },
    select: { id: true },
  });
  const { id: addressId } = await tx.address.create({
    data: { userId, email, addedAt: now, verifiedAt },
    select: { id: true },
  });
  return { userId, addressId };
}

/** Whoever holds this lock is alone between the look and the insert; it ends with the transaction. */
async function claimFirstAdministrator(tx: Tx): Promise<void> {
  await tx.$executeRaw`LOCK TABLE "User" IN SHARE ROW EXCLUSIVE MODE`;
  if (await tx.user.findFirst({ where: { role: "ADMINISTRATOR" } }))
    throw new CannotCreate("already-set-up");
}

/** Bounds the unverified accounts of an address, so that no number of sign-ups piles them up. */
async function makeRoom(
  tx: Tx,
  { email, from }: { email: EmailAddress; from: RequestSource },
): Promise<void> {
  const accounts = await findAccountsOfAddress(tx, email);
  const unverified = accounts.filter(({ isVerified, role }) => !isVerified && role === "USER");
  if (unverified.length < MAX_UNVERIFIED) return;
  const leaving = unverified.find(({ hasSession }) => !hasSession) ?? unverified[0];
  if (leaving) await releaseAccount(tx, { userId: leaving.id, from });
}

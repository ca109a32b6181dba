import "server-only";
import { config } from "../config";
import type { Tx } from "../db/client";
import { takeHashPlace } from "../hash-queue";
import { recordAuditEvent } from "../notices/audit-event";
import type { RequestSource } from "../request-source";
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
  | { reason: "closed" };

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
  return create(input, { ...request, role: "USER" });
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
  return create(input, { ...request, role: "ADMINISTRATOR" });
}

type Creation = {
  role: "USER" | "ADMINISTRATOR";
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
      store(tx, { ...account, passwordDigest }, creation),
    );
    if (!result) return { created: false, refusal: { reason: "busy" } };
    return { created: true, ...result.stored };
  } catch (error) {
    if (error instanceof AlreadySetUp)
      return { created: false, refusal: { reason: "already-set-up" } };
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

/** An administrator was made between the page and its form. */
class AlreadySetUp extends Error {}

async function store(
  tx: Tx,
  { name, email, passwordDigest }: { name: string; email: EmailAddress; passwordDigest: string },
  { role, previousToken, from }: Creation,
): Promise<{ userId: string; session: SessionToken }> {
  if (role === "ADMINISTRATOR") await claimFirstAdministrator(tx);
  await makeRoom(tx, { email, from });
  const now = new Date();
  const { id: userId } = await tx.user.create({
    data: { name, email, role, passwordDigest, passwordChangedAt: now, createdAt: now },
    select: { id: true },
  });
  await tx.address.create({ data: { userId, email, addedAt: now } });
  const type = role === "ADMINISTRATOR" ? "administrator_created" : "account_created";
  await recordAuditEvent(tx, { type, userId, from });
  await mailVerification(tx, { userId, email });
  return { userId, session: await openSession(tx, { userId, amr: ["pwd"], previousToken, from }) };
}

/** Whoever holds this lock is alone between the look and the insert; it ends with the transaction. */
async function claimFirstAdministrator(tx: Tx): Promise<void> {
  await tx.$executeRaw`LOCK TABLE "User" IN SHARE ROW EXCLUSIVE MODE`;
  if (await tx.user.findFirst({ where: { role: "ADMINISTRATOR" } })) throw new AlreadySetUp();
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

import "server-only";
import { config } from "../config";
import { type Tx, transaction } from "../db/client";
import { Prisma } from "../db/generated/client";
import { takeHashPlace } from "../hash-queue";
import { recordAuditEvent } from "../notices/audit-event";
import type { RequestSource } from "../request-source";
import { type EmailAddress, parseEmailAddress } from "./email-address";
import { digestPassword } from "./password-digest";
import { type NewPassword, type PasswordRefusal, parseNewPassword } from "./password-policy";
import { openSession, type SessionToken } from "./session-rows";
import { isSetupToken } from "./setup-token";

/** What a form for a new account holds, as typed. */
export type NewAccountInput = { name: string; email: string; password: string };

/** What is wrong with which field. */
export type AccountRefusal =
  | { reason: "invalid"; fields: InvalidFields }
  | { reason: "taken" }
  | { reason: "busy" }
  | { reason: "setup-token" }
  | { reason: "already-set-up" }
  | { reason: "closed" };

export type InvalidFields = { name?: true; email?: true; password?: PasswordRefusal };

export type AccountResult =
  | { created: true; session: SessionToken }
  | { created: false; refusal: AccountRefusal };

const MAX_NAME = 100;
/** Line ends and direction marks could forge a line or hide a name; joiners belong to many scripts. */
const FORGING = /[\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]/u;

/**
 * Creates an account and opens its first session, of level 1. Refuses with every wrong field at once,
 * or when the address has an account. `previousToken` is the browser's session so far, which ends.
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
  if (!isSetupToken(setupToken)) return { created: false, refusal: { reason: "setup-token" } };
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
    const passwordDigest = await digestPassword(place, account.password);
    const session = await transaction((tx) => store(tx, { ...account, passwordDigest }, creation));
    return { created: true, session };
  } catch (error) {
    if (error instanceof AlreadySetUp)
      return { created: false, refusal: { reason: "already-set-up" } };
    if (isUniqueViolation(error)) return { created: false, refusal: { reason: "taken" } };
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
): Promise<SessionToken> {
  if (role === "ADMINISTRATOR") await claimFirstAdministrator(tx);
  const now = new Date();
  const { id: userId } = await tx.user.create({
    data: { name, email, role, passwordDigest, passwordChangedAt: now, createdAt: now },
    select: { id: true },
  });
  const type = role === "ADMINISTRATOR" ? "administrator_created" : "account_created";
  await recordAuditEvent(tx, { type, userId, from });
  return openSession(tx, { userId, amr: ["pwd"], previousToken, from });
}

/** Whoever holds this lock is alone between the look and the insert; it ends with the transaction. */
async function claimFirstAdministrator(tx: Tx): Promise<void> {
  await tx.$executeRaw`LOCK TABLE "User" IN SHARE ROW EXCLUSIVE MODE`;
  if (await tx.user.findFirst({ where: { role: "ADMINISTRATOR" } })) throw new AlreadySetUp();
}

const isUniqueViolation = (error: unknown) =>
  error instanceof Prisma.PrismaClientKnownRequestError && error.code === "P2002";

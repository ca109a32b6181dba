import "server-only";
import type { AdministratorProof } from "../auth/hold-administrator";
import { findLoginMailbox } from "../auth/mailed-link";
import { db, type Tx } from "../db/client";
import { currentPolicy } from "../mfa/policy";
import { hasLostRoleLately } from "./settled-roles";

/** Somebody whom an administrator is about to help in. */
export type LockedOutPerson = {
  id: string;
  name: string;
  email: string;
  role: "USER" | "ADMINISTRATOR";
  /** The verified mailbox they log in with; without one nothing can be mailed to them. */
  addressId: string | undefined;
  isDisabled: boolean;
  hasMethod: boolean;
  /** Their methods were reset, and none was enrolled since. */
  isReset: boolean;
};

/** A person by id (a UUID), for the pages that help them in. */
export async function findLockedOutPerson(
  _by: AdministratorProof,
  id: string,
): Promise<LockedOutPerson | undefined> {
  return readPerson(await db(), id);
}

async function readPerson(prisma: Tx, id: string): Promise<LockedOutPerson | undefined> {
  const user = await prisma.user.findUnique({
    where: { id },
    select: {
      name: true,
      email: true,
      role: true,
      methodCount: true,
      mfaResetAt: true,
      disabledAt: true,
    },
  });
  if (!user) return undefined;
  const { methodCount, mfaResetAt, disabledAt, ...person } = user;
  const address = await findLoginMailbox(prisma, { userId: id, email: user.email });
  const hasMethod = methodCount > 0;
  const isReset = mfaResetAt !== null && !hasMethod;
  const isDisabled = disabledAt !== null;
  return { id, ...person, addressId: address?.id, isDisabled, hasMethod, isReset };
}

/** Why an administrator cannot help this person in. */
export type HelpRefusal =
  | "unknown"
  /** Administrators help others, never themselves. */
  | "self"
  /** Nobody logs in to a disabled account; enabling it is a decision of its own. */
  | "disabled"
  /** A login with help needs a mailbox that is known to be the person's. */
  | "no-address"
  /** The password alone lets them in: they are not locked out. */
  | "no-method";

/** The person, if an administrator may help them in; inside a transaction that holds them (`lockPeople`). */
export async function findHelpable(
  tx: Tx,
  { userId, actorId, act }: { userId: string; actorId: string; act: RequestKind },
): Promise<
  | { person: LockedOutPerson & { addressId: string }; refusal?: undefined }
  | { person?: undefined; refusal: HelpRefusal }
> {
  if (userId === actorId) return { refusal: "self" };
  const person = await readPerson(tx, userId);
  if (!person) return { refusal: "unknown" };
  const { addressId, isDisabled, hasMethod, isReset } = person;
  if (isDisabled) return { refusal: "disabled" };
  if (addressId === undefined) return { refusal: "no-address" };
  // A reset is given again to somebody who also set a new password since.
  if (!hasMethod && !(act === "reset-mfa" && isReset)) return { refusal: "no-method" };
  return { person: { ...person, addressId } };
}

/** What a second administrator may have to approve. */
export type RequestKind = "reset-mfa" | "temporary-code";

/**
 * Whether a second administrator has to approve what one does to this person: always, to an administrator, also
 * one from whom the role was taken less than 72 hours ago.
 */
export async function needsSecondAdministrator(
  { id, role }: Pick<LockedOutPerson, "id" | "role">,
  tx?: Tx,
): Promise<boolean> {
  if (role === "ADMINISTRATOR" || (await currentPolicy(tx)).twoAdministrators) return true;
  return hasLostRoleLately(id, tx);
}

import "server-only";
import type { AdministratorProof } from "../auth/hold-administrator";
import { type ListedSession, listSessions } from "../auth/session-rows";
import { db } from "../db/client";
import { type EnrolledMethods, findEnrolledMethods } from "../mfa/methods";
import { RECOVERABILITIES, type Recoverability } from "../mfa/recoverability";
import type { RecoveryCodeSetSummary } from "../mfa/recovery-code-sets";

/** One account as an administrator sees it: nothing secret, and no id that opens anything (LC-07). */
export type AdministeredPerson = {
  id: string;
  name: string;
  email: string;
  role: "USER" | "ADMINISTRATOR";
  /** `waiting`: nobody has verified the address yet. */
  state: "active" | "disabled" | "waiting";
  disabledAt: Date | null;
  createdAt: Date;
  lastLoginAt: Date;
  recoverability: Recoverability;
  methods: AdministeredMethod[];
  codeSets: { letter: string; generatedAt: Date; confirmedAt: Date | null; left: number }[];
  sessions: Omit<ListedSession, "id">[];
};

/** A method as it is enrolled; the app and the codes have no name of their own. */
export type AdministeredMethod = {
  method: "security-key" | "notification" | "authenticator-app";
  name: string | undefined;
  addedAt: Date;
  lastUsedAt: Date | null;
  /** Reported lost. */
  suspendedAt: Date | null;
  /** A hundred failures turned it off. */
  isDisabled: boolean;
};

/** The account of a person, for an administrator. `id` is a UUID; `undefined` if there is none. */
export async function findPerson(
  _by: AdministratorProof,
  id: string,
): Promise<AdministeredPerson | undefined> {
  const prisma = await db();
  const user = await prisma.user.findUnique({
    where: { id },
    select: {
      id: true,
      name: true,
      email: true,
      role: true,
      disabledAt: true,
      verifiedEmail: true,
      createdAt: true,
      lastLoginAt: true,
      recoverability: true,
    },
  });
  if (!user) return undefined;
  const { verifiedEmail, recoverability, ...person } = user;
  const methods = await findEnrolledMethods(id);
  const sessions = await listSessions(id);
  return {
    ...person,
    state: person.disabledAt ? "disabled" : verifiedEmail ? "active" : "waiting",
    recoverability: RECOVERABILITIES.find((one) => one === recoverability) ?? "no-mfa",
    methods: listMethods(methods),
    codeSets: [methods.recoveryCodes, methods.replacement].flatMap(showSet),
    sessions: sessions.map(({ id: _, ...session }) => session),
  };
}

function listMethods({
  securityKeys,
  sparekeyAuthenticators,
  authenticatorApp,
  disabled,
}: EnrolledMethods): AdministeredMethod[] {
  const show = (
    method: AdministeredMethod["method"],
    {
      name,
      addedAt,
      lastUsedAt,
      suspendedAt = null,
    }: { name?: string; addedAt: Date; lastUsedAt: Date | null; suspendedAt?: Date | null },
  ) => ({ method, name, addedAt, lastUsedAt, suspendedAt, isDisabled: disabled.includes(method) });
  return [
    ...securityKeys.map((key) => show("security-key", key)),
    ...sparekeyAuthenticators.map((phone) => show("notification", phone)),
    ...(authenticatorApp ? [show("authenticator-app", authenticatorApp)] : []),
  ];
}

const showSet = (set: RecoveryCodeSetSummary | undefined) =>
  set
    ? [
        {
          letter: set.letter,
          generatedAt: set.generatedAt,
          confirmedAt: set.confirmedAt,
          left: set.left,
        },
      ]
    : [];

/** The names of people by their ids; who is gone has none. */
export async function findNames(
  _by: AdministratorProof,
  ids: string[],
): Promise<Map<string, string>> {
  const prisma = await db();
  const users = await prisma.user.findMany({
    where: { id: { in: ids } },
    select: { id: true, name: true },
  });
  return new Map(users.map(({ id, name }) => [id, name]));
}

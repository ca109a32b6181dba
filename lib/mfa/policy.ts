import "server-only";
import { db, type Tx } from "../db/client";
import type { Policy as PolicyRow } from "../db/generated/client";
import { ENROLLABLE_METHODS, type EnrollableMethod } from "./method-names";

/** Who needs MFA. Administrators always do; `optional` and `administrators` differ in name alone. */
export const REQUIREMENTS = ["optional", "administrators", "everyone"] as const;
export type Requirement = (typeof REQUIREMENTS)[number];

/** The rules of the portal that administrators choose. */
export type Policy = {
  /** The row it stands in; none while nobody chose anything. */
  id: string | undefined;
  requirement: Requirement;
  /** How many days people have after the requirement, or their account, was made. */
  graceDays: number;
  /** When the grace of those who were there already ends. */
  requiredFrom: Date | undefined;
  /** The methods that count, strongest first. */
  methods: EnrollableMethod[];
  codesRequired: boolean;
  lowCodes: number;
  twoAdministrators: boolean;
  temporaryCodeUses: number;
};

/** What holds until an administrator chooses: nothing but what always holds. */
export const POLICY_AT_FIRST: Policy = {
  id: undefined,
  requirement: "administrators",
  graceDays: 14,
  requiredFrom: undefined,
  methods: [...ENROLLABLE_METHODS],
  codesRequired: false,
  lowCodes: 3, // RC-19
  twoAdministrators: false,
  temporaryCodeUses: 1,
};

/** The policy in force. In a transaction, it needs its `tx`. */
export async function currentPolicy(tx?: Tx): Promise<Policy> {
  const prisma = tx ?? (await db());
  const row = await prisma.policy.findFirst({ orderBy: [{ at: "desc" }, { id: "desc" }] });
  return row ? readPolicy(row) : POLICY_AT_FIRST;
}

/** What a row of the table says. */
export function readPolicy(row: PolicyRow): Policy {
  const { id, graceDays, requiredFrom, codesRequired, lowCodes } = row;
  return {
    id,
    requirement: REQUIREMENTS.find((one) => one === row.requirement) ?? POLICY_AT_FIRST.requirement,
    graceDays,
    requiredFrom,
    methods: ENROLLABLE_METHODS.filter((method) => row.methods.includes(method)),
    codesRequired,
    lowCodes,
    twoAdministrators: row.twoAdministrators,
    temporaryCodeUses: row.temporaryCodeUses,
  };
}

const DAY_MS = 24 * 3_600_000;

/**
 * From when on the person needs a method that counts; `undefined` if it is up to them. Administrators need
 * one under every policy (LC-09). Everyone else has the days of grace, of the requirement or of their own
 * account, whichever end later.
 */
export function requiredSince(
  { requirement, requiredFrom, graceDays }: Policy,
  { role, createdAt }: { role: "USER" | "ADMINISTRATOR"; createdAt: Date },
): Date | undefined {
  if (role === "ADMINISTRATOR") return createdAt;
  if (requirement !== "everyone") return undefined;
  const ofAccount = addDays(createdAt, graceDays);
  return requiredFrom && requiredFrom > ofAccount ? requiredFrom : ofAccount;
}

/** So many days later. */
export const addDays = (date: Date, days: number) => new Date(date.getTime() + days * DAY_MS);

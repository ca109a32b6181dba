import "server-only";
import { countingMethods } from "../mfa/enrollment-duty";
import { ENROLLABLE_METHODS, type EnrollableMethod } from "../mfa/method-names";
import { offersSparekeyAuthenticator } from "../mfa/pairing";
import { type Policy, REQUIREMENTS } from "../mfa/policy";
import { areSecurityKeysPossible } from "../mfa/relying-party";

/** What an administrator chooses; the rest of a policy follows from it. */
export type PolicyChoice = Omit<Policy, "id" | "requiredFrom">;

/** Why a choice is none, by what is wrong with it. */
export type PolicyRefusal =
  | "requirement"
  | "graceDays"
  | "lowCodes"
  | "temporaryCodeUses"
  /** Recovery codes alone are no second step. */
  | "methods"
  /** Browsers let nobody add one of them at this portal's address, so nobody could meet it. */
  | "methods-impossible"
  /** Codes that everybody has to make and nobody may use. */
  | "codes-do-not-count";

/** From where to where each number goes. */
export const POLICY_LIMITS = {
  graceDays: { min: 0, max: 90 },
  lowCodes: { min: 1, max: 9 },
  temporaryCodeUses: { min: 1, max: 5 },
} as const;

/** The fields of a form that `parsePolicyChoice` reads. */
export const POLICY_FORM_FIELDS: readonly string[] = [
  "requirement",
  "graceDays",
  ...ENROLLABLE_METHODS,
  "codesRequired",
  "lowCodes",
  "twoAdministrators",
  "temporaryCodeUses",
];

/** Reads a choice from the fields of a form or an address: `on` for what is ticked, methods by their names. */
export function parsePolicyChoice(
  text: (field: string) => string,
):
  | { choice: PolicyChoice; refusals?: undefined }
  | { choice?: undefined; refusals: PolicyRefusal[] } {
  const isOn = (field: string) => text(field) === "on";
  const requirement = REQUIREMENTS.find((one) => one === text("requirement"));
  const graceDays = parseNumber(text, "graceDays");
  const lowCodes = parseNumber(text, "lowCodes");
  const temporaryCodeUses = parseNumber(text, "temporaryCodeUses");
  const methods = ENROLLABLE_METHODS.filter(isOn);
  const codesRequired = isOn("codesRequired");
  const counting = countingMethods({ methods });
  const refusals: PolicyRefusal[] = [];
  if (requirement === undefined) refusals.push("requirement");
  if (graceDays === undefined) refusals.push("graceDays");
  if (counting.length === 0) refusals.push("methods");
  else if (!counting.some(isPossible)) refusals.push("methods-impossible");
  if (codesRequired && !methods.includes("recovery-codes")) refusals.push("codes-do-not-count");
  if (lowCodes === undefined) refusals.push("lowCodes");
  if (temporaryCodeUses === undefined) refusals.push("temporaryCodeUses");
  if (
    requirement === undefined ||
    graceDays === undefined ||
    lowCodes === undefined ||
    temporaryCodeUses === undefined ||
    refusals.length > 0
  ) {
    return { refusals };
  }
  const twoAdministrators = isOn("twoAdministrators");
  const numbers = { graceDays, lowCodes, temporaryCodeUses };
  return { choice: { requirement, methods, codesRequired, twoAdministrators, ...numbers } };
}

function isPossible(method: EnrollableMethod): boolean {
  if (method === "security-key") return areSecurityKeysPossible();
  return method !== "notification" || offersSparekeyAuthenticator();
}

function parseNumber(
  text: (field: string) => string,
  field: keyof typeof POLICY_LIMITS,
): number | undefined {
  const typed = text(field).trim();
  const { min, max } = POLICY_LIMITS[field];
  const number = Number(typed);
  return /^\d{1,3}$/.test(typed) && number >= min && number <= max ? number : undefined;
}

/** The fields that say a choice, as `parsePolicyChoice` reads them; what is not ticked is left out. */
export function writePolicyChoice(choice: PolicyChoice): Record<string, string> {
  const ticked = [
    ...choice.methods,
    ...(choice.codesRequired ? ["codesRequired"] : []),
    ...(choice.twoAdministrators ? ["twoAdministrators"] : []),
  ];
  return {
    requirement: choice.requirement,
    graceDays: `${choice.graceDays}`,
    lowCodes: `${choice.lowCodes}`,
    temporaryCodeUses: `${choice.temporaryCodeUses}`,
    ...Object.fromEntries(ticked.map((field) => [field, "on"])),
  };
}

/** What two policies can differ in, in the order of the form. */
const POLICY_FIELDS = [
  "requirement",
  "graceDays",
  "methods",
  "codesRequired",
  "lowCodes",
  "twoAdministrators",
  "temporaryCodeUses",
] as const satisfies (keyof PolicyChoice)[];
export type PolicyField = (typeof POLICY_FIELDS)[number];

/** What is not the same in two policies. */
export function differences(before: PolicyChoice, after: PolicyChoice): PolicyField[] {
  return POLICY_FIELDS.filter((field) => `${before[field]}` !== `${after[field]}`);
}

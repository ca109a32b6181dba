import "server-only";
import { redirect } from "next/navigation";
import type { FormState } from "@/components/form";
import type { NotAccepted } from "@/lib/mfa/accepted-method";
import type { Unjudged } from "@/lib/mfa/challenge-answer";
import type { SetEnd } from "@/lib/mfa/end-recovery-code-sets";
import { CODE_SYMBOLS, type RecoveryCodeTypo } from "@/lib/mfa/recovery-code";
import { findLiveSets } from "@/lib/mfa/recovery-code-sets";
import type { AuthenticatorCodeResult } from "@/lib/mfa/verify-authenticator-code";
import type { RecoveryCodeResult } from "@/lib/mfa/verify-recovery-code";
import type { TemporaryCodeResult } from "@/lib/mfa/verify-temporary-code";
import { getDates, getWait, getWords } from "@/messages/words";
import { describeTemporaryCodeTypo } from "./describe-temporary-code-typo";
import { describeTypo } from "./describe-typo";
import { getTemporaryCodeTypoTexts } from "./temporary-code-typos";
import { getTypoTexts } from "./typo-texts";

type Refused<Result> = Exclude<Result, { verified: true }>;

/** Says why a code of the app was refused. `over` is where a person goes whose challenge has ended. */
export async function describeAppRefusal(
  result: Refused<AuthenticatorCodeResult<unknown>>,
  over: string,
): Promise<FormState> {
  const words = await getWords("verify");
  switch (result.reason) {
    case "format":
      return { fieldErrors: { code: words("appFormat") } };
    case "wrong":
      return {
        fieldErrors: { code: words("appWrong", { product: (await getWords("product"))("name") }) },
      };
    case "already-used":
      return { fieldErrors: { code: words("appUsed") } };
    case "suspended":
      return { error: words("appSuspended", { date: (await getDates()).day(result.since) }) };
    default:
      return describeUnjudged(result, over);
  }
}

/** Says why a recovery code was refused; one with a typo stays in the form to be mended. */
export async function describeCodeRefusal(
  result: Refused<RecoveryCodeResult<unknown>>,
  { input, userId, over }: { input: string; userId: string; over: string },
): Promise<FormState> {
  const words = await getWords("verify");
  switch (result.reason) {
    case "typo":
      return {
        // Given back to be mended, unless a whole code may be in it.
        ...(isMendable(result.typo) && { values: { code: input } }),
        fieldErrors: { code: describeTypo(result.typo, await getTypoTexts()) },
      };
    case "replaced":
      return { fieldErrors: { code: await describeEndedSet(result, userId) } };
    case "wrong":
      return { fieldErrors: { code: words("codesWrong") } };
    default:
      return describeUnjudged(result, over);
  }
}

/** Says why a temporary code was refused; half of one stays in the form, for the other to be typed behind it. */
export async function describeTemporaryCodeRefusal(
  result: Refused<TemporaryCodeResult<unknown>>,
  { input, over }: { input: string; over: string },
): Promise<FormState> {
  switch (result.reason) {
    case "typo": {
      const { typo } = result;
      const isMendable = typo.reason === "one-half" || typo.reason === "check";
      return {
        ...(isMendable && { values: { code: input } }),
        fieldErrors: { code: describeTemporaryCodeTypo(typo, await getTemporaryCodeTypoTexts()) },
      };
    }
    case "wrong":
      return { fieldErrors: { code: (await getWords("verify"))("codesWrong") } };
    default:
      return describeUnjudged(result, over);
  }
}

/** How and when the set ended, and which codes to use instead. */
async function describeEndedSet(
  { letter, replacedAt, endedBy }: { letter: string; replacedAt: Date; endedBy: SetEnd },
  userId: string,
): Promise<string> {
  const words = await getWords("codes");
  const { inUse, replacement } = await findLiveSets(userId);
  const date = (await getDates()).day(replacedAt);
  const use =
    inUse && replacement
      ? words("atLogin.useEither", { letter: inUse.letter, other: replacement.letter })
      : inUse && words("atLogin.use", { letter: inUse.letter });
  const ended = words(`atLogin.${endedBy}`, { letter, date });
  return [ended, use, words("atLogin.free")].filter(Boolean).join(" ");
}

function isMendable(typo: RecoveryCodeTypo): boolean {
  return typo.reason === "check" || (typo.reason === "length" && typo.symbols < CODE_SYMBOLS);
}

/** Says why an answer was not judged, the same for every method. */
async function describeUnjudged(result: Unjudged | NotAccepted, over: string): Promise<FormState> {
  const words = await getWords("form");
  switch (result.reason) {
    case "busy":
      return { error: words("busy") };
    case "waiting":
      return { error: words("waiting", { wait: await getWait(result.until) }) };
    case "disabled":
      return { error: (await getWords("verify"))("disabled") };
    case "not-accepted":
      return { error: (await getWords("policy"))("notAccepted") };
    case "challenge-over":
      redirect(over);
  }
}

import "server-only";
import type { Activity } from "@/lib/notices/list-activity";
import { getWords } from "@/messages/words";

type Told = Pick<Activity, "type" | "method" | "methodName" | "setLetter" | "codeNumber">;

/** What an event says happened, in words for the owner of the account. */
export async function sayWhat({
  type,
  method,
  methodName,
  setLetter,
  codeNumber,
}: Told): Promise<string> {
  const words = await getWords("activity");
  return words(`events.${type ?? "other"}`, {
    method: (method && METHODS[method]) ?? "none",
    letter: setLetter ?? "",
    number: codeNumber ?? 0,
    name: methodName ?? "none",
  });
}

/** The same for an administrator, who is not addressed as the owner is. */
export async function sayWhatToAdministrator(event: Told): Promise<string> {
  const { type } = event;
  if (!type || !TO_THE_OWNER.includes(type)) return sayWhat(event);
  return (await getWords("audit"))(`types.${type}`);
}

const TO_THE_OWNER: string[] = ["step_up", "mfa_reset_requested", "temporary_code_requested"];

/** Events name a verification method; older ones the `amr` value of a login. */
const METHODS: Record<string, string> = {
  "security-key": "key",
  notification: "phone",
  "authenticator-app": "app",
  otp: "app",
  "recovery-codes": "codes",
  recovery: "codes",
  "temporary-code": "temporary",
};

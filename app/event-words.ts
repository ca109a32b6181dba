import "server-only";
import type { Activity } from "@/lib/notices/list-activity";
import { getWords } from "@/messages/words";

/** What an event says happened, in words. */
export async function sayWhat({
  type,
  method,
  methodName,
  setLetter,
  codeNumber,
}: Pick<Activity, "type" | "method" | "methodName" | "setLetter" | "codeNumber">): Promise<string> {
  const words = await getWords("activity");
  return words(`events.${type ?? "other"}`, {
    method: (method && METHODS[method]) ?? "none",
    letter: setLetter ?? "",
    number: codeNumber ?? 0,
    name: methodName ?? "none",
  });
}

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

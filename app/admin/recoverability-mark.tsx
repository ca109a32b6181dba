import { CircleAlert, ShieldCheck, ShieldQuestion, TriangleAlert } from "lucide-react";
import type { Recoverability } from "@/lib/mfa/recoverability";
import { getWords } from "@/messages/words";

const MARKS = {
  safe: { icon: ShieldCheck, tone: "text-success" },
  thin: { icon: TriangleAlert, tone: "text-warning" },
  "locked-out": { icon: CircleAlert, tone: "text-danger" },
  "no-mfa": { icon: ShieldQuestion, tone: "text-muted" },
} as const;

/** What happens if a person loses the phone, as icon and word. */
export async function RecoverabilityMark({ state }: { state: Recoverability }) {
  const { icon: Icon, tone } = MARKS[state];
  return (
    <span className={`inline-flex items-center gap-1.5 whitespace-nowrap font-medium ${tone}`}>
      <Icon aria-hidden="true" size={18} strokeWidth={1.5} className="shrink-0" />
      {await nameRecoverability(state)}
    </span>
  );
}

/** "Safe", "Thin", "Locked out", "No MFA". */
export async function nameRecoverability(state: Recoverability): Promise<string> {
  return (await getWords("enrollment"))("state", { state: stateWord(state) });
}

/** The state as messages name it, which allow no hyphen there. */
export const stateWord = (state: Recoverability) => state.replaceAll("-", "_");

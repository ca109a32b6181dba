import { CircleAlert, ShieldAlert, ShieldCheck, ShieldQuestion } from "lucide-react";
import type { Recoverability } from "@/lib/admin/find-person";
import { getWords } from "@/messages/words";

const LOOKS = {
  safe: { icon: ShieldCheck, tone: "text-success" },
  thin: { icon: ShieldAlert, tone: "text-warning" },
  "locked-out": { icon: CircleAlert, tone: "text-danger" },
  "no-mfa": { icon: ShieldQuestion, tone: "text-warning" },
} as const;

/** What happens to a person who loses their phone today: an icon, its word, and what it means. */
export async function RecoverabilityState({ recoverability }: { recoverability: Recoverability }) {
  const words = await getWords("person");
  const { icon: Icon, tone } = LOOKS[recoverability];
  return (
    <>
      <span className="flex items-center gap-2 font-medium">
        <Icon aria-hidden="true" size={20} strokeWidth={1.5} className={`shrink-0 ${tone}`} />
        {words(`recoverable.${recoverability}`)}
      </span>
      <span className="block text-muted">{words(`recoverable.${recoverability}Help`)}</span>
    </>
  );
}

import { Link } from "@/components/link";
import { Notice } from "@/components/notice";
import { findLiveSets } from "@/lib/mfa/recovery-code-sets";
import { getWords } from "@/messages/words";

/**
 * Says, wherever a login leads, that ten codes were made that nobody marked as saved; nothing if all were. The
 * pages of the methods say it in their own way, and no page beside ten codes that it just shows.
 */
export async function UnsavedSet({ userId }: { userId: string }) {
  const { inUse, replacement } = await findLiveSets(userId);
  const unsaved = [replacement, inUse].find((set) => set && !set.confirmedAt && set.left > 0);
  if (!unsaved) return null;
  const words = await getWords("account");
  const isBeside = unsaved === replacement && inUse && inUse.left > 0;
  return (
    <Notice tone="warning" title={words("statePending", { letter: unsaved.letter })}>
      {isBeside ? words("statePendingHelp", { old: inUse.letter }) : words("stateUnsavedHelp")}{" "}
      <Link className="link" href="/account/mfa/recovery-codes">
        {words(unsaved === replacement ? "statePendingLink" : "stateUnsavedLink")}
      </Link>
    </Notice>
  );
}

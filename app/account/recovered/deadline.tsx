import { Notice } from "@/components/notice";
import type { CurrentSession } from "@/lib/auth/current-session";
import { freshUntil } from "@/lib/auth/session-rows";
import { isProvedByCode } from "@/lib/mfa/method-names";
import { type EnrolledMethods, isUsable, withoutUnsavedSets } from "@/lib/mfa/methods";
import { getDates, getWords } from "@/messages/words";

/**
 * Until when a login with a code can mend what was lost, for somebody who has no code left to prove themselves
 * with again; nothing for anybody else.
 */
export async function Deadline({
  session,
  methods,
}: {
  session: CurrentSession;
  methods: EnrolledMethods;
}) {
  if (!isProvedByCode(session.amr)) return null;
  if (isUsable(withoutUnsavedSets(methods), "recovery-codes")) return null;
  const words = await getWords("recovered");
  const until = freshUntil(session);
  const time = (await getDates()).time(until);
  const minutes = Math.floor((until.getTime() - Date.now()) / 60_000);
  return (
    <Notice tone="warning">
      {minutes < 0 ? words("deadlineOver", { time }) : words("deadline", { time, minutes })}
    </Notice>
  );
}

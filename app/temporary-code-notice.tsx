import { Notice } from "@/components/notice";
import type { CurrentSession } from "@/lib/auth/current-session";
import { findUntoldTemporaryCode } from "@/lib/mfa/temporary-codes";
import { getDates, getWords } from "@/messages/words";

/** That somebody made a temporary code, on whichever page its person comes back to; not for who logs in with it. */
export async function TemporaryCodeNotice({
  session: { userId, amr },
}: {
  session: Pick<CurrentSession, "userId" | "amr">;
}) {
  const madeAt = amr.includes("temporary") ? undefined : await findUntoldTemporaryCode(userId);
  if (!madeAt) return null;
  const date = (await getDates()).moment(madeAt);
  return (
    <div className="mb-8 print:hidden">
      <Notice tone="warning">{(await getWords("lockedOut"))("told", { date })}</Notice>
    </div>
  );
}

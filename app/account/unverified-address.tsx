import { Notice } from "@/components/notice";
import { findUnverifiedAddress } from "@/lib/auth/verify-address";
import { getDates, getWords } from "@/messages/words";
import { SendAgainForm } from "./send-again-form";

/** Asks the person to verify their login address, until it is. */
export async function UnverifiedAddress({ userId }: { userId: string }) {
  const unverified = await findUnverifiedAddress(userId);
  if (!unverified) return null;
  const { email, releasedAt } = unverified;
  const words = await getWords("verifyAddress");
  const dates = await getDates();
  return (
    <Notice tone="info" title={words("noticeTitle")}>
      <div className="space-y-3">
        <p>
          {words("notice", { email })}
          {releasedAt && ` ${words("released", { date: dates.day(releasedAt) })}`}
        </p>
        <SendAgainForm
          texts={{
            submit: words("sendAgain"),
            working: (await getWords("form"))("working"),
          }}
        />
      </div>
    </Notice>
  );
}

import type { ReactNode } from "react";
import { FocusedPage } from "@/components/focused-page";
import { currentChallenge } from "@/lib/auth/current-challenge";
import { getWords } from "@/messages/words";
import { TimeLimit } from "./time-limit";

export default async function VerifyLayout({ children }: { children: ReactNode }) {
  const challenge = await currentChallenge();
  const words = await getWords("verify");
  return (
    <FocusedPage product={(await getWords("product"))("name")}>
      {challenge && (
        <TimeLimit
          seconds={(challenge.expiresAt.getTime() - Date.now()) / 1000}
          texts={{ ending: words("ending"), ended: words("ended") }}
        />
      )}
      {children}
    </FocusedPage>
  );
}

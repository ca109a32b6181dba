import "server-only";
import { redirect } from "next/navigation";
import type { FormState } from "@/components/form";
import { clearChallengeCookie, setSessionCookie } from "@/lib/auth/cookies";
import type { SessionToken } from "@/lib/auth/session-rows";
import type { Unjudged } from "@/lib/mfa/challenge-answer";
import type { LoginChallenge } from "@/lib/mfa/login-challenge";
import { getWait, getWords } from "@/messages/words";

/** Gives the browser its session and leads to where the person was going. */
export async function enter(challenge: LoginChallenge, session: SessionToken): Promise<never> {
  await setSessionCookie(session);
  await clearChallengeCookie();
  redirect(challenge.returnTo);
}

/** Says why an answer was not judged, the same for every method. */
export async function describeUnjudged(result: Unjudged): Promise<FormState> {
  const words = await getWords("form");
  switch (result.reason) {
    case "busy":
      return { error: words("busy") };
    case "waiting":
      return { error: words("waiting", { wait: await getWait(result.until) }) };
    case "disabled":
      return { error: (await getWords("verify"))("disabled") };
    case "challenge-over":
      redirect("/login?why=expired");
  }
}

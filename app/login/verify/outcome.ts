import "server-only";
import { redirect } from "next/navigation";
import { clearChallengeCookie, setSessionCookie } from "@/lib/auth/cookies";
import { rememberBrowser } from "@/lib/auth/known-browser";
import type { SessionToken } from "@/lib/auth/session-rows";

/** Where a person goes whose login took too long or was ended. */
export const OVER_PATH = "/login?why=expired";

/** Gives the browser its session, by which it is known from now on, and leads on. */
export async function enter({
  session,
  userId,
  path,
}: {
  session: SessionToken;
  userId: string;
  path: string;
}): Promise<never> {
  await setSessionCookie(session);
  await rememberBrowser(userId);
  await clearChallengeCookie();
  redirect(path);
}

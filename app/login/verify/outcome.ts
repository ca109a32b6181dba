import "server-only";
import { redirect } from "next/navigation";
import { clearChallengeCookie, setSessionCookie } from "@/lib/auth/cookies";
import { rememberBrowser } from "@/lib/auth/known-browser";
import type { SessionToken } from "@/lib/auth/session-rows";

/** Where a person goes whose login took too long or was ended. */
export const OVER_PATH = "/login?why=expired";

/** Gives the browser its session and leads on. */
export async function enter(session: SessionToken, path: string): Promise<never> {
  await setSessionCookie(session);
  await rememberBrowser(challenge.userId);
  await clearChallengeCookie();
  redirect(path);
}

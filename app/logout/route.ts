import { NextResponse } from "next/server";
import { clearChallengeCookie, clearSessionCookie, readSessionToken } from "@/lib/auth/cookies";
import { logOut } from "@/lib/auth/log-out";
import { isOwnOrigin, requestSource } from "@/lib/auth/request";
import { config } from "@/lib/config";
import { getWords } from "@/messages/words";

async function refuse(): Promise<Response> {
  const words = await getWords("errors");
  return new Response(`${words("forbidden")}\n`, { status: 403 });
}

export async function POST(request: Request): Promise<Response> {
  if (!isOwnOrigin(request.headers)) return refuse();
  const token = await readSessionToken();
  if (token) await logOut(token, await requestSource());
  await clearSessionCookie();
  await clearChallengeCookie();
  return NextResponse.redirect(new URL("/login?why=loggedOut", config().APP_URL), {
    status: 303,
    headers: {
      "cache-control": "no-store",
      // Never "storage": it would erase the key of an authenticator that lives in this browser.
      "clear-site-data": '"cache"',
    },
  });
}

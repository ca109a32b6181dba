import "server-only";
import { NextResponse } from "next/server";
import { clearLinkCookie, setLinkCookie } from "@/lib/auth/cookies";
import { config } from "@/lib/config";

const TOKEN = /^[A-Za-z0-9_-]{43}$/;

/**
 * Moves the token of a mailed link from the address into a cookie and leads to the page that asks before
 * anything is done (PW-11). Nothing else happens: mail scanners follow links too.
 */
export async function followMailLink(token: string, path: string): Promise<Response> {
  if (TOKEN.test(token)) await setLinkCookie(token);
  else await clearLinkCookie();
  return NextResponse.redirect(new URL(path, config().APP_URL), {
    status: 303,
    headers: { "cache-control": "no-store" },
  });
}

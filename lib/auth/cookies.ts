import "server-only";
import { cookies } from "next/headers";
import { config } from "../config";
import { WEBAUTHN_TIMEOUT_MS } from "../mfa/webauthn-challenge";

const isHttps = () => config().APP_URL.startsWith("https:");

/**
 * `__Host-` on https: no other host or path can set or read it (ASVS 3.3.1). Browsers refuse the
 * prefix on plain http, which only a machine's own localhost should use.
 */
const named = (name: string) => (isHttps() ? `__Host-${name}` : name);

/** The name of the session cookie. */
export const sessionCookieName = () => named("sparekey-session");

const challengeCookieName = () => named("sparekey-login");
const browserCookieName = () => named("sparekey-browser");

const BROWSER_SECONDS = 180 * 24 * 3600; // people who come twice a year are known

const linkCookieName = () => named("sparekey-link");
const LINK_MINUTES = 60; // no mailed link whose page has a form lives shorter

const passkeyCookieName = () => named("sparekey-passkey");

/** The attributes of every cookie that carries a token. */
export const cookieAttributes = () =>
  ({ httpOnly: true, secure: isHttps(), sameSite: "lax", path: "/" }) as const;

/** The session token of this request; `undefined` without one. */
export async function readSessionToken(): Promise<string | undefined> {
  return (await cookies()).get(sessionCookieName())?.value;
}

/** Gives the browser its session token, until the session ends by itself. */
export async function setSessionCookie({
  token,
  expiresAt,
}: {
  token: string;
  expiresAt: Date;
}): Promise<void> {
  (await cookies()).set(sessionCookieName(), token, { ...cookieAttributes(), expires: expiresAt });
}

/** Takes the session token from the browser. */
export async function clearSessionCookie(): Promise<void> {
  (await cookies()).set(sessionCookieName(), "", { ...cookieAttributes(), maxAge: 0 });
}

/** The login challenge's token of this request; `undefined` without one. */
export async function readChallengeToken(): Promise<string | undefined> {
  return (await cookies()).get(challengeCookieName())?.value;
}

/** Gives the browser the token of its login challenge. */
export async function setChallengeCookie({
  token,
  expiresAt,
}: {
  token: string;
  expiresAt: Date;
}): Promise<void> {
  (await cookies()).set(challengeCookieName(), token, {
    ...cookieAttributes(),
    expires: expiresAt,
  });
}

/** Takes the login challenge's token from the browser. */
export async function clearChallengeCookie(): Promise<void> {
  (await cookies()).set(challengeCookieName(), "", { ...cookieAttributes(), maxAge: 0 });
}

/** The token of the mailed link that this browser followed; `undefined` without one. */
export async function readLinkToken(): Promise<string | undefined> {
  return (await cookies()).get(linkCookieName())?.value;
}

/** Gives the browser the token of the mailed link that it follows, so that no address has it (PW-11). */
export async function setLinkCookie(token: string): Promise<void> {
  (await cookies()).set(linkCookieName(), token, {
    ...cookieAttributes(),
    maxAge: LINK_MINUTES * 60,
  });
}

/** Takes the mailed link's token from the browser. */
export async function clearLinkCookie(): Promise<void> {
  (await cookies()).set(linkCookieName(), "", { ...cookieAttributes(), maxAge: 0 });
}

/** What this browser says about who logged in with it before; `undefined` without the cookie. */
export async function readBrowserCookie(): Promise<string | undefined> {
  return (await cookies()).get(browserCookieName())?.value;
}

/** Lets the browser say who logged in with it, for half a year. */
export async function setBrowserCookie(value: string): Promise<void> {
  (await cookies()).set(browserCookieName(), value, {
    ...cookieAttributes(),
    maxAge: BROWSER_SECONDS,
  });
}

/** What this browser is bound to by the questions it got for its passkeys; `undefined` without the cookie. */
export async function readPasskeyToken(): Promise<string | undefined> {
  return (await cookies()).get(passkeyCookieName())?.value;
}

/** Binds this browser to the questions it gets for its passkeys, as long as the newest one counts. */
export async function setPasskeyToken(token: string): Promise<void> {
  (await cookies()).set(passkeyCookieName(), token, {
    ...cookieAttributes(),
    maxAge: WEBAUTHN_TIMEOUT_MS / 1000,
  });
}

/** Takes the binding from the browser. */
export async function clearPasskeyToken(): Promise<void> {
  (await cookies()).set(passkeyCookieName(), "", { ...cookieAttributes(), maxAge: 0 });
}

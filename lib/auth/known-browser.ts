import "server-only";
import { createHmac, timingSafeEqual } from "node:crypto";
import { deriveLastingKey } from "../keys";
import { hashToken, randomToken } from "../random-token";
import { readBrowserCookie, setBrowserCookie } from "./cookies";

/**
 * Somebody who logged in with this browser before, made their account or reset their password in it, and the
 * id the browser has for them.
 */
export type KnownBrowser = { userId: string; browserId: string };

const MAX_PEOPLE = 5; // a household; the cookie goes along with every request
const UUID = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/.source;
const TOKEN = /[\w-]{43}/.source;
const COOKIE = new RegExp(`^((?:${UUID}\\.${TOKEN}~){1,${MAX_PEOPLE}})(${TOKEN})$`);

/**
 * The people who logged in, made their account or reset their password with the browser of this request, the
 * latest first. It is no factor and opens nothing (SE-11): it chooses which count of wrong passwords a try
 * belongs to, so that strangers who fail elsewhere keep nobody out of their own browser.
 */
export async function readKnownBrowsers(): Promise<KnownBrowser[]> {
  return parseKnownBrowsers(await readBrowserCookie());
}

/**
 * Notes, in the browser's cookie, that a person just logged in with it, after every factor, made their account
 * in it, or set their password there by a mailed link.
 */
export async function rememberBrowser(userId: string): Promise<void> {
  const known = await readKnownBrowsers();
  await setBrowserCookie(composeKnownBrowsers(addPerson(known, userId)));
}

/** The list with a person at its head: as they were known before, or newly; whoever is too many falls off. */
export function addPerson(known: KnownBrowser[], userId: string): KnownBrowser[] {
  const before = known.find((browser) => browser.userId === userId);
  const others = known.filter((browser) => browser !== before);
  return [before ?? { userId, browserId: randomToken() }, ...others].slice(0, MAX_PEOPLE);
}

/** The cookie's text: each pair, then an HMAC-SHA256 of all. */
export function composeKnownBrowsers(known: KnownBrowser[]): string {
  const pairs = known.map(({ userId, browserId }) => `${userId}.${browserId}~`).join("");
  return pairs + sign(pairs);
}

/** Reads the cookie's text; nobody is known by one that was not made here, or with another key. */
export function parseKnownBrowsers(text = ""): KnownBrowser[] {
  const [, pairs, signature] = COOKIE.exec(text) ?? [];
  if (!pairs || !signature) return [];
  if (!timingSafeEqual(Buffer.from(sign(pairs)), Buffer.from(signature))) return [];
  return pairs
    .split("~")
    .slice(0, -1)
    .map((pair) => pair.split("."))
    .map(([userId = "", browserId = ""]) => ({ userId, browserId }));
}

/** The lane of a browser's own count: the database has a hash of what the cookie says. */
export function laneOf({ browserId }: KnownBrowser): string {
  return hashToken(browserId);
}

function sign(pairs: string): string {
  const key = deriveLastingKey("known browsers"); // a rotation makes no browser a stranger
  return createHmac("sha256", key).update(pairs).digest("base64url");
}

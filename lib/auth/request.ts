import "server-only";
import { headers } from "next/headers";
import { forbidden } from "next/navigation";
import { config } from "../config";
import type { RequestSource } from "../request-source";

const MAX_USER_AGENT = 300;

/**
 * Refuses a POST that does not come from a page of this portal: its Origin must equal `APP_URL`,
 * scheme included; a missing one and `null` do not (NX-02; ASVS 3.5.1). Answers 403.
 */
export async function requireOwnOrigin(): Promise<void> {
  if (!isOwnOrigin(await headers())) forbidden();
}

/** The same check for a handler that has the request's headers at hand. */
export function isOwnOrigin(requestHeaders: Headers): boolean {
  return requestHeaders.get("origin") === config().APP_URL;
}

/**
 * Where the request came from. bin/serve.mjs sets the address from the connection and the trusted
 * proxies, and drops what the client claims.
 */
export async function requestSource(): Promise<RequestSource> {
  const requestHeaders = await headers();
  return {
    address: requestHeaders.get("x-forwarded-for") ?? "unknown",
    userAgent: (requestHeaders.get("user-agent") ?? "").slice(0, MAX_USER_AGENT),
  };
}

import "server-only";
import { config } from "../config";

/** The push services of the browsers: Chrome and its kin; Firefox; Edge on Windows; Safari. */
const BROWSERS_HOSTS =
  /^(fcm\.googleapis\.com|([a-z0-9-]+\.)+(push\.services\.mozilla\.com|notify\.windows\.com|push\.apple\.com))$/;

/**
 * The address of a push service's endpoint, if one may be asked there: a phone names it, so this server
 * must not be led by it into its own network (ASVS 15.3.2). It is https, at a push service of a browser
 * on the usual port, or at a host of `PUSH_HOSTS`, and carries no user name.
 */
export function parsePushEndpoint(endpoint: string): URL | undefined {
  if (!URL.canParse(endpoint)) return undefined;
  const url = new URL(endpoint);
  if (url.protocol !== "https:" || url.username || url.password) return undefined;
  return isPushService(url) || config().PUSH_HOSTS.includes(url.host) ? url : undefined;
}

/** What has no listed name is refused: another port, an IP address, a trailing dot, a longer name. */
function isPushService({ hostname, port }: URL): boolean {
  return port === "" && BROWSERS_HOSTS.test(hostname);
}

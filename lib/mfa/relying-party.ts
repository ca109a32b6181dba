import "server-only";
import { config } from "../config";

/** Who security keys answer to: they sign for this host and this origin alone (WebAuthn §5.1.2, §13.4.9). */
export function relyingParty(): { rpId: string; origin: string } {
  const { APP_URL: origin } = config();
  return { rpId: new URL(origin).hostname, origin };
}

/**
 * Whether browsers let this portal use security keys: over https, or on the machine itself as `localhost`;
 * never under a bare IP address (WebAuthn §5.1.3).
 */
export function areSecurityKeysPossible(): boolean {
  const { protocol, hostname } = new URL(config().APP_URL);
  const isIpAddress = /^\[|^[\d.]+$/.test(hostname);
  return hostname === "localhost" || (protocol === "https:" && !isIpAddress);
}

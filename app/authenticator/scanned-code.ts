/** What a QR code of this portal asks a phone for: to be connected, or to approve a login with its number. */
export type ScannedCode =
  | { kind: "connect"; secret: string }
  | { kind: "approve"; requestId: string; number: string };

const CONNECT = /^#connect=([\w-]{22})$/;
const APPROVE = /^#approve=([\da-f-]{36})\.(\d{6})$/;

/** Reads the text of a QR code; nothing if it is not one of this portal's. */
export function readScannedText(text: string): ScannedCode | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isOurs = url?.origin === window.location.origin && url.pathname === "/authenticator";
  return isOurs ? readFragment(url.hash) : undefined;
}

/**
 * Takes what the phone's own camera app brought along in the address, and takes it out of the address at once:
 * a fragment never reaches a server, and it is not to stay in the history either (HD-05).
 */
export function takeFragment(): ScannedCode | undefined {
  const { hash, pathname } = window.location;
  if (!hash) return undefined;
  window.history.replaceState(null, "", pathname);
  return readFragment(hash);
}

function readFragment(hash: string): ScannedCode | undefined {
  const [, secret] = CONNECT.exec(hash) ?? [];
  if (secret) return { kind: "connect", secret };
  const [, requestId, number] = APPROVE.exec(hash) ?? [];
  return requestId && number ? { kind: "approve", requestId, number } : undefined;
}

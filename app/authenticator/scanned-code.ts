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
 * Tells `act` what the phone's own camera app brought along in the address: what it opened this page with, and
 * whatever it opens it with again. Returns what ends that.
 */
export function onBrought(act: (code: ScannedCode) => void): () => void {
  listener = act;
  // The router wrote the address as it was when it began; from the next task on it follows a change.
  window.setTimeout(clearAddress);
  if (brought) act(brought);
  brought = undefined;
  return () => {
    listener = undefined;
  };
}

let listener: ((code: ScannedCode) => void) | undefined;
let brought: ScannedCode | undefined;

/**
 * Takes it out of the address at once: a fragment never reaches a server, and it is not to stay in the history
 * either (HD-05).
 */
function take(hash: string): void {
  if (!hash) return;
  clearAddress();
  const code = readFragment(hash);
  if (code && listener) listener(code);
  else brought = code;
}

function clearAddress(): void {
  const { hash, pathname } = window.location;
  if (hash) window.history.replaceState(null, "", pathname);
}

// Before React is at work, whose router would write the address anew and lose what came meanwhile.
if (typeof window !== "undefined") {
  take(window.location.hash);
  window.addEventListener("hashchange", ({ newURL }) => take(new URL(newURL).hash));
}

function readFragment(hash: string): ScannedCode | undefined {
  const [, secret] = CONNECT.exec(hash) ?? [];
  if (secret) return { kind: "connect", secret };
  const [, requestId, number] = APPROVE.exec(hash) ?? [];
  return requestId && number ? { kind: "approve", requestId, number } : undefined;
}

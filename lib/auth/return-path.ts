/** Where people land who were going nowhere in particular. */
export const HOME_PATH = "/account";

const ANY_ORIGIN = "http://portal.invalid";

/**
 * A path of this portal to go to after the login. Anything that could lead elsewhere (another
 * origin, `//host`, a backslash, control characters, however encoded) becomes the account page
 * (ASVS 3.7.2).
 */
export function parseReturnPath(input: unknown): string {
  if (typeof input !== "string" || input.length > 512) return HOME_PATH;
  const decoded = decodeFully(input);
  if (decoded === undefined || !/^\/(?![/\\])/.test(decoded) || /[\\\p{C}]|\/\//u.test(decoded)) {
    return HOME_PATH;
  }
  const url = new URL(input, ANY_ORIGIN);
  return url.origin === ANY_ORIGIN ? url.pathname + url.search : HOME_PATH;
}

/** Decodes as often as it takes, so that `%252F` hides nothing. */
function decodeFully(input: string): string | undefined {
  try {
    const decoded = decodeURIComponent(input);
    return decoded === input ? input : decodeFully(decoded);
  } catch {
    return undefined;
  }
}

import "server-only";

const MAX_REASON = 500; // a few sentences, which a mail and the audit log repeat
/** Line ends and direction marks could forge a line of the mail or of the log. */
const FORGING = /[\s\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]+/gu;

/** Reads why an administrator does something, as typed, into one line. Gives nothing when it is empty or too long. */
export function parseReason(input: string): string | undefined {
  const reason = input.normalize("NFC").replace(FORGING, " ").trim();
  const length = [...reason].length;
  return length > 0 && length <= MAX_REASON ? reason : undefined;
}

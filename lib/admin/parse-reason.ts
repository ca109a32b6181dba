import "server-only";

const MAX_CHARACTERS = 500;

/** Why an administrator does something, as typed: one line, 500 characters at most; `undefined` without one. */
export function parseReason(input: string): string | undefined {
  const reason = input.normalize("NFC").replace(/\s+/g, " ").trim();
  return reason !== "" && reason.length <= MAX_CHARACTERS ? reason : undefined;
}

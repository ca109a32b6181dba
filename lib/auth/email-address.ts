declare const emailAddressBrand: unique symbol;

/** An e-mail address in the one form in which it is stored and compared: NFKC, lower case. */
export type EmailAddress = string & { readonly [emailAddressBrand]: true };

const MAX_CHARACTERS = 254; // RFC 5321

/**
 * Reads an address: NFKC and lower case, so that look-alikes are one account; exactly one `@` with
 * something on both sides and no spaces or control characters. Returns `undefined` otherwise.
 */
export function parseEmailAddress(input: string): EmailAddress | undefined {
  if (input.length > MAX_CHARACTERS) return undefined; // before any work
  const address = input.trim().normalize("NFKC").toLowerCase();
  if (address.length > MAX_CHARACTERS) return undefined; // NFKC can make one character six
  return /^[^\s@\p{C}\p{Default_Ignorable_Code_Point}]+@[^\s@\p{C}\p{Default_Ignorable_Code_Point}]+$/u.test(
    address,
  )
    ? (address as EmailAddress)
    : undefined;
}

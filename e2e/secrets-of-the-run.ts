const secrets = new Set<string>();

/** Notes a password, code, seed, cookie or token that this run used, so that one test can look for all of them. */
export function noteSecret(secret: string): void {
  secrets.add(secret);
}

/** Everything noted so far in this process. */
export function notedSecrets(): string[] {
  return [...secrets];
}

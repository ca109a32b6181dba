import "server-only";
import { db, type Tx, transaction } from "../db/client";
import { lockAddress } from "../db/lock-address";
import type { HashPlace } from "../hash-queue";
import { findAccountsOfAddress } from "./accounts-of-address";
import { digestPassword, digestPasswordLike, shareOneHash } from "./password-digest";

/** Another try is due only when the address's first account came or went during a hash. */
const MAX_TRIES = 5;

/**
 * Digests a password for an account and stores it in a transaction of `store`, which holds the address.
 * While other accounts bear the address, the digest is made like that of the first of them, so that a
 * login compares one hash with all. `exceptId` is the account itself, if it exists. Gives `undefined`, having
 * stored nothing, when the other accounts kept changing.
 */
export async function storePasswordDigest<T>(
  place: HashPlace,
  { password, email, exceptId }: { password: string; email: string; exceptId?: string },
  store: (tx: Tx, passwordDigest: string) => Promise<T>,
): Promise<{ stored: T } | undefined> {
  const findFirst = async (client: Tx) =>
    (await findAccountsOfAddress(client, email)).find(({ id }) => id !== exceptId);
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const first = await findFirst(await db());
    const digest = first
      ? await digestPasswordLike(place, password, first.passwordDigest)
      : await digestPassword(place, password);
    const result = await transaction(async (tx) => {
      await lockAddress(tx, email);
      const firstNow = await findFirst(tx);
      if (firstNow && !shareOneHash(digest, firstNow.passwordDigest)) return undefined;
      return { stored: await store(tx, digest) };
    });
    if (result) return result;
  }
  return undefined;
}

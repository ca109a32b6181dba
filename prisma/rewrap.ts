import { closeDatabase, db } from "../lib/db/client";
import { findMissingKeys, retireUnusedKeys } from "../lib/db/known-keys";
import { currentKeyId } from "../lib/keys";
import { rewrapAuthenticatorSeeds } from "../lib/mfa/authenticator-app";
import { rewrapRecoveryCodeDigests } from "../lib/mfa/recovery-code-digest";
import { rewrapTemporaryCodeDigests } from "../lib/mfa/temporary-code-digest";
import { rewrapPushSubscriptions } from "../lib/notices/push-subscription";
import { rewrapServerKeys } from "../lib/notices/vapid-keys";

// Seals with the newest key of SECRETS what older keys sealed, and says which of them can go.

try {
  await db();
  const missing = await findMissingKeys();
  if (missing.length > 0) throw new Error(`SECRETS lacks the key ${missing.join(", ")}.`);
  const rewrapped = {
    "recovery codes": await rewrapRecoveryCodeDigests(),
    "temporary codes": await rewrapTemporaryCodeDigests(),
    "authenticator apps": await rewrapAuthenticatorSeeds(),
    "push subscriptions": await rewrapPushSubscriptions(),
    "server keys": await rewrapServerKeys(),
  };
  const told = Object.entries(rewrapped).map(([what, { rewrapped }]) => `${what} ${rewrapped}`);
  console.log(`Sealed anew with the key "${currentKeyId()}": ${told.join(", ")}.`);
  const failed = Object.values(rewrapped).reduce((sum, { failed }) => sum + failed, 0);
  if (failed > 0) {
    console.error(`${failed} of them did not open and are as they were: their rows were changed.`);
    process.exitCode = 1;
  }
  for (const { id, ...uses } of await retireUnusedKeys()) {
    const { passwords, codes, temporaryCodes, apps, subscriptions, serverKeys, seals, others } =
      uses;
    console.log(
      Object.values(uses).every((count) => count === 0)
        ? `Nothing needs the key "${id}" any more: take it out of SECRETS.`
        : `The key "${id}" is still needed: passwords ${passwords} (until their next login), recovery codes ${codes}, temporary codes ${temporaryCodes}, authenticator apps ${apps}, push subscriptions ${subscriptions}, server keys ${serverKeys}, places in the chain of the audit log ${seals}, links, forms and notifications under way ${others}.`,
    );
  }
} catch (error) {
  console.error(`Nothing more is done: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
} finally {
  await closeDatabase();
}

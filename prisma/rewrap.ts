import { closeDatabase, db } from "../lib/db/client";
import { findMissingKeys, retireUnusedKeys } from "../lib/db/known-keys";
import { currentKeyId } from "../lib/keys";
import { rewrapAuthenticatorSeeds } from "../lib/mfa/authenticator-app";
import { rewrapRecoveryCodeDigests } from "../lib/mfa/recovery-code-digest";

// Seals with the newest key of SECRETS what older keys sealed, and says which of them can go.

try {
  await db();
  const missing = await findMissingKeys();
  if (missing.length > 0) throw new Error(`SECRETS lacks the key ${missing.join(", ")}.`);
  const codes = await rewrapRecoveryCodeDigests();
  const apps = await rewrapAuthenticatorSeeds();
  console.log(
    `Sealed anew with the key "${currentKeyId()}": recovery codes ${codes.rewrapped}, authenticator apps ${apps.rewrapped}.`,
  );
  const failed = codes.failed + apps.failed;
  if (failed > 0) {
    console.error(`${failed} of them did not open and are as they were: their rows were changed.`);
    process.exitCode = 1;
  }
  for (const { id, passwords, codes, apps, others } of await retireUnusedKeys()) {
    console.log(
      passwords + codes + apps + others === 0
        ? `Nothing needs the key "${id}" any more: take it out of SECRETS.`
        : `The key "${id}" is still needed: passwords ${passwords} (until their next login), recovery codes ${codes}, authenticator apps ${apps}, links and forms under way ${others}.`,
    );
  }
} catch (error) {
  console.error(`Nothing more is done: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
} finally {
  await closeDatabase();
}

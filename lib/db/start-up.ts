import "server-only";
import { config } from "../config";
import { closeHashQueue } from "../hash-queue";
import { closeDatabase, db } from "./client";
import { findMissingKeys, registerKeys } from "./known-keys";

// bin/serve.mjs, outside the bundles, calls it by this name when its last request is answered.
const SHUTDOWN = Symbol.for("sparekey.shutdown");
const hooks = globalThis as { [SHUTDOWN]?: () => Promise<void> };

/**
 * Checks the configuration, opens and migrates the database, and checks that every key it needs is
 * there. Ends the process with a sentence when one of them fails: a server that cannot keep its
 * promises does not start.
 */
export async function startUp(): Promise<void> {
  try {
    config();
    await db();
    await requireKnownKeys();
  } catch (error) {
    console.error(
      `Sparekey cannot start: ${error instanceof Error ? error.message : String(error)}`,
    );
    process.exit(1);
  }
  hooks[SHUTDOWN] = async () => {
    await Promise.all(endings.map((end) => end()));
    await closeHashQueue();
    await closeDatabase();
  };
}

/** Has `end` called before the database closes: for what works beside the requests. */
export function endWithServer(end: () => Promise<void>): void {
  endings.push(end);
}

const endings: (() => Promise<void>)[] = [];

async function requireKnownKeys(): Promise<void> {
  const missing = await findMissingKeys();
  if (missing.length > 0) {
    throw new Error(
      `SECRETS lacks the key ${missing.map((id) => `"${id}"`).join(", ")} that this database was used with. ` +
        "Without it, passwords, authenticator apps and recovery codes made with it cannot be verified: add it again.",
    );
  }
  await registerKeys();
}

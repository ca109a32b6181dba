import "server-only";
import { timingSafeEqual } from "node:crypto";
import { config } from "../config";
import { db } from "../db/client";
import { deriveLastingKey } from "../keys";
import { withinFailureLimits } from "../mfa/failure-limits";
import type { RequestSource } from "../request-source";

let known = false;

/** Whether an administrator was made. Once true it stays true: the last one cannot be removed. */
export async function administratorExists(): Promise<boolean> {
  if (known) return true;
  const prisma = await db();
  known =
    (await prisma.user.findFirst({ where: { role: "ADMINISTRATOR" }, select: { id: true } })) !==
    null;
  return known;
}

/** The token that lets its bearer make the first administrator: `SETUP_TOKEN`, or one derived from `SECRETS`. */
export function setupToken(): string {
  return config().SETUP_TOKEN ?? deriveLastingKey("setup token").toString("base64url").slice(0, 32);
}

export type SetupTokenResult =
  | { verified: true }
  | { verified: false; refusal: { reason: "setup-token" } | { reason: "waiting"; until: Date } };

/** Verifies a setup token as typed, in constant time, within the limits for failures of strangers (TH-09). */
export async function verifySetupToken(
  input: string,
  from: RequestSource,
): Promise<SetupTokenResult> {
  const hasFailed = (verified: boolean) => !verified;
  const outcome = await withinFailureLimits({ door: "setup-token", from, hasFailed }, async () =>
    isSetupToken(input),
  );
  if (outcome.limited) {
    return { verified: false, refusal: { reason: "waiting", until: outcome.until } };
  }
  if (!outcome.value) return { verified: false, refusal: { reason: "setup-token" } };
  return { verified: true };
}

function isSetupToken(input: string): boolean {
  const [given, expected] = [Buffer.from(input.trim()), Buffer.from(setupToken())];
  return given.length === expected.length && timingSafeEqual(given, expected);
}

// bin/serve.mjs, outside the bundles, asks by this name for what it prints when it is ready.
const SETUP_TOKEN = Symbol.for("sparekey.setup-token");
const hooks = globalThis as { [SETUP_TOKEN]?: () => Promise<string | null> };

/** Lets the server print the setup token while there is no administrator. */
export function offerSetupToken(): void {
  hooks[SETUP_TOKEN] = async () => ((await administratorExists()) ? null : setupToken());
}

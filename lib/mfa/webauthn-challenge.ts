import "server-only";
import { db, type Tx } from "../db/client";
import { hashToken, randomToken } from "../random-token";

/**
 * Where a question to a security key was asked, and where alone its answer counts: in a session, in a login
 * challenge, or in a browser that has not said who it is for.
 */
export type WebauthnBinding =
  | { purpose: "enroll"; userId: string; sessionId: string }
  | { purpose: "login" | "step-up"; userId: string; loginChallengeId: string }
  /** `browserToken` is what the browser's own cookie holds. */
  | { purpose: "passwordless"; browserToken: string };

/** How long a browser lets a person take, and an answer counts (WebAuthn §15.1: five minutes). */
export const WEBAUTHN_TIMEOUT_MS = 300_000;

/**
 * Asks a question: 256 random bits, base64url, of which the database has the hash (WebAuthn §13.4.3). The
 * answer counts once, within five minutes, and only where the question was asked.
 */
export async function askWebauthnChallenge(binding: WebauthnBinding, tx?: Tx): Promise<string> {
  const prisma = tx ?? (await db());
  const challenge = randomToken();
  const createdAt = new Date();
  await prisma.webauthnChallenge.create({
    data: {
      challengeHash: hashChallenge(challenge, binding),
      ...rowOf(binding),
      createdAt,
      expiresAt: new Date(createdAt.getTime() + WEBAUTHN_TIMEOUT_MS),
    },
  });
  return challenge;
}

/**
 * Spends a question, before its answer is judged. Says whether it was asked here, within five minutes, and
 * not answered yet.
 */
export async function spendWebauthnChallenge(
  challenge: string,
  binding: WebauthnBinding,
): Promise<boolean> {
  const prisma = await db();
  const now = new Date();
  const { count } = await prisma.webauthnChallenge.updateMany({
    where: {
      challengeHash: hashChallenge(challenge, binding),
      ...rowOf(binding),
      usedAt: null,
      expiresAt: { gt: now },
    },
    data: { usedAt: now },
  });
  return count === 1;
}

/** A browser's token is part of what is hashed: the row needs no column for it, and tells nothing of it. */
function hashChallenge(challenge: string, binding: WebauthnBinding): string {
  return binding.purpose === "passwordless"
    ? hashToken(`${challenge}.${binding.browserToken}`)
    : hashToken(challenge);
}

function rowOf(binding: WebauthnBinding) {
  const nobody = { userId: null, sessionId: null, loginChallengeId: null };
  if (binding.purpose === "passwordless") return { ...nobody, purpose: binding.purpose };
  return { ...nobody, ...binding };
}

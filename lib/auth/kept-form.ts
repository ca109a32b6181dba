import "server-only";
import { db } from "../db/client";
import { beginStepUp } from "../mfa/login-challenge";
import { seal, unseal } from "../seal";
import type { CurrentSession } from "./current-session";

const KEPT_MINUTES = 10; // as long as a fresh proof lasts

/**
 * Keeps what a person had typed while they prove themselves again, encrypted and for this session alone: for
 * ten minutes from now, in which the step-up stays open. Never give it a password.
 */
export async function keepForm({
  session,
  path,
  values,
}: {
  session: CurrentSession;
  path: string;
  values: Record<string, string>;
}): Promise<void> {
  if (Object.keys(values).length === 0) return;
  const { id: sessionId, userId, email } = session;
  const { id } = await beginStepUp({ sessionId, userId, email, returnTo: path });
  const now = new Date();
  const plain = Buffer.from(JSON.stringify(values));
  const { sealed, keyId } = seal("kept forms", plain, [id, path]);
  const prisma = await db();
  await prisma.loginChallenge.update({
    where: { id },
    data: {
      sealedForm: sealed,
      formKeyId: keyId,
      returnTo: path,
      // One that was begun before may end in seconds. It goes on, and does not begin anew, so that its wrong
      // answers stay counted.
      createdAt: now,
      expiresAt: new Date(now.getTime() + KEPT_MINUTES * 60_000),
    },
  });
}

/** What the person had typed on `path` before they were asked to prove themselves; empty if nothing. */
export async function findKeptForm(
  session: CurrentSession,
  path: string,
): Promise<Record<string, string>> {
  const prisma = await db();
  const kept = await prisma.loginChallenge.findFirst({
    where: {
      sessionId: session.id,
      returnTo: path,
      sealedForm: { not: null },
      createdAt: { gt: new Date(Date.now() - KEPT_MINUTES * 60_000) },
    },
    orderBy: { createdAt: "desc" },
  });
  if (!kept?.sealedForm || !kept.formKeyId) return {};
  const sealed = { sealed: kept.sealedForm, keyId: kept.formKeyId };
  return JSON.parse(unseal("kept forms", sealed, [kept.id, path]).toString());
}

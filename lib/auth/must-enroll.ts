import "server-only";
import { db } from "../db/client";
import { hasMethod } from "../mfa/has-method";
import type { CurrentSession } from "./current-session";

/**
 * Whether a session can only enroll: its person needs MFA and has none. Administrators always need it
 * (LC-09), and so does whoever had it reset.
 */
export async function mustEnroll({
  userId,
  role,
}: Pick<CurrentSession, "userId" | "role">): Promise<boolean> {
  const prisma = await db();
  if (await hasMethod(prisma, userId)) return false;
  if (role === "ADMINISTRATOR") return true;
  const { mfaResetAt } = await prisma.user.findUniqueOrThrow({
    where: { id: userId },
    select: { mfaResetAt: true },
  });
  return mfaResetAt !== null;
}

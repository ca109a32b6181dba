import "server-only";
import { headers } from "next/headers";
import { redirect } from "next/navigation";
import { getServerSession } from "next-auth";
import { cache } from "react";
import type { EmailAddress } from "./email-address";
import { nextAuthOptions } from "./next-auth-options";
import { touchSession } from "./session-rows";

/** Who is logged in, how, and since when. */
export type CurrentSession = {
  id: string;
  userId: string;
  name: string;
  email: EmailAddress;
  role: "USER" | "ADMINISTRATOR";
  /** 1 after a password alone, 2 after a second factor (63B). */
  aal: number;
  amr: string[];
  authTime: Date;
  /** When it ends, whatever happens. */
  expiresAt: Date;
};

const FRESH_MINUTES = 10; // SE-07

/** The session of this request, read from its row; `undefined` if there is none or its limits passed. */
export const currentSession = cache(async (): Promise<CurrentSession | undefined> => {
  let failure: unknown;
  const session = await getServerSession(
    nextAuthOptions((error) => {
      failure = error;
    }),
  );
  if (failure) throw failure; // an outage is not a log out
  if (!session?.user?.email) return undefined;
  const { id, userId, aal, amr, role, authTime, expiresAt, user } = session;
  if (!(await isPrefetch())) await touchSession(id);
  return {
    id,
    userId,
    name: user.name ?? "",
    email: user.email as EmailAddress,
    role,
    aal,
    amr,
    authTime: new Date(authTime),
    expiresAt: new Date(expiresAt),
  };
});

/** The session of this request; without one, the person goes to log in and comes back to `path`. */
export async function requireSession(path: string): Promise<CurrentSession> {
  return (await currentSession()) ?? redirect(loginPath(path));
}

/**
 * A session for a sensitive act: its login is younger than ten minutes (SE-07). With an older one the
 * person logs in again, with all factors, and comes back to `path`.
 */
export async function requireFreshSession(path: string): Promise<CurrentSession> {
  const session = await requireSession(path);
  const ageMs = Date.now() - session.authTime.getTime();
  return ageMs < FRESH_MINUTES * 60_000 ? session : redirect(loginPath(path, "again"));
}

/** The login page, from which the person comes back to `returnPath`. */
export function loginPath(returnPath: string, why?: "again"): string {
  const query = new URLSearchParams({ return: returnPath, ...(why && { why }) });
  return `/login?${query}`;
}

/** A page fetched ahead of a click is not use (design: `lastSeenAt`). */
async function isPrefetch(): Promise<boolean> {
  const requestHeaders = await headers();
  return (
    requestHeaders.has("next-router-prefetch") ||
    /prefetch/.test(requestHeaders.get("sec-purpose") ?? "")
  );
}

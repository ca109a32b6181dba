import "server-only";
import { headers } from "next/headers";
import { redirect } from "next/navigation";
import { getServerSession } from "next-auth";
import { cache } from "react";
import { isProvedByCode } from "../mfa/method-names";
import { countUnusedCodes } from "../mfa/unused-codes";
import type { EmailAddress } from "./email-address";
import { mustEnroll } from "./must-enroll";
import { nextAuthOptions } from "./next-auth-options";
import { meetsDemand, type SessionDemand, touchSession } from "./session-rows";

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
  /** Until when it may not do what could keep the owner out; `null` if it may. */
  restrictedUntil: Date | null;
};

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
  const { id, userId, aal, amr, role, authTime, expiresAt, restrictedUntil, user } = session;
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
    restrictedUntil: restrictedUntil === null ? null : new Date(restrictedUntil),
  };
});

/**
 * The session of this request; without one, the person goes to log in and comes back to `path`. Whoever
 * logged in with a code and has no recovery code left is held at the gate, and who has to enroll what the policy
 * wants at the methods' page: only what mends that is open.
 */
export async function requireSession(path: string): Promise<CurrentSession> {
  const session = (await currentSession()) ?? redirect(loginPath(path));
  if (!isOpenToEnroll(path) && (await mustEnroll(session))) redirect("/account/mfa");
  if (!isOpenAtTheGate(path) && (await isHeldAtTheGate(session))) redirect(GATE_PATH);
  return session;
}

const GATE_PATH = "/account/recovered";

/** Where a new set is made, a lost app replaced, or a method verified that opens everything again. */
const isOpenAtTheGate = (path: string) =>
  [GATE_PATH, "/account/mfa", "/account/verify"].some((open) => path.startsWith(open));

const isOpenToEnroll = (path: string) => path === "/account" || isOpenAtTheGate(path); // after a recovery code, the way to mend it begins there

const isHeldAtTheGate = async ({ amr, userId }: CurrentSession) =>
  isProvedByCode(amr) && (await countUnusedCodes(userId)) === 0;

/**
 * A session that meets a demand, for a page that shows or begins a sensitive act. With a weaker one the
 * person proves themselves again, and comes back to `path`.
 */
export async function requireStrongSession(
  path: string,
  demand: SessionDemand,
): Promise<CurrentSession> {
  const session = await requireSession(path);
  return meetsDemand(session, demand) ? session : redirect(stepUpPath(path, session, demand));
}

/** The page that asks for a fresh proof, from which the person comes back to `returnPath`. */
export function stepUpPath(
  returnPath: string,
  session: CurrentSession,
  demand: SessionDemand,
): string {
  const { restrictedUntil } = session;
  const isRestricted =
    demand === "unrestricted" && restrictedUntil !== null && restrictedUntil > new Date();
  const query = new URLSearchParams({ return: returnPath });
  if (isRestricted) query.set("why", "restricted");
  return `/account/verify?${query}`;
}

/** The login page, from which the person comes back to `returnPath`. */
export function loginPath(returnPath: string): string {
  return `/login?${new URLSearchParams({ return: returnPath })}`;
}

/** A page fetched ahead of a click is not use (design: `lastSeenAt`). */
async function isPrefetch(): Promise<boolean> {
  const requestHeaders = await headers();
  return (
    requestHeaders.has("next-router-prefetch") ||
    /prefetch/.test(requestHeaders.get("sec-purpose") ?? "")
  );
}

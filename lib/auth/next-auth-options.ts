import "server-only";
import type { NextAuthOptions } from "next-auth";
import type { Adapter, AdapterUser } from "next-auth/adapters";
import { deriveLastingKey } from "../keys";
import { cookieAttributes, sessionCookieName } from "./cookies";
import { logOut } from "./log-out";
import { requestSource } from "./request";
import { findSession, type SessionRow } from "./session-rows";

declare module "next-auth" {
  interface Session {
    id: string;
    userId: string;
    aal: number;
    amr: string[];
    authTime: string;
    expiresAt: string;
    restrictedUntil: string | null;
    role: SessionRow["user"]["role"];
  }
}

const MAX_AGE_SECONDS = 24 * 3600; // as in session-rows.ts; the row decides

/**
 * next-auth reads sessions from our rows and makes none: it has no provider, so no password ever
 * reaches it (NA-01). `updateAge` equals `maxAge`, so that polling moves no limit (NA-04).
 * `onFailure` is told when the database does not answer, which next-auth takes for "logged out".
 */
export function nextAuthOptions(
  onFailure: (error: unknown) => void = () => undefined,
): NextAuthOptions {
  return {
    providers: [],
    adapter: sessionAdapter(onFailure),
    secret: deriveLastingKey("next-auth").toString("base64"),
    session: { strategy: "database", maxAge: MAX_AGE_SECONDS, updateAge: MAX_AGE_SECONDS },
    cookies: { sessionToken: { name: sessionCookieName(), options: cookieAttributes() } },
    callbacks: {
      // What the adapter read of the row rides on `user`; the person's browser gets no token.
      session: ({ session, user }) => {
        const { row } = user as UserWithRow;
        const { id, userId, aal, amr, authTime, expiresAt, restrictedUntil } = row;
        return {
          ...session,
          id,
          userId,
          aal,
          amr,
          authTime: authTime.toISOString(),
          expiresAt: expiresAt.toISOString(),
          restrictedUntil: restrictedUntil?.toISOString() ?? null,
          role: row.user.role,
        };
      },
    },
  };
}

type UserWithRow = AdapterUser & { row: SessionRow };

const sessionAdapter = (onFailure: (error: unknown) => void): Adapter => ({
  async getSessionAndUser(token) {
    const row = await findSession(token).catch((error) => {
      onFailure(error);
      throw error;
    });
    if (!row) return null;
    const { userId, expiresAt: expires } = row;
    const user: UserWithRow = { id: userId, emailVerified: null, ...row.user, row };
    return { session: { sessionToken: token, userId, expires }, user };
  },
  async updateSession() {
    return null; // the limits stand in the row and do not move
  },
  async deleteSession(token) {
    await logOut(token, await requestSource());
  },
});

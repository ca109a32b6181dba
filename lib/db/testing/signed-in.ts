import { parseEmailAddress } from "../../auth/email-address";
import { findSession, openSession } from "../../auth/session-rows";
import { transaction } from "../client";
import { FROM, type Person } from "./people";

/** A session of a person as the request of a browser has it, and the browser's token. */
export async function logInAs({ userId }: Person, amr: string[]) {
  const { token } = await transaction((tx) =>
    openSession(tx, { userId, amr, previousToken: undefined, from: FROM }),
  );
  return { token, session: await readSession(token) };
}

/** What a request with this token knows of its session. Throws when there is none. */
export async function readSession(token: string) {
  const row = await findSession(token);
  const email = row && parseEmailAddress(row.user.email);
  if (!row || !email) throw new Error("There is no session.");
  return { ...row, ...row.user, email };
}

/** Every method that makes a session of the second level, in its order. */
export const WITH_APP = ["pwd", "otp", "mfa"];
export const WITH_CODE = ["pwd", "recovery", "mfa"];

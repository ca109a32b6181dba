import { db } from "../client";
import type { Person } from "./people";
import { logInAs, readSession, WITH_CODE } from "./signed-in";

/** Sessions that may not do what could keep the owner out, by what is wrong with them. */
export const WEAK_SESSIONS = {
  /** Its person proved themselves eleven minutes ago. */
  stale: async (person: Person) => {
    const { token, session } = await logInAs(person, ["pwd"]);
    const authTime = new Date(Date.now() - 11 * 60_000);
    const prisma = await db();
    await prisma.session.update({ where: { id: session.id }, data: { authTime } });
    return readSession(token);
  },
  /** A recovery code opened it. */
  restricted: async (person: Person) => (await logInAs(person, WITH_CODE)).session,
};

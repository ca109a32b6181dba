import { provenAdministrator } from "../../auth/hold-administrator";
import { db } from "../client";
import { createPersonWithApp, type Person } from "./people";
import { logInAs, WITH_APP } from "./signed-in";

/** Whoever reads in a test that is about something else than who may. */
export const READER = provenAdministrator({ userId: "00000000-0000-0000-0000-000000000000" });

/** Stores an administrator with an authenticator app, logged in with it a moment ago. */
export async function createAdministrator() {
  const person = await createPersonWithApp();
  await promote(person);
  return { ...person, ...(await logInAs(person, WITH_APP)) };
}

/** Makes a person of a test an administrator. */
export async function promote({ userId }: Person): Promise<void> {
  const prisma = await db();
  await prisma.user.update({ where: { id: userId }, data: { role: "ADMINISTRATOR" } });
}

import { db } from "../client";
import { createPersonWithApp, type Person } from "./people";
import { logInAs, WITH_APP } from "./signed-in";

/** Makes a person of a test an administrator. */
export async function promote({ userId }: Person): Promise<void> {
  const prisma = await db();
  await prisma.user.update({ where: { id: userId }, data: { role: "ADMINISTRATOR" } });
}

/** Stores an administrator with an app, logged in with it just now. */
export async function createAdministrator() {
  const person = await createPersonWithApp();
  await promote(person);
  const { session } = await logInAs(person, WITH_APP);
  return { ...person, session };
}

import { db } from "../client";
import { createPersonWithApp, type Person } from "./people";
import { logInAs, WITH_APP } from "./signed-in";

/** Stores an administrator with an authenticator app, and a fresh session of theirs. */
export async function createAdministratorWithSession() {
  const person = await createPersonWithApp();
  await giveRole(person, "ADMINISTRATOR");
  return { ...person, session: await openAdministratorSession(person) };
}

/** A fresh session of the second level. */
export async function openAdministratorSession(person: Person) {
  return (await logInAs(person, WITH_APP)).session;
}

/** Gives a person a role, past the rules. */
export async function giveRole({ userId }: Person, role: "USER" | "ADMINISTRATOR"): Promise<void> {
  const prisma = await db();
  await prisma.user.update({ where: { id: userId }, data: { role } });
}

import { db } from "../client";
import { createPersonWithApp } from "./people";
import { logInAs, WITH_APP } from "./signed-in";

/** Stores an administrator with an authenticator app, logged in with it a moment ago. */
export async function createAdministrator() {
  const person = await createPersonWithApp();
  const prisma = await db();
  await prisma.user.update({ where: { id: person.userId }, data: { role: "ADMINISTRATOR" } });
  return { ...person, ...(await logInAs(person, WITH_APP)) };
}

import { beginSecurityKey, enrollSecurityKey } from "../../mfa/security-key-enrollment";
import { db } from "../client";
import { createPerson, FROM, type Person } from "./people";
import { SoftwareKey } from "./software-key";

/** What devices show when a key is made. */
export const DISPLAY = { issuer: "Sparekey", account: "ada@example.org", person: "Ada" };

/** Stores a person with a security key, which the test holds. */
export async function createPersonWithKey(
  key = new SoftwareKey(),
): Promise<Person & { key: SoftwareKey; keyId: string }> {
  const person = await createPerson();
  return { ...person, key, keyId: await storeKey(person, key) };
}

/** Enrolls a key of a person as a session of theirs does. Returns its row's id. */
export async function storeKey({ userId }: Person, key: SoftwareKey): Promise<string> {
  const owner = { userId, sessionId: userId };
  const input = key.create(await beginSecurityKey(owner, DISPLAY));
  const result = await enrollSecurityKey({
    ...owner,
    input,
    name: () => "Blue key",
    replaces: undefined,
    from: FROM,
    authorize: async () => ({ restrictedUntil: null }),
    onEnrolled: async () => undefined,
  });
  if (!result.enrolled) throw new Error(result.reason);
  const prisma = await db();
  const { id } = await prisma.securityKey.findUniqueOrThrow({ where: { credentialId: key.id } });
  return id;
}

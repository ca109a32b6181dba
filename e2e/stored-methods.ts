import { randomBytes, randomUUID } from "node:crypto";
import type { Portal } from "./fixtures";
import type { Person } from "./people";

/** Gives a person a phone that no test can use, past the product. Gives its id. */
export async function storePhone({ sql }: Portal, person: Person, name: string): Promise<string> {
  const id = randomUUID();
  const userId = await findId(sql, person);
  await sql(
    `INSERT INTO "SparekeyAuthenticator" ("id", "userId", "name", "publicKey", "addedAt", "addedAddress", "addedUserAgent")
     VALUES ($1, $2, $3, decode($4, 'hex'), now(), '192.0.2.7', 'Chrome')`,
    [id, userId, name, randomBytes(91).toString("hex")],
  );
  return id;
}

/** The same with a security key. */
export async function storeKey({ sql }: Portal, person: Person, name: string): Promise<string> {
  const id = randomUUID();
  const userId = await findId(sql, person);
  await sql(
    `INSERT INTO "SecurityKey" ("id", "userId", "name", "credentialId", "publicKey", "counter", "transports", "aaguid", "backupEligible", "backedUp", "addedAt")
     VALUES ($1, $2, $3, $4, decode($5, 'hex'), 0, '{usb}', $6, false, false, now())`,
    [
      id,
      userId,
      name,
      randomBytes(32).toString("base64url"),
      randomBytes(77).toString("hex"),
      randomUUID(),
    ],
  );
  return id;
}

async function findId(sql: Portal["sql"], { email }: Person): Promise<string> {
  const [row] = await sql(`SELECT "id" FROM "User" WHERE "email" = $1`, [email]);
  return String(row?.id);
}

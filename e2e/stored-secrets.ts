import { notedSecrets } from "./secrets-of-the-run";
import type { Sql } from "./servers";

/** Everything that no page may show to anybody: what is stored of secrets, and those that tests came to know. */
export async function findHiddenTexts(sql: Sql): Promise<string[]> {
  const bytes = [
    ["AuthenticatorApp", "sealedSeed"],
    ["RecoveryCode", "salt"],
    ["RecoveryCode", "sealedDigest"],
    ["TemporaryCode", "salt"],
    ["TemporaryCode", "sealedDigest"],
    ["SparekeyAuthenticator", "publicKey"],
    ["SecurityKey", "publicKey"],
  ].flatMap(([table, column]) =>
    ["hex", "base64"].map(
      (encoding) =>
        `SELECT encode("${column}", '${encoding}') FROM "${table}" WHERE "${column}" IS NOT NULL`,
    ),
  );
  const stored = await sql(
    [
      `SELECT "passwordDigest" AS "text" FROM "User"`,
      ...["Session", "LoginChallenge", "MailLink", "Invitation"].map(
        (table) => `SELECT "tokenHash" FROM "${table}"`,
      ),
      ...bytes,
    ].join(" UNION ALL "),
  );
  const texts = stored.map(({ text }) => `${text}`);
  return [...texts, ...notedSecrets(), "$2b$", "otpauth:"].filter((text) => text.length > 3);
}

import { db } from "../client";

/** Every row of every table as JSON text, one a line: what a thief of the database reads. */
export async function dumpDatabase(): Promise<string> {
  const prisma = await db();
  const tables = await prisma.$queryRaw<{ name: string }[]>`
    SELECT tablename AS "name" FROM pg_tables WHERE schemaname = 'public'`;
  const lines: string[] = [];
  for (const { name } of tables) {
    const rows = await prisma.$queryRawUnsafe<{ row: string }[]>(
      `SELECT row_to_json(t)::text AS "row" FROM "${name}" AS t`,
    );
    lines.push(...rows.map(({ row }) => `${name} ${row}`));
  }
  return lines.join("\n");
}

/** The ways in which a secret could stand in a dump: as it is, in another case, or encoded. */
export function spellingsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [
    secret,
    secret.toLowerCase(),
    secret.replaceAll("-", ""),
    bytes.toString("hex"),
    bytes.toString("base64").replace(/=+$/, ""),
  ];
}

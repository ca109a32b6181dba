import type { Sql } from "./servers";

/** What is in each table, as a count and a digest; equal before and after means that nothing changed. */
export async function takeSnapshot(sql: Sql): Promise<Record<string, string>> {
  const snapshot: Record<string, string> = {};
  for (const table of await listTables(sql)) {
    if (MOVING_BY_THEMSELVES.includes(table)) continue;
    // A session's lastSeenAt is the one thing that looking may change; mail leaves by itself.
    const ignored = table === "Mail" ? ["attempts", "nextAttemptAt", "sentAt"] : ["lastSeenAt"];
    const row = ignored.reduce((json, column) => `${json} - '${column}'`, "to_jsonb(t)");
    const [digest] = await sql(
      `SELECT count(*)::text || ' rows ' || coalesce(md5(string_agg(r, '' ORDER BY r)), '') AS "is"
       FROM (SELECT (${row})::text AS r FROM "${table}" t) rows`,
    );
    snapshot[table] = `${digest?.is}`;
  }
  return snapshot;
}

/** What a server does beside its requests: it seals events, and counts people once a day. */
const MOVING_BY_THEMSELVES = ["AuditPending", "AuditSeal", "EnrollmentDay"];

/** Every row of every table as text; bytes are hexadecimal. */
export async function dumpDatabase(sql: Sql): Promise<string> {
  const parts: string[] = [];
  for (const table of await listTables(sql)) {
    const rows = await sql(`SELECT to_jsonb(t)::text AS "row" FROM "${table}" t`);
    parts.push(table, ...rows.map(({ row }) => `${row}`));
  }
  return parts.join("\n");
}

/** How many rows of a table belong to a person. */
export async function countRows(sql: Sql, table: string, email: string): Promise<number> {
  const [row] = await sql(
    `SELECT count(*)::int AS "n" FROM "${table}" WHERE "userId" = (SELECT "id" FROM "User" WHERE "email" = $1)`,
    [email],
  );
  return Number(row?.n);
}

/** How many of a person's recovery codes are spent. */
export async function countSpentCodes(sql: Sql, email: string): Promise<number> {
  const [row] = await sql(
    `SELECT count("usedAt")::int AS "n" FROM "RecoveryCode"
     WHERE "userId" = (SELECT "id" FROM "User" WHERE "email" = $1)`,
    [email],
  );
  return Number(row?.n);
}

/** The consecutive failures of a person's method; none if it was never tried. */
export async function readFailures(sql: Sql, email: string, method: string): Promise<number> {
  const [row] = await sql(
    `SELECT "failures" FROM "Throttle"
     WHERE "method" = $2 AND "subject" = (SELECT "id"::text FROM "User" WHERE "email" = $1)`,
    [email, method],
  );
  return Number(row?.failures ?? 0);
}

/** Makes a person's rows older: every time in the columns is moved back. */
export async function age(
  sql: Sql,
  {
    table,
    columns,
    email,
    minutes,
  }: { table: string; columns: string[]; email: string; minutes: number },
): Promise<void> {
  const moves = columns.map(
    (column) => `"${column}" = "${column}" - interval '${minutes} minutes'`,
  );
  await sql(
    `UPDATE "${table}" SET ${moves.join(", ")}
     WHERE "userId" = (SELECT "id" FROM "User" WHERE "email" = $1)`,
    [email],
  );
}

/** Ends the waits of all methods and passwords, and keeps their counts. */
export async function endWaits(sql: Sql): Promise<void> {
  await sql(`UPDATE "Throttle" SET "nextAttemptAt" = now() - interval '1 second'`);
}

async function listTables(sql: Sql): Promise<string[]> {
  const rows = await sql(
    `SELECT table_name::text AS "name" FROM information_schema.tables
     WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY 1`,
  );
  return rows.map(({ name }) => `${name}`);
}

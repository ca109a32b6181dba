import type { Sql } from "./servers";

/** Of each table its rows, as digests; with each the moment (epoch milliseconds) from which housekeeping may clear it away. */
export type Snapshot = Map<string, Map<string, number>>;

/** What is in each table; `findChanges` tells what happened since. */
export async function takeSnapshot(sql: Sql): Promise<Snapshot> {
  const tables = (await listTables(sql)).filter((table) => !MOVING_BY_THEMSELVES.includes(table));
  const rows = await sql(tables.map(digestsOf).join(" UNION ALL "));
  const snapshot: Snapshot = new Map(tables.map((table) => [table, new Map()]));
  for (const { table, digest, endsAt } of rows) {
    const end = endsAt === null ? Number.POSITIVE_INFINITY : Number(endsAt);
    snapshot.get(`${table}`)?.set(`${digest}`, end);
  }
  return snapshot;
}

function digestsOf(table: string): string {
  const ignored = CHANGING_BY_THEMSELVES[table] ?? [];
  return `SELECT '${table}' AS "table", md5((r - ${textArray(ignored)})::text) AS "digest", ${endOf(table)} AS "endsAt"
    FROM (SELECT to_jsonb(t) AS r FROM ${rowsOf(table)} t) rows`;
}

/**
 * Says of each table that changed since the snapshot how many rows are new and how many are gone; a changed row
 * is both. Rows that were over and are gone were cleared away by a server, whatever the test did.
 */
export async function findChanges(sql: Sql, before: Snapshot): Promise<Record<string, string>> {
  const now = await takeSnapshot(sql);
  const changes: Record<string, string> = {};
  for (const [table, rows] of now) {
    const earlier = before.get(table) ?? new Map();
    const added = [...rows.keys()].filter((row) => !earlier.has(row));
    const gone = [...earlier].filter(([row, endsAt]) => !rows.has(row) && endsAt > Date.now());
    if (added.length + gone.length > 0) changes[table] = `${added.length} new, ${gone.length} gone`;
  }
  return changes;
}

/** What a server does beside its requests: it seals events, and counts people once a day. */
const MOVING_BY_THEMSELVES = ["AuditPending", "AuditSeal", "EnrollmentDay"];

/** Columns that change unasked: looking counts as use, mail leaves, and what was typed is soon forgotten. */
const CHANGING_BY_THEMSELVES: Record<string, string[]> = {
  Session: ["lastSeenAt"],
  Mail: ["attempts", "nextAttemptAt", "sentAt"],
  LoginChallenge: ["sealedForm", "formKeyId"],
};

/** A server adds the changes of the tally together; what counts is their sum. */
function rowsOf(table: string): string {
  if (table !== "EnrollmentTally") return `"${table}"`;
  return `(SELECT "recoverability", "methodCount", "hasCodes", sum("change") AS "people"
    FROM "EnrollmentTally" GROUP BY 1, 2, 3 HAVING sum("change") <> 0)`;
}

/** The end that a row `r` itself tells, in SQL; the mailbox of a deleted account goes when its mail is out. */
function endOf(table: string): string {
  const end =
    table === "Address"
      ? `CASE WHEN NOT EXISTS (SELECT 1 FROM "User" u WHERE u."id"::text = r->>'userId') THEN now() END`
      : `least((r->>'expiresAt')::timestamptz, (r->>'pendingUntil')::timestamptz, (r->>'expire')::timestamptz)`;
  return `extract(epoch FROM ${end})::float8 * 1000`;
}

const textArray = (names: string[]) => `'{${names.join(",")}}'::text[]`;

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

/** As if no administrator had chosen a policy yet: takes away, as the database's owner can, what is only added to. */
export async function forgetPolicies(sql: Sql): Promise<void> {
  await sql(`ALTER TABLE "Policy" DISABLE TRIGGER "Policy_append_only"`);
  await sql(`DELETE FROM "Policy"`);
  await sql(`ALTER TABLE "Policy" ENABLE ALWAYS TRIGGER "Policy_append_only"`);
}

async function listTables(sql: Sql): Promise<string[]> {
  const rows = await sql(
    `SELECT table_name::text AS "name" FROM information_schema.tables
     WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY 1`,
  );
  return rows.map(({ name }) => `${name}`);
}

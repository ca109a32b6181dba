import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Client } from "pg";
import { startPostgres } from "../bin/postgres.mjs";

// What the list of people costs with ten thousand of them and with a million, ten codes each, on PostgreSQL:
// medians of the same views in one run, the plans in the larger database, and the memory that an export of
// everybody takes. Each size has a process of its own. `PEOPLE=10000,100000` makes it smaller.

const SIZES = (process.env.PEOPLE ?? "10000,1000000").split(",").map(Number);
const ROUNDS = 31;
const WARM_UPS = 10;
const MEGABYTE = 1024 ** 2;

const WORDS = `to_tsvector('simple', translate(u."name" || ' ' || u."email", '@._+-/’‘', '        '))`;
const inOrder = (where: string, limit = 51) =>
  `SELECT * FROM "User" u WHERE ${where} ORDER BY "name", "id" LIMIT ${limit}`;
const alongside = (query: string) =>
  `SELECT * FROM (${inOrder("TRUE", 500)}) u WHERE ${WORDS} @@ to_tsquery('simple', '${query}') ORDER BY "name", "id" LIMIT 51`;
const found = (condition: string) => `WITH found AS MATERIALIZED (
  SELECT * FROM "User" u WHERE ${condition} LIMIT 1001)
  SELECT * FROM found ORDER BY "name", "id" LIMIT 51`;
/** What the views ask, without what the client binds. */
const PLANNED = {
  "first page": inOrder("TRUE"),
  "deep page": inOrder(`("name", "id") > ('E6', '00000000-0000-0000-0000-000000000000')`),
  "filter: thin": inOrder(`"recoverability" = 'thin'`),
  "filter: administrators": inOrder(`"role" = 'ADMINISTRATOR'`),
  "search: an address": found(`lower("email") ~>=~ 'p4711@' AND lower("email") ~<~ 'p4711A'`),
  "search: three letters, the index": found(`${WORDS} @@ to_tsquery('simple', 'e6f:* | E6f:*')`),
  "search: what all have, the people who come next": alongside("example:* | Example:*"),
};

type Outcome = {
  medians: Record<string, number>;
  plans: Record<string, string>;
  exported: { people: number; megabytes: number; seconds: number; memory: number[] };
};

if (process.send) await measure(Number(process.env.PEOPLE));
else await measureSizes();

async function measureSizes(): Promise<void> {
  const postgres = await startPostgres();
  try {
    const outcomes: Outcome[] = [];
    for (const people of SIZES) {
      const maintenance = new Client({ connectionString: postgres.url });
      await maintenance.connect();
      await maintenance.query(`CREATE DATABASE people_${people}`);
      await maintenance.end();
      const child = fork(fileURLToPath(import.meta.url), {
        env: {
          ...process.env,
          PEOPLE: String(people),
          DATABASE_URL: Object.assign(new URL(postgres.url), { pathname: `people_${people}` }).href,
          SECRETS: `bench:${Buffer.alloc(32, 7).toString("base64")}`,
          LOG_LEVEL: "silent",
        },
        execArgv: [...process.execArgv, "--expose-gc"],
      });
      child.once("message", (outcome: Outcome) => outcomes.push(outcome));
      await once(child, "exit");
    }
    print(outcomes);
  } finally {
    await postgres.stop();
  }
}

async function measure(people: number): Promise<void> {
  const { closeDatabase, db } = await import("../lib/db/client");
  await db(); // migrates
  await fill(people);
  const outcome = await measureViews();
  await closeDatabase();
  process.send?.(outcome);
  process.disconnect();
}

/** People of a plausible mixture; triggers stand aside, and what they would have kept is written at once. */
async function fill(people: number): Promise<void> {
  const client = new Client({ connectionString: process.env.DATABASE_URL });
  await client.connect();
  await client.query("SET session_replication_role = replica");
  const part = "(n::bigint * 7919 % 100)"; // which hundredth of the people
  await client.query(`
    INSERT INTO "User" ("id", "email", "verifiedEmail", "name", "role", "passwordDigest", "passwordChangedAt",
      "createdAt", "lastLoginAt", "methods", "methodCount", "codesLeft", "codesConfirmed", "recoverability")
    SELECT gen_random_uuid(), 'p' || n || '@example.test', 'p' || n || '@example.test',
      initcap(left(md5(n::text), 6)) || ' ' || initcap(left(md5((n::bigint * 31)::text), 8)),
      (CASE WHEN n % 10000 = 1 THEN 'ADMINISTRATOR' ELSE 'USER' END)::"Role", 'none', now(), now(),
      now() - n % 100000 * interval '1 minute',
      CASE WHEN ${part} < 25 THEN '{}' WHEN ${part} < 30 THEN '{security-key,authenticator-app}'
        ELSE '{authenticator-app}' END::text[],
      CASE WHEN ${part} < 25 THEN 0 WHEN ${part} < 30 THEN 2 ELSE 1 END,
      CASE WHEN ${part} < 25 OR ${part} >= 95 THEN 0 WHEN ${part} >= 90 THEN 2 ELSE 10 END,
      ${part} >= 25 AND ${part} < 95,
      CASE WHEN ${part} < 25 THEN 'no-mfa' WHEN ${part} >= 95 THEN 'locked-out'
        WHEN ${part} >= 90 THEN 'thin' ELSE 'safe' END
    FROM generate_series(1, ${people}) n`);
  await client.query(`
    INSERT INTO "RecoveryCodeSet" ("id", "userId", "letter", "generatedAt", "confirmedAt")
    SELECT gen_random_uuid(), "id", 'A', now(), now() FROM "User"`);
  await client.query(`
    INSERT INTO "RecoveryCode" ("setId", "number", "userId", "salt", "cost", "sealedDigest", "keyId")
    SELECT s."id", n, s."userId", decode(md5(s."id"::text || n), 'hex'), 6,
      decode(repeat(md5(n || s."id"::text), 5), 'hex'), 'bench'
    FROM "RecoveryCodeSet" s, generate_series(1, 10) n`);
  await client.query(`
    INSERT INTO "EnrollmentTally" ("recoverability", "methodCount", "hasCodes", "change")
    SELECT "recoverability", least("methodCount", 2), "codesLeft" > 0, count(*) FROM "User" GROUP BY 1, 2, 3`);
  await client.query("VACUUM ANALYZE");
  await client.end();
}

async function measureViews(): Promise<Outcome> {
  const { db } = await import("../lib/db/client");
  const { countEnrollment } = await import("../lib/mfa/enrollment-totals");
  const { listEnrollment } = await import("../lib/admin/list-enrollment");
  const { READER } = await import("../lib/db/testing/administrators");
  const { parseEnrollmentView } = await import("../lib/admin/enrollment-view");
  const prisma = await db();
  const view = (fields: Record<string, string> = {}) => parseEnrollmentView((name) => fields[name]);
  const page = (fields: Record<string, string>, after?: string) => () =>
    listEnrollment(READER, view(fields), after);
  const total = await prisma.user.count();
  const [deep] = await prisma.user.findMany({
    orderBy: { name: "asc" },
    skip: Math.floor(total * 0.9),
    take: 1,
  });
  const somebody = await prisma.user.findFirstOrThrow({ where: { email: "p4711@example.test" } });
  const views: Record<string, () => Promise<unknown>> = {
    totals: countEnrollment,
    "first page": page({}),
    "deep page (90 %)": page({}, deep?.id),
    "filter: no MFA": page({ state: "no-mfa" }),
    "filter: locked out": page({ state: "locked-out" }),
    "filter: thin": page({ state: "thin" }),
    "filter: safe": page({ state: "safe" }),
    "filter: administrators": page({ role: "administrator" }),
    "sort: longest not logged in": page({ sort: "last-login" }),
    "sort: fewest codes, thin": page({ sort: "codes", state: "thin" }),
    "search: one address": page({ search: "p4711@example.test" }),
    "search: a whole name": page({ search: somebody.name }),
    "search: three letters": page({ search: somebody.name.slice(0, 3) }),
    "search: what all have": page({ search: "example" }),
    "search: all have it, locked out": page({ search: "example", state: "locked-out" }),
  };
  const medians: Record<string, number> = {};
  for (const [name, ask] of Object.entries(views)) medians[name] = await medianOf(ask);
  const plans: Record<string, string> = {};
  for (const [name, query] of Object.entries(PLANNED)) plans[name] = await explain(query);
  return { medians, plans, exported: await measureExport() };
}

async function medianOf(ask: () => Promise<unknown>): Promise<number> {
  for (let round = 0; round < WARM_UPS; round++) await ask();
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const begin = performance.now();
    await ask();
    times.push(performance.now() - begin);
  }
  return times.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? Number.NaN;
}

async function explain(query: string): Promise<string> {
  const client = new Client({ connectionString: process.env.DATABASE_URL });
  await client.connect();
  const { rows } = await client.query(
    `EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF, BUFFERS OFF) ${query}`,
  );
  await client.end();
  return rows.map((row) => row["QUERY PLAN"]).join("\n");
}

/** Memory is what is left after a collection, in megabytes, ten times along the way. */
async function measureExport(): Promise<Outcome["exported"]> {
  const { db } = await import("../lib/db/client");
  const { writePeople } = await import("../lib/admin/export-enrollment");
  const { READER } = await import("../lib/db/testing/administrators");
  const { parseEnrollmentView } = await import("../lib/admin/enrollment-view");
  const people = await (await db()).user.count();
  const begin = performance.now();
  const memory: number[] = [];
  let bytes = 0;
  let chunks = 0;
  const every = Math.max(1, Math.floor(people / 1000 / 10));
  const reader = writePeople(
    READER,
    parseEnrollmentView(() => undefined),
  ).getReader();
  for (let part = await reader.read(); part.value; part = await reader.read()) {
    bytes += part.value.byteLength;
    if (chunks++ % every === 0) {
      globalThis.gc?.();
      memory.push(Math.round(process.memoryUsage().rss / MEGABYTE));
    }
  }
  const seconds = Math.round((performance.now() - begin) / 1000);
  return { people, megabytes: Math.round(bytes / MEGABYTE), seconds, memory };
}

function print(outcomes: Outcome[]): void {
  const [first] = outcomes;
  if (!first) return;
  const heads = SIZES.map((size) => `${size.toLocaleString("en")} people`.padStart(18)).join("");
  console.log(`${"median, milliseconds".padEnd(34)}${heads}   ratio`);
  for (const name of Object.keys(first.medians)) {
    const times = outcomes.map(({ medians }) => medians[name] ?? Number.NaN);
    const ratio = (times.at(-1) ?? Number.NaN) / (times[0] ?? Number.NaN);
    console.log(
      name.padEnd(34) +
        times.map((time) => time.toFixed(2).padStart(18)).join("") +
        ratio.toFixed(2).padStart(8),
    );
  }
  for (const [name, plan] of Object.entries(outcomes.at(-1)?.plans ?? {})) {
    console.log(`\n${name}\n${plan}`);
  }
  for (const { exported } of outcomes) {
    const { people, megabytes, seconds, memory } = exported;
    console.log(
      `\nexport of ${people} people: ${megabytes} MB in ${seconds} s; resident megabytes along the way: ${memory.join(" ")}`,
    );
  }
}

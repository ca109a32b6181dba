import "server-only";
import path from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { PrismaPg } from "@prisma/adapter-pg";
import { Client } from "pg";
import { config } from "../config";
import { lockDirectory } from "./directory-lock";
import { embeddedAdapter } from "./embedded-adapter";
import { type Prisma, PrismaClient } from "./generated/client";
import { type AdapterFactory, applyMigrations } from "./migrate";
import { migrationAdapter } from "./migration-adapter";

const CHECKPOINT_MS = 60_000; // PGlite never checkpoints by itself, so its log would grow for ever
const LOCK_WAIT_MS = 5_000; // a server that is just ending lets go within this
const MIGRATION_LOCK = 7_273_539; // any number, the same on every server
const POOL_SIZE = 20;
/** The adapter writes times without their zone and reads them so. */
const IN_UTC = "-c timezone=UTC";

/** What may be used inside a transaction; the client itself would run outside it, or hang. */
export type Tx = Prisma.TransactionClient;

type Handle = { prisma: PrismaClient; close: () => Promise<void> };

// Next.js loads this module once for each of its bundles; the process has one database.
const HANDLE = Symbol.for("sparekey.database");
const shared = globalThis as { [HANDLE]?: Promise<Handle> | undefined };

/**
 * The database: opened and migrated at the first call. PostgreSQL with `DATABASE_URL`, otherwise
 * PGlite in `DATA_DIR/db`. Throws when it cannot be opened, `DirectoryInUse` when another process
 * has the embedded one.
 */
export async function db(): Promise<PrismaClient> {
  shared[HANDLE] ??= open();
  return (await shared[HANDLE]).prisma;
}

/** Closes the database, embedded after a checkpoint, and lets the next call of `db` open it anew. */
export async function closeDatabase(): Promise<void> {
  const handle = shared[HANDLE];
  shared[HANDLE] = undefined;
  await (await handle)?.close();
}

/**
 * Runs `work` in one transaction at the database's default isolation and returns its result.
 * Everything inside goes through `tx`; a throw rolls all of it back.
 */
export async function transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
  const prisma = await db();
  const committed: (() => void)[] = [];
  const result = await prisma.$transaction(
    (tx) => {
      afterCommits.set(tx, committed);
      return work(tx);
    },
    // Under a burst the embedded database runs one transaction at a time: waiting beats failing.
    { maxWait: 10_000, timeout: 10_000 },
  );
  for (const act of committed) act();
  return result;
}

const afterCommits = new WeakMap<Tx, (() => void)[]>();

/** Has `act` called once this transaction is committed, and never if it is rolled back. */
export function afterCommit(tx: Tx, act: () => void): void {
  afterCommits.get(tx)?.push(act);
}

/** Queries are not logged: they carry what people typed (LG-06). */
const newClient = (adapter: AdapterFactory) => new PrismaClient({ adapter });

function open(): Promise<Handle> {
  const { DATABASE_URL } = config();
  return DATABASE_URL ? openPostgres(DATABASE_URL) : openEmbedded();
}

async function openPostgres(connectionString: string): Promise<Handle> {
  await underMigrationLock(connectionString, () =>
    applyMigrations(migrationAdapter({ connectionString, options: IN_UTC })),
  );
  const prisma = newClient(new PrismaPg({ connectionString, options: IN_UTC, max: POOL_SIZE }));
  return { prisma, close: () => prisma.$disconnect() };
}

/** Servers that start together migrate one after the other. */
async function underMigrationLock(
  connectionString: string,
  migrate: () => Promise<void>,
): Promise<void> {
  const holder = new Client({ connectionString });
  await holder.connect();
  try {
    await holder.query("SELECT pg_advisory_lock($1)", [MIGRATION_LOCK]);
    await migrate();
  } finally {
    await holder.end();
  }
}

async function openEmbedded(): Promise<Handle> {
  const directory = path.join(/*turbopackIgnore: true*/ config().DATA_DIR, "db");
  const release = await lockDirectory(directory, {
    waitMs: LOCK_WAIT_MS,
    onLost: () => {
      // Two writers lose rows silently: better no server than a second one.
      console.error(`Another process took over the database in ${directory}: stopping.`);
      process.exit(1);
    },
  });
  const lite = await PGlite.create({ dataDir: directory });
  await applyMigrations(embeddedAdapter(lite));
  const prisma = newClient(embeddedAdapter(lite));
  const checkpoint = setInterval(() => void lite.exec("CHECKPOINT"), CHECKPOINT_MS);
  checkpoint.unref();
  return {
    prisma,
    close: async () => {
      clearInterval(checkpoint);
      await prisma.$disconnect();
      await lite.exec("CHECKPOINT");
      await lite.close();
      release();
    },
  };
}

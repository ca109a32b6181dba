import "server-only";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import {
  bindMigrationAwareSqlAdapterFactory,
  type SqlMigrationAwareDriverAdapterFactory,
} from "@prisma/driver-adapter-utils";
import type { MigrationList, SchemaEngine } from "@prisma/schema-engine-wasm";

/** Gives adapters for one database; migrations and the client each connect through their own. */
export type AdapterFactory = SqlMigrationAwareDriverAdapterFactory;

/**
 * Applies the migrations in prisma/migrations that the database lacks, with Prisma's engine in
 * WebAssembly, so that no binary is downloaded. The caller holds the database for itself: alone in
 * the process (embedded) or under an advisory lock (PostgreSQL). Throws when a migration fails.
 */
export async function applyMigrations(factory: AdapterFactory): Promise<void> {
  const engine = await openSchemaEngine(factory);
  await engine.applyMigrations({ migrationsList: listMigrations(), filters: NO_FILTERS });
}

/**
 * The SQL that leads from the migrations to prisma/schema.prisma; empty when they agree.
 * The database behind `factory` is used up as a scratch: give it an empty one.
 */
export async function diffMigrations(factory: AdapterFactory): Promise<string> {
  const engine = await openSchemaEngine(factory);
  const { stdout } = await engine.diff({
    from: { tag: "migrations", ...listMigrations() },
    to: { tag: "schemaDatamodel", files: [{ path: SCHEMA_PATH, content: readSchema() }] },
    script: true,
    exitCode: null,
    filters: NO_FILTERS,
  });
  return stdout ?? "";
}

const SCHEMA_PATH = "prisma/schema.prisma";
const NO_FILTERS = { externalTables: [], externalEnums: [] };

const projectFile = (...parts: string[]) =>
  path.join(/*turbopackIgnore: true*/ process.cwd(), ...parts);

const readSchema = () => readFileSync(projectFile(SCHEMA_PATH), "utf8");

async function openSchemaEngine(factory: AdapterFactory): Promise<SchemaEngine> {
  glueOnce ??= loadGlue();
  const glue = await glueOnce;
  return glue.SchemaEngine.new(
    { datamodels: [["schema.prisma", readSchema()]] },
    () => undefined,
    bindMigrationAwareSqlAdapterFactory(factory),
  );
}

// One instance a process: the glue keeps views of the memory of the first.
let glueOnce: ReturnType<typeof loadGlue> | undefined;

async function loadGlue() {
  const glue = await import("@prisma/schema-engine-wasm/schema_engine_bg");
  const require = createRequire(projectFile("package.json"));
  const wasm = path.join(
    path.dirname(require.resolve("@prisma/schema-engine-wasm")),
    "schema_engine_bg.wasm",
  );
  const module = new WebAssembly.Module(readFileSync(wasm));
  const { exports } = new WebAssembly.Instance(module, {
    "./schema_engine_bg.js": letProcessEnd(glue),
  });
  glue.__wbg_set_wasm(exports);
  (exports.__wbindgen_start as () => void)();
  return glue;
}

/** The engine begins a timer of ten seconds and never ends it: a process that is done need not wait for it. */
function letProcessEnd(glue: object): WebAssembly.ModuleImports {
  const imports = Object.entries(glue).map(([name, imported]) => {
    if (!name.startsWith("__wbg_setTimeout_")) return [name, imported];
    return [name, (act: () => void, ms: number) => setTimeout(act, ms).unref()];
  });
  return Object.fromEntries(imports);
}

function listMigrations(): MigrationList {
  const baseDir = projectFile("prisma", "migrations");
  const names = readdirSync(baseDir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  return {
    baseDir,
    lockfile: { path: "migration_lock.toml", content: 'provider = "postgresql"\n' },
    shadowDbInitScript: "",
    migrationDirectories: names.map((name) => ({
      path: name,
      migrationFile: {
        path: "migration.sql",
        content: {
          tag: "ok",
          value: readFileSync(path.join(baseDir, name, "migration.sql"), "utf8"),
        },
      },
    })),
  };
}

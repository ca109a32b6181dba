// Installs, generates and builds, each only when something it depends on has changed:
//   node bin/prepare.mjs install generate build
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

const LOCK = "package-lock.json";
const SCHEMA = "prisma/schema.prisma";
const SOURCE_FOLDERS = ["app", "components", "lib", "messages", "public"];
const NOT_BUILT = /\.test\.tsx?$|^lib\/db\/(generated|testing)\//;
const ROOT_FILES = /\.(json|[cm]?[jt]s)$|^\.env/; // next.config.ts, proxy.ts, tsconfig.json …
const NOT_FOR_BUILD =
  /^(next-env\.d|playwright\.config|vitest\.config|biome|knip|\.dependency-cruiser)\./;

const steps = {
  install() {
    once("node_modules/.sparekey-installed", [process.version, hashOf(LOCK)], () => {
      say("Installing packages (about a minute) …");
      run("npm", [
        "ci",
        "--include=dev",
        "--no-audit",
        "--no-fund",
        "--no-update-notifier",
        "--loglevel=error",
      ]);
    });
  },

  generate() {
    once("lib/db/generated/.sparekey-generated", [hashOf(LOCK), hashOf(SCHEMA)], () => {
      say("Generating the database client …");
      run("node_modules/.bin/prisma", ["generate"]);
    });
  },

  build() {
    const { status, stdout } = spawnSync(process.execPath, ["bin/action-key.mjs"], {
      stdio: ["ignore", "pipe", "inherit"],
      encoding: "utf8",
    });
    if (status !== 0) process.exit(1);
    const actionKey = stdout.trim();
    const sources = listSources().map((file) => `${file} ${hashOf(file)}`);
    once(".next/sparekey-built", [process.version, actionKey, ...sources], () => {
      say("Building (about a minute) …");
      run("node_modules/.bin/next", ["build"], { NEXT_SERVER_ACTIONS_ENCRYPTION_KEY: actionKey });
    });
  },
};

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  fail(`Sparekey needs Node 20.19 or newer; this is ${process.version} (${process.execPath}).`);
}
process.chdir(path.join(import.meta.dirname, ".."));
for (const step of process.argv.slice(2)) steps[step]();

function once(stamp, inputs, work) {
  const digest = createHash("sha256").update(inputs.join("\n")).digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === digest) return;
  // Gone before and written after the work, so that an interrupted step runs again.
  rmSync(stamp, { force: true });
  work();
  writeFileSync(stamp, digest);
}

function listSources() {
  const inFolders = SOURCE_FOLDERS.filter((folder) => existsSync(folder)).flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name)),
  );
  const inRoot = readdirSync(".").filter(
    (name) => ROOT_FILES.test(name) && !NOT_FOR_BUILD.test(name),
  );
  return [...inFolders.filter((file) => !NOT_BUILT.test(file)), ...inRoot, SCHEMA].sort();
}

function hashOf(file) {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}

function run(command, args, environment = {}) {
  const { status, error } = spawnSync(command, args, {
    stdio: ["ignore", "inherit", "inherit"],
    env: {
      ...process.env,
      NODE_ENV: "production",
      NEXT_TELEMETRY_DISABLED: "1",
      CHECKPOINT_DISABLE: "1",
      ...environment,
    },
  });
  if (status !== 0) fail(error?.message ?? `${command} ${args[0]} failed.`);
}

function say(line) {
  console.log(line);
}

function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}

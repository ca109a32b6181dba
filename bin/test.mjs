// Called by bin/test. Every runner's results are added up in the last line: "N passed, N failed".
import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { findChromium, findHeadlessShell } from "./chromium.mjs";
import { startPostgres } from "./postgres.mjs";

const RESULTS = "test-results";
const CHECKED = [
  "app",
  "bin",
  "components",
  "e2e",
  "lib",
  "messages",
  "prisma",
  "instrumentation.ts",
  "proxy.ts",
];
const CHECKS = {
  "Biome: style": [["biome", "check", "--error-on-warnings"]],
  "TypeScript: types": [
    ["next", "typegen"],
    ["tsc", "--noEmit"],
  ],
  "dependency-cruiser: who imports whom": [
    ["depcruise", "--config", ".dependency-cruiser.cjs", ...CHECKED.filter(existsSync)],
  ],
  "Knip: what nothing uses": [["knip"]],
};
// What would make the tests run on, or write to, something that is not theirs.
const OPERATORS_VARIABLES = [
  "APP_URL",
  "BCRYPT_COST",
  "DATABASE_URL",
  "DATA_DIR",
  "FAILURES_IN_ALL",
  "FAILURES_PER_ADDRESS",
  "HOST",
  "LOG_LEVEL",
  "MAIL_FROM",
  "METRICS_TOKEN",
  "MIGRATION_DATABASE_URL",
  "PORT",
  "PUSH_HOSTS",
  "SECRETS",
  "SETUP_TOKEN",
  "SIGNUP",
  "SMTP_URL",
  "TRUST_PROXY",
];

const [kind = "all", ...args] = process.argv.slice(2);
const kinds = {
  all: [runChecks, runUnitTests, runJourneys],
  checks: [runChecks],
  unit: [runUnitTests],
  e2e: [runJourneys],
};
if (!kinds[kind]) {
  console.error("Usage: bin/test [checks | unit [vitest arguments] | e2e [playwright arguments]]");
  process.exit(2);
}

for (const name of OPERATORS_VARIABLES) delete process.env[name];
Object.assign(process.env, { NEXT_TELEMETRY_DISABLED: "1", CHECKPOINT_DISABLE: "1" });
mkdirSync(RESULTS, { recursive: true });

// Everything temporary is inside, so that nothing is left of a run that was cut short.
const temporary = mkdtempSync(path.join(tmpdir(), "sparekey-tests-"));
chmodSync(temporary, 0o711); // PostgreSQL may run as another user, and passes through
process.env.TMPDIR = temporary;

const total = { passed: 0, failed: 0 };
const running = new Set();
let postgres;
let interrupted = false;
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    interrupted = true;
    for (const child of running) child.kill("SIGINT");
  });
}

try {
  for (const run of kinds[kind]) if (!interrupted) await run();
} catch (error) {
  console.error(error.message);
  total.failed += 1;
} finally {
  await postgres?.stop();
  rmSync(temporary, { recursive: true, force: true });
}
if (interrupted) process.exit(130);
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exit(total.failed > 0 ? 1 : 0);

async function runChecks() {
  for (const [name, commands] of Object.entries(CHECKS)) {
    title(name);
    let succeeded = true;
    for (const command of commands) succeeded &&= await execute(command);
    count({ passed: Number(succeeded), failed: Number(!succeeded) });
  }
}

async function runUnitTests() {
  await needPostgres();
  title("Vitest on the embedded database, and on PostgreSQL beside it");
  await Promise.all(["pglite", "postgres"].map(runUnitTestsOn));
}

async function runUnitTestsOn(engine) {
  const report = newReport(`unit-${engine}.json`);
  const succeeded = await execute(
    [
      "vitest",
      "run",
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${report}`,
    ].concat(args),
    { environment: { TEST_ENGINE: engine }, prefix: engine },
  );
  countReport(report, succeeded, ({ numPassedTests, numTotalTests, testResults }) => ({
    passed: numPassedTests,
    // A file that cannot be loaded has no tests, and is a failure all the same.
    failed:
      numTotalTests -
      numPassedTests +
      testResults.filter((file) => file.status === "failed" && file.assertionResults.length === 0)
        .length,
  }));
}

async function runJourneys() {
  title("Build");
  if (!(await execute([process.execPath, "bin/prepare.mjs", "build"]))) {
    throw new Error("The build failed, so there is nothing for a browser to open.");
  }
  await needPostgres();
  process.env.HEADLESS_SHELL_PATH = findHeadlessShell();
  process.env.CHROMIUM_PATH = findChromium();
  title("Playwright");
  const report = newReport("e2e.json");
  const succeeded = await execute(["playwright", "test", ...args]);
  countReport(report, succeeded, ({ stats }) => ({
    passed: stats.expected,
    failed: stats.unexpected + stats.flaky + stats.skipped,
  }));
}

async function needPostgres() {
  if (process.env.TEST_DATABASE_URL) return;
  postgres = await startPostgres();
  process.env.TEST_DATABASE_URL = postgres.url;
}

function newReport(name) {
  const report = `${RESULTS}/${name}`;
  rmSync(report, { force: true });
  return report;
}

// A runner that crashed, or ran nothing, has failed whatever its report says.
function countReport(report, succeeded, read) {
  const result = existsSync(report)
    ? read(JSON.parse(readFileSync(report, "utf8")))
    : { passed: 0, failed: 0 };
  if (result.failed === 0 && (!succeeded || result.passed === 0)) result.failed = 1;
  count(result);
}

function count({ passed, failed }) {
  total.passed += passed;
  total.failed += failed;
}

// In a process group of its own, so that Ctrl-C comes once, from here: the second one makes runners
// drop everything. What runs beside another has a `prefix` for its lines.
function execute([command, ...args], { environment = {}, prefix } = {}) {
  if (interrupted) return false;
  return new Promise((resolve) => {
    const local = `node_modules/.bin/${command}`;
    const output = prefix ? "pipe" : "inherit";
    const child = spawn(existsSync(local) ? local : command, args, {
      stdio: ["ignore", output, output],
      detached: true,
      env: { ...process.env, ...environment },
    });
    running.add(child);
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) {
        createInterface(stream).on("line", (line) => console.log(`[${prefix}] ${line}`));
      }
    }
    child.once("error", () => resolve(false));
    child.once("close", (code) => {
      running.delete(child);
      resolve(code === 0);
    });
  });
}

function title(text) {
  if (!interrupted) console.log(`\n── ${text} ──`);
}

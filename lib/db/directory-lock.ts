import "server-only";
import { randomUUID } from "node:crypto";
import fs from "node:fs";
import path from "node:path";

const HEARTBEAT_MS = 3_000;
const STALE_MS = 15_000; // five missed heartbeats; counts only where the holder cannot be looked at

type Holder = { id: string; pid: number; startedAt: string; boot: string; namespace: string };

/** The directory is held by another living process. */
export class DirectoryInUse extends Error {
  constructor(directory: string, holder: Holder | undefined) {
    super(
      `The database in ${directory} is in use by process ${holder?.pid ?? "(unknown)"}. ` +
        "Stop that process, choose another DATA_DIR, or set DATABASE_URL to share a PostgreSQL database.",
    );
  }
}

/**
 * Holds a directory for this process alone: two processes on one embedded database lose rows
 * without an error. The lock is a file beside the directory. A holder that was killed is noticed
 * at once (process id, its start time, boot and namespace), one on another host by its heartbeat.
 * Waits `waitMs` for a holder that is just ending, then throws `DirectoryInUse`. Calls `onLost`
 * if another process took the lock over. Returns the function that lets go.
 */
export async function lockDirectory(
  directory: string,
  { waitMs, onLost }: { waitMs: number; onLost: () => void },
): Promise<() => void> {
  fs.mkdirSync(directory, { recursive: true });
  const real = fs.realpathSync(directory);
  const lockFile = `${real}.lock`;
  const self = describeThisProcess();
  await claim({ lockFile, self, until: Date.now() + waitMs, directory: real });

  const isMine = () => parseHolder(readText(lockFile))?.id === self.id;
  // A file that cannot be read now (no descriptors are left, say) tells nothing: ask again later.
  const isLost = () => !isMine() && (readText(lockFile) !== "" || !fs.existsSync(lockFile));
  const heartbeat = setInterval(() => {
    if (!isLost()) return touch(lockFile);
    clearInterval(heartbeat);
    onLost();
  }, HEARTBEAT_MS);
  heartbeat.unref();
  return () => {
    clearInterval(heartbeat);
    if (isMine()) fs.rmSync(lockFile, { force: true });
  };
}

type Claim = { lockFile: string; self: Holder; until: number; directory: string };

async function claim({ lockFile, self, until, directory }: Claim): Promise<void> {
  // The file is linked in whole, so nobody ever reads half of it.
  const draft = `${lockFile}.${self.id}`;
  sweepOldDrafts(lockFile);
  fs.writeFileSync(draft, JSON.stringify(self), { mode: 0o600 });
  try {
    while (!linkIfAbsent(draft, lockFile)) {
      const seen = readText(lockFile);
      if (isStale(lockFile, seen) && removeUnchanged(lockFile, seen)) continue;
      if (Date.now() > until) throw new DirectoryInUse(directory, parseHolder(seen));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  } finally {
    fs.rmSync(draft, { force: true });
  }
}

function linkIfAbsent(from: string, to: string): boolean {
  try {
    fs.linkSync(from, to);
    return true;
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false;
    throw error;
  }
}

/** Removes a stale lock under a mutex, so that two successors cannot remove each other's. */
function removeUnchanged(lockFile: string, seen: string): boolean {
  const mutex = `${lockFile}.takeover`;
  try {
    fs.mkdirSync(mutex);
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
    if (ageMs(mutex) > STALE_MS) fs.rmSync(mutex, { recursive: true, force: true });
    return false;
  }
  try {
    if (readText(lockFile) !== seen) return false;
    fs.rmSync(lockFile, { force: true });
    return true;
  } finally {
    fs.rmSync(mutex, { recursive: true, force: true });
  }
}

function isStale(lockFile: string, content: string): boolean {
  const holder = parseHolder(content);
  // Linked in whole, so this is damage; empty, it may be one that was removed between two looks.
  if (!holder) return content !== "" || ageMs(lockFile) > STALE_MS;
  const sameMachine =
    holder.boot !== "" && holder.boot === bootId() && holder.namespace === processNamespace();
  if (!sameMachine) return ageMs(lockFile) > STALE_MS;
  return !isAlive(holder.pid) || isZombie(holder.pid) || startOf(holder.pid) !== holder.startedAt;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !hasCode(error, "ESRCH");
  }
}

function describeThisProcess(): Holder {
  return {
    id: randomUUID(),
    pid: process.pid,
    startedAt: startOf(process.pid),
    boot: bootId(),
    namespace: processNamespace(),
  };
}

const bootId = () => readText("/proc/sys/kernel/random/boot_id").trim();

// The fields of proc(5)'s stat from the third on; the name before them may hold spaces.
const fieldsOf = (pid: number) => readText(`/proc/${pid}/stat`).split(") ").pop()?.split(" ") ?? [];
const startOf = (pid: number) => fieldsOf(pid)[19] ?? "";

/** Killed, and not yet buried by its parent: as in a container whose first process is a shell. */
const isZombie = (pid: number) => /^[ZX]$/.test(fieldsOf(pid)[0] ?? "");

function processNamespace(): string {
  try {
    return fs.readlinkSync("/proc/self/ns/pid");
  } catch {
    return "";
  }
}

function sweepOldDrafts(lockFile: string): void {
  const folder = path.dirname(lockFile);
  for (const name of fs.readdirSync(folder)) {
    const file = path.join(/*turbopackIgnore: true*/ folder, name);
    const isDraft = name.startsWith(`${path.basename(lockFile)}.`) && !name.endsWith(".takeover");
    if (isDraft && ageMs(file) > STALE_MS) fs.rmSync(file, { force: true });
  }
}

function touch(file: string): void {
  const now = new Date();
  try {
    fs.utimesSync(file, now, now);
  } catch (error) {
    // Gone between two looks, or no descriptor left: the next heartbeat knows more.
    if (!hasCode(error, "ENOENT") && !hasCode(error, "EMFILE")) throw error;
  }
}

function ageMs(file: string): number {
  try {
    return Date.now() - fs.statSync(file).mtimeMs;
  } catch {
    return 0;
  }
}

function readText(file: string): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function parseHolder(content: string): Holder | undefined {
  try {
    return JSON.parse(content) as Holder;
  } catch {
    return undefined;
  }
}

const hasCode = (error: unknown, code: string) => (error as NodeJS.ErrnoException).code === code;

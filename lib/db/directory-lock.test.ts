import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { DirectoryInUse, lockDirectory } from "./directory-lock";
import { CHILD_COMMAND, type Child, runChild } from "./testing/run-child";

let folder: string;
let directory: string;
let children: Child[];
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "sparekey-lock-"));
  directory = path.join(folder, "db");
  children = [];
});
afterEach(async () => {
  for (const child of children) child.process.kill("SIGKILL");
  await Promise.all(children.map(({ ended }) => ended));
  rmSync(folder, { recursive: true, force: true });
});

describe("two processes on one embedded database lose rows, so", () => {
  test("a second process is refused with a sentence that says what to do", async () => {
    const [holder] = await startHolders(1);
    await tell(holder, /held/);
    const refusal = lock(200);
    await expect(refusal).rejects.toThrow(DirectoryInUse);
    await expect(refusal).rejects.toThrow(
      `The database in ${directory} is in use by process ${holder?.process.pid}. Stop that process, ` +
        "choose another DATA_DIR, or set DATABASE_URL to share a PostgreSQL database.",
    );
  });

  test("so is a second opening in the same process", async () => {
    const release = await lock(0);
    await expect(lock(200)).rejects.toThrow(`in use by process ${process.pid}.`);
    release();
    (await lock(0))();
  });

  test("a holder that was killed is succeeded at once by exactly one of five", async () => {
    const [holder] = await startHolders(1);
    await tell(holder, /held/);
    const racers = await startHolders(5);
    holder?.process.kill("SIGKILL");
    await holder?.ended;
    const began = Date.now();
    const answers = await Promise.all(racers.map((racer) => tell(racer, /held|refused/)));
    expect(answers.filter((answer) => answer === "held")).toHaveLength(1);
    const winner = racers[answers.indexOf("held")];
    const sentence = `in use by process ${winner?.process.pid}.`;
    for (const answer of answers) if (answer !== "held") expect(answer).toContain(sentence);
    expect(Date.now() - began, "no heartbeat was waited for").toBeLessThan(10_000);
    expect(racers.flatMap(({ lines }) => lines)).not.toContain("lost");
  });

  test("a killed holder that its parent has not reaped is succeeded at once too", async () => {
    // As in a container, where process 1 is often no init: a zombie keeps its number.
    const script = 'exec 3<&0; "$@" <&3 & echo $!; exec sleep 60';
    const command = [...CHILD_COMMAND, "hold", directory];
    const parent = spawn("sh", ["-c", script, "sh", ...command], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    try {
      const lines = createInterface(parent.stdout)[Symbol.asyncIterator]();
      const pid = Number((await lines.next()).value);
      expect((await lines.next()).value).toBe("ready");
      parent.stdin.write("go\n");
      expect((await lines.next()).value).toBe("held");
      process.kill(pid, "SIGKILL");
      await vi.waitUntil(() => readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z "));
      (await lock(1_000))();
    } finally {
      parent.kill("SIGKILL");
      await once(parent, "close");
    }
  });

  test("a process that loses the lock to another is told, so that it can stop", async () => {
    const onLost = vi.fn();
    const release = await lockDirectory(directory, { waitMs: 0, onLost });
    writeFileSync(`${directory}.lock`, JSON.stringify({ ...holderNow(), id: "somebody else" }));
    await vi.waitUntil(() => onLost.mock.calls.length > 0, { timeout: 10_000 });
    release();
    expect(holderNow().id, "what is not ours stays").toBe("somebody else");
  });
});

describe("a lock that nobody can hold any more", () => {
  test("is taken over at once when its process number belongs to another process now", async () => {
    await leaveLock((holder) => ({ ...holder, startedAt: "1" }));
    (await lock(0))();
  });

  test("of another machine counts until its heartbeat is fifteen seconds old", async () => {
    await leaveLock((holder) => ({ ...holder, boot: "another machine" }));
    await expect(lock(200)).rejects.toThrow(DirectoryInUse);
    const old = new Date(Date.now() - 16_000);
    utimesSync(`${directory}.lock`, old, old);
    (await lock(0))();
  });

  test("is taken over when nobody can read it", async () => {
    await leaveLock(() => ({}));
    writeFileSync(`${directory}.lock`, "{ half a hol");
    (await lock(0))();
  });
});

const lock = (waitMs: number) => lockDirectory(directory, { waitMs, onLost: () => undefined });
const holderNow = () => JSON.parse(readFileSync(`${directory}.lock`, "utf8"));

/** Leaves a lock file behind, as a process would that ended without letting go. */
async function leaveLock(change: (holder: object) => object): Promise<void> {
  const release = await lock(0);
  const holder = holderNow();
  release();
  writeFileSync(`${directory}.lock`, JSON.stringify(change(holder)));
}

async function startHolders(count: number): Promise<Child[]> {
  const started = Array.from({ length: count }, () => runChild(["hold", directory]));
  children.push(...started);
  await Promise.all(started.map((child) => child.line(/ready/)));
  return started;
}

/** Gives a child the word and waits for what becomes of it. */
async function tell(child: Child | undefined, answer: RegExp): Promise<string> {
  child?.process.stdin?.write("go\n");
  return (await child?.line(answer)) ?? "";
}

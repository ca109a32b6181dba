import "server-only";
import { availableParallelism } from "node:os";
import path from "node:path";
import { Piscina } from "piscina";

/**
 * In the order in which they are hashed. Whoever enters a code is already half in, and a code costs a
 * tenth; a browser that has logged in before, or has a session, is not held up by a flood of strangers.
 */
const LANES = ["codes", "known-passwords", "passwords"] as const;

export type HashLane = (typeof LANES)[number];

/** One secret with its own 128-bit salt. */
export type HashJob = { secret: string; salt: Uint8Array };

/** A promise that the next hash finds a worker; taken before an attempt is counted. */
export type HashPlace = {
  /** Hashes all jobs in one worker, in order, with bcrypt at 2^cost rounds. */
  hash: (task: { cost: number; jobs: HashJob[] }) => Promise<string[]>;
  /** Lets the next one in. Call it in a `finally`; a second call does nothing. */
  release: () => void;
};

export const WAITING_PLACES = 64; // about three seconds of passwords at cost 10; longer is a refusal, not a wait
const THREADS = Math.max(1, availableParallelism() - 1);
const IDLE_MS = 30_000;

/**
 * Takes a place in a lane of this server's hash queue, or returns `undefined` at once when 64 wait in
 * it already: the caller refuses with "busy" and has counted nothing (ASVS 15.2.2). Each lane has its
 * own places, so that a flood of passwords keeps no code out.
 */
export function takeHashPlace(lane: HashLane): HashPlace | undefined {
  const { pool, places } = workers();
  if (places[lane] >= WAITING_PLACES + THREADS) return undefined;
  places[lane] += 1;
  let held = true;
  return {
    hash: (task) => pool.run({ ...task, [Piscina.queueOptionsSymbol]: { lane } }),
    release: () => {
      if (held) places[lane] -= 1;
      held = false;
    },
  };
}

/** Ends the workers; for a process that is about to stop. */
export async function closeHashQueue(): Promise<void> {
  const running = shared[WORKERS];
  shared[WORKERS] = undefined;
  await running?.pool.destroy();
}

type Workers = { pool: Piscina; places: Record<HashLane, number> };

// Next.js loads this module once for each of its bundles; the process has one set of workers.
const WORKERS = Symbol.for("sparekey.hash-workers");
const shared = globalThis as { [WORKERS]?: Workers | undefined };

function workers(): Workers {
  shared[WORKERS] ??= {
    pool: new Piscina({
      filename: path.join(/*turbopackIgnore: true*/ process.cwd(), "lib", "hash-worker.mjs"),
      minThreads: 0,
      maxThreads: THREADS,
      idleTimeout: IDLE_MS,
      taskQueue: new LaneQueue(),
    }),
    places: { codes: 0, "known-passwords": 0, passwords: 0 },
  };
  return shared[WORKERS];
}

type Queue = NonNullable<NonNullable<ConstructorParameters<typeof Piscina>[0]>["taskQueue"]>;
type Task = Parameters<Queue["push"]>[0];

/** First come, first served within a lane; the lanes in their order. */
class LaneQueue implements Queue {
  private readonly lanes: Record<HashLane, Task[]> = {
    codes: [],
    "known-passwords": [],
    passwords: [],
  };

  get size(): number {
    return LANES.reduce((sum, lane) => sum + this.lanes[lane].length, 0);
  }

  push(task: Task): void {
    this.lanes[laneOf(task)].push(task);
  }

  shift(): Task | null {
    const lane = LANES.find((name) => this.lanes[name].length > 0);
    return (lane && this.lanes[lane].shift()) ?? null;
  }

  remove(task: Task): void {
    const lane = this.lanes[laneOf(task)];
    const index = lane.indexOf(task);
    if (index >= 0) lane.splice(index, 1);
  }
}

function laneOf(task: Task): HashLane {
  const options: { lane: HashLane } = Reflect.get(task, Piscina.queueOptionsSymbol);
  return options.lane;
}

import "server-only";
import { db } from "../db/client";

// A login page and a phone wait for the same rows, perhaps on different servers. Each server asks the
// database for all that wait on it together, so that a thousand waits cost one small query at a time, and
// none of them holds a connection.

const LOOK_MS = 150; // a screen goes on within a third of a second
const REMEMBERED_MS = 5 * 60_000; // longer than any request is open
const MAX_WATCHERS = 5_000; // on one server; beyond, they are answered at once and ask again

type Watcher = { userId: string; seen: string; wake: () => void };

type Watch = {
  watchers: Set<Watcher>;
  isLooking: boolean;
  /** The server stops: nobody waits any more. */
  isEnding: boolean;
  /** Ends the pause between two looks. */
  hurry: () => void;
};

// Next.js loads this module once for each of its bundles; the process has one watch. bin/serve.mjs, outside
// the bundles, ends the waits by this name when it stops.
const WATCH = Symbol.for("sparekey.approval-watch");
const END_WAITS = Symbol.for("sparekey.end-waits");
const shared = globalThis as { [WATCH]?: Watch; [END_WAITS]?: () => void };

function watch(): Watch {
  shared[WATCH] ??= {
    watchers: new Set(),
    isLooking: false,
    isEnding: false,
    hurry: () => undefined,
  };
  shared[END_WAITS] ??= endWaits;
  return shared[WATCH];
}

/**
 * Reads until there is news, and again whenever a request of the person changed on any server. Gives what it
 * read last when the time is `until`, the client leaves (`signal`) or the server stops, whichever is first.
 */
export async function readApprovals<T>({
  userId,
  read,
  isNews,
  until,
  signal,
}: {
  userId: string;
  read: () => Promise<T>;
  isNews: (value: T) => boolean;
  until: Date;
  signal: AbortSignal;
}): Promise<T> {
  for (;;) {
    const seen = (await findVersions([userId])).get(userId) ?? "";
    const value = await read();
    const isOver = signal.aborted || watch().isEnding || until.getTime() <= Date.now();
    if (isNews(value) || isOver || watch().watchers.size >= MAX_WATCHERS) return value;
    await untilChanged({ userId, seen, until, signal });
  }
}

/** Has this server look at once, and not at its next round: for who changes a request on it. */
export function wakeApprovalWatchers(): void {
  watch().hurry();
}

/** How many wait on this server. */
export function countApprovalWatchers(): number {
  return watch().watchers.size;
}

function untilChanged({
  userId,
  seen,
  until,
  signal,
}: {
  userId: string;
  seen: string;
  until: Date;
  signal: AbortSignal;
}): Promise<void> {
  const { watchers } = watch();
  return new Promise((resolve) => {
    const wake = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", wake);
      watchers.delete(watcher);
      resolve();
    };
    const watcher = { userId, seen, wake };
    const timer = setTimeout(wake, until.getTime() - Date.now());
    signal.addEventListener("abort", wake);
    watchers.add(watcher);
    void lookWhileWatched();
  });
}

async function lookWhileWatched(): Promise<void> {
  const state = watch();
  if (state.isLooking) return;
  state.isLooking = true;
  for (;;) {
    await pause();
    const watchers = [...state.watchers];
    if (watchers.length === 0) break; // nobody asks the database, which may be closed by now
    const versions = await findVersions(watchers.map(({ userId }) => userId)).catch(
      () => undefined,
    );
    for (const { userId, seen, wake } of watchers) {
      // Whoever is woken reads for themselves, and meets the database's error there.
      if (!versions || (versions.get(userId) ?? "") !== seen) wake();
    }
  }
  state.isLooking = false;
}

function pause(): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, LOOK_MS);
    watch().hurry = () => {
      clearTimeout(timer);
      resolve();
    };
  });
}

function endWaits(): void {
  const state = watch();
  state.isEnding = true;
  for (const { wake } of [...state.watchers]) wake();
}

/** For each person a text that changes whenever one of their recent requests does, or what it is asked for ends. */
async function findVersions(userIds: string[]): Promise<Map<string, string>> {
  const prisma = await db();
  const since = new Date(Date.now() - REMEMBERED_MS);
  const requests = await prisma.$queryRaw<{ userId: string }[]>`
    SELECT asked."userId"::text AS "userId", asked."id"::text AS "id", asked."decision", asked."endedAt",
      asked."usedAt", challenge."endedAt" AS "overAt"
    FROM "ApprovalRequest" asked
    LEFT JOIN "LoginChallenge" challenge ON challenge."id" = asked."loginChallengeId"
    WHERE asked."userId" = ANY(${[...new Set(userIds)]}::uuid[]) AND asked."createdAt" > ${since}
    ORDER BY asked."id"`;
  const versions = new Map<string, string>();
  for (const { userId, ...request } of requests) {
    versions.set(userId, `${versions.get(userId) ?? ""}${JSON.stringify(request)}`);
  }
  return versions;
}

import "server-only";
import ipaddr from "ipaddr.js";
import { RateLimiterPrisma, RateLimiterRes } from "rate-limiter-flexible";
import { config } from "../config";
import { db } from "../db/client";
import type { PrismaClient } from "../db/generated/client";
import type { RequestSource } from "../request-source";

/** Where somebody nobody knows can fail. */
export type Door = "password" | "setup-token" | "mail-link" | "pairing-phrase";

const WINDOW_SECONDS = 600;

/** Each door has less than all together, so that a flood at one leaves the others open. */
const SHARE_OF_ALL: Record<Door, number> = {
  password: 0.75,
  "setup-token": 0.05,
  "mail-link": 0.1,
  "pairing-phrase": 0.05,
};

/** How many failures are let through in ten minutes: the one table of them. */
export function failureLimits(): {
  windowSeconds: number;
  address: number;
  doors: Record<Door, number>;
  all: number;
} {
  const { FAILURES_PER_ADDRESS: address, FAILURES_IN_ALL: all } = config();
  const doorLimit = (door: Door) => Math.max(1, Math.floor(all * SHARE_OF_ALL[door]));
  const doors = {
    password: doorLimit("password"),
    "setup-token": doorLimit("setup-token"),
    "mail-link": doorLimit("mail-link"),
    "pairing-phrase": doorLimit("pairing-phrase"),
  };
  return { windowSeconds: WINDOW_SECONDS, address, doors, all };
}

export type Limited<T> = { limited: false; value: T } | { limited: true; until: Date };

/**
 * Judges an answer unless too many have failed in ten minutes: from its network address, at its door, or
 * in all (TH-09, the second layer; the first is the throttle of each account). Each is counted before it is
 * judged, in the database, so that no number of parallel guesses gets past a limit (ASVS 15.4.2), and given
 * back unless `hasFailed` says that the answer was a judged, wrong one. A refusal counts nothing. Throws
 * when the count cannot be kept: nothing is judged then.
 */
export async function withinFailureLimits<T>(
  { door, from, hasFailed }: { door: Door; from: RequestSource; hasFailed: (value: T) => boolean },
  judge: () => Promise<T>,
): Promise<Limited<T>> {
  const limiters = limitersOf(await db());
  const places: Place[] = [];
  for (const [limiter, key] of [
    [limiters.address, networkOf(from.address)],
    [limiters[door], "door"],
    [limiters.all, "all"],
  ] as const) {
    const place = await takePlace(limiter, key);
    places.push(place);
    if (!place.isFree) {
      await giveBack(places);
      return { limited: true, until: place.until };
    }
  }
  let failed = false;
  try {
    const value = await judge();
    failed = hasFailed(value);
    return { limited: false, value };
  } finally {
    if (!failed) await giveBack(places);
  }
}

/**
 * Counts a failure of somebody whom these limits do not refuse, because they are behind the password or in a
 * known browser and have a count of their own: it still tells something about their network address.
 */
export async function countFailure({ address }: RequestSource): Promise<void> {
  await limitersOf(await db()).address.penalty(networkOf(address));
}

/**
 * Whom an address stands for: an IPv4 address itself, also where it is written as IPv6; of IPv6 the first
 * 64 bits, since a household has all of them.
 */
export function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  if (!(parsed instanceof ipaddr.IPv6)) return parsed.toString();
  const network = [...parsed.parts.slice(0, 4), 0, 0, 0, 0];
  return `${new ipaddr.IPv6(network)}/64`;
}

type Place = { limiter: RateLimiterPrisma; key: string; isFree: boolean; until: Date };

async function takePlace(limiter: RateLimiterPrisma, key: string): Promise<Place> {
  const taken = await limiter.consume(key).then(
    ({ msBeforeNext }) => ({ isFree: true, msBeforeNext }),
    (refusal: unknown) => {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      return { isFree: false, msBeforeNext: refusal.msBeforeNext };
    },
  );
  const until = new Date(Date.now() + taken.msBeforeNext);
  return { limiter, key, isFree: taken.isFree, until };
}

/** A place of ten minutes that are over is not given back: it would be one more in the next ten. */
async function giveBack(places: Place[]): Promise<void> {
  for (const { limiter, key, until } of places) {
    if (until > new Date()) await limiter.reward(key);
  }
}

type Limiters = Record<"address" | "all" | Door, RateLimiterPrisma>;

const known = new WeakMap<PrismaClient, Limiters>();

function limitersOf(prisma: PrismaClient): Limiters {
  const limiters = known.get(prisma) ?? newLimiters(prisma);
  known.set(prisma, limiters);
  return limiters;
}

function newLimiters(storeClient: PrismaClient): Limiters {
  const { address, doors, all } = failureLimits();
  const limiter = (keyPrefix: string, points: number) =>
    new RateLimiterPrisma({
      storeClient,
      keyPrefix,
      points,
      duration: WINDOW_SECONDS,
      // One of them sweeps the table.
      clearExpiredByTimeout: keyPrefix === "all",
    });
  return {
    address: limiter("address", address),
    all: limiter("all", all),
    password: limiter("password", doors.password),
    "setup-token": limiter("setup-token", doors["setup-token"]),
    "mail-link": limiter("mail-link", doors["mail-link"]),
    "pairing-phrase": limiter("pairing-phrase", doors["pairing-phrase"]),
  };
}

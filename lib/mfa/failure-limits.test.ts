import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { db } from "../db/client";
import { FROM } from "../db/testing/people";
import { countFailure, type Door, failureLimits, networkOf } from "./failure-limits";

const MINUTE = 60_000;
const START = new Date("2026-11-24T12:00:00Z");

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: START });
});
afterEach(async () => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  vi.resetModules();
  const prisma = await db();
  await prisma.rateLimiterFlexible.deleteMany();
});

describe("whom a network address stands for", () => {
  test("TH-09 an IPv4 address stands for itself, also where it is written as IPv6", () => {
    expect(networkOf("203.0.113.7")).toBe("203.0.113.7");
    expect(networkOf("::ffff:203.0.113.7")).toBe("203.0.113.7");
    expect(networkOf("::FFFF:cb00:7107")).toBe("203.0.113.7");
    expect(networkOf("203.0.113.8")).not.toBe(networkOf("203.0.113.7"));
  });

  test("TH-09 of IPv6 the first 64 bits count, however they are written", () => {
    const network = networkOf("2001:db8:1:2::1");
    expect(network).toBe("2001:db8:1:2::/64");
    expect(networkOf("2001:0DB8:0001:0002:ffff:ffff:ffff:ffff")).toBe(network);
    expect(networkOf("2001:db8:1:3::1")).not.toBe(network);
  });

  test("what is no address has a count too, and breaks nothing", () => {
    expect(networkOf("unknown")).toBe("unknown");
  });
});

describe("failures in ten minutes", () => {
  test("TH-09 a hundred from one network address, then a wait until the ten minutes are over", async () => {
    expect(failureLimits()).toMatchObject({ windowSeconds: 600, address: 100, all: 20_000 });
    await answer(100, "wrong");
    vi.setSystemTime(Date.now() + 4 * MINUTE);
    expect(await answer(1, "right")).toEqual([new Date(START.getTime() + 10 * MINUTE)]);
    expect(await answer(1, "right", "198.51.100.1"), "a neighbour").toEqual(["right"]);
    vi.setSystemTime(START.getTime() + 10 * MINUTE);
    expect(await answer(100, "wrong"), "and then a hundred more").not.toContainEqual(
      expect.any(Date),
    );
    expect(await answer(1, "wrong")).toEqual([expect.any(Date)]);
  });

  test("TH-09 a household's IPv6 addresses have one count", async () => {
    const { within } = await serverWith({ FAILURES_PER_ADDRESS: "5" });
    for (let host = 1; host <= 5; host++) await within("wrong", `2001:db8:1:2::${host}`);
    expect(await within("right", "2001:db8:1:2:aaaa::9")).toEqual(expect.any(Date));
    expect(await within("right", "2001:db8:1:3::9")).toBe("right");
  });

  test.each([
    [{ FAILURES_PER_ADDRESS: "7" }, 7],
    [{ FAILURES_IN_ALL: "12" }, 9], // three quarters of it at the door of the password
  ])("TH-04 TH-09 with %o, of two hundred at once exactly %i are judged", async (limits, most) => {
    const { within, judged } = await serverWith(limits);
    const answers = await Promise.all(Array.from({ length: 200 }, () => within("wrong")));
    expect(judged()).toBe(most);
    expect(answers.filter((value) => value === "wrong")).toHaveLength(most);
  });

  test("TH-09 right answers and refusals count nothing", async () => {
    const { within } = await serverWith({ FAILURES_PER_ADDRESS: "3" });
    for (let time = 0; time < 20; time++) expect(await within("right")).toBe("right");
    await Promise.all(Array.from({ length: 3 }, () => within("wrong")));
    const before = await counts();
    for (let time = 0; time < 20; time++) expect(await within("right")).toEqual(expect.any(Date));
    expect(await counts()).toEqual(before);
  });

  test("TH-09 a flood at one door leaves the others open, and all doors together have a limit", async () => {
    const { within, limits } = await serverWith({ FAILURES_IN_ALL: "20" });
    expect(limits.doors).toEqual({
      password: 15,
      "setup-token": 1,
      "mail-link": 2,
      "pairing-phrase": 1,
    });
    let host = 0;
    const flood = async (door: Door) => {
      while ((await within("wrong", `198.51.100.${++host}`, door)) === "wrong");
    };
    await flood("password");
    expect(await within("right", FROM.address)).toEqual(expect.any(Date));
    expect(await within("right", FROM.address, "mail-link")).toBe("right");
    await flood("mail-link");
    await flood("setup-token");
    expect(await totalOf("all")).toBe(18);
    for (let time = 0; time < 2; time++) await addToAll();
    expect(await within("right", FROM.address)).toEqual(expect.any(Date));
  });

  test("TH-09 an answer that takes longer than the ten minutes gives nothing back to the next ones", async () => {
    const { within } = await serverWith({ FAILURES_PER_ADDRESS: "2" });
    await within("right", FROM.address, "password", async () => {
      vi.setSystemTime(Date.now() + 11 * MINUTE);
      await within("wrong");
    });
    await within("wrong");
    expect(await within("right"), "two failures are two").toEqual(expect.any(Date));
  });

  test("TH-09 whoever is counted without being refused uses up the network's failures", async () => {
    for (let failure = 0; failure < 100; failure++) await countFailure(FROM);
    expect(await answer(1, "right")).toEqual([expect.any(Date)]);
    await countFailure(FROM); // and is not refused itself
  });

  test("LG-04 when the count cannot be kept, nothing is judged", async () => {
    const prisma = await db();
    await prisma.$executeRaw`ALTER TABLE "RateLimiterFlexible" RENAME TO "away"`;
    try {
      const { within, judged } = await serverWith({});
      await expect(within("right")).rejects.toThrow();
      expect(judged()).toBe(0);
    } finally {
      await prisma.$executeRaw`ALTER TABLE "away" RENAME TO "RateLimiterFlexible"`;
    }
  });

  test("LG-04 when the judge breaks, the error stands and the count is as before", async () => {
    const { within } = await serverWith({ FAILURES_PER_ADDRESS: "1" });
    const broken = async () => {
      throw new Error("out of order");
    };
    await expect(within("right", FROM.address, "password", broken)).rejects.toThrow("out of order");
    expect(await within("right")).toBe("right");
  });
});

async function answer(times: number, value: string, address = FROM.address) {
  const { within } = await serverWith({});
  const answers = [];
  for (let time = 0; time < times; time++) answers.push(await within(value, address));
  return answers;
}

/** A server with these limits: what it says to an answer, or until when it refuses. */
async function serverWith(variables: Record<string, string>) {
  vi.resetModules();
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  const server = await import("./failure-limits");
  let judged = 0;
  const within = async (
    value: string,
    address = FROM.address,
    door: Door = "password",
    meanwhile: () => Promise<void> = async () => undefined,
  ) => {
    const from = { ...FROM, address };
    const hasFailed = (given: string) => given === "wrong";
    const outcome = await server.withinFailureLimits({ door, from, hasFailed }, async () => {
      judged += 1;
      await meanwhile();
      return value;
    });
    return outcome.limited ? outcome.until : outcome.value;
  };
  return { within, judged: () => judged, limits: server.failureLimits() };
}

async function counts() {
  const prisma = await db();
  return prisma.rateLimiterFlexible.findMany({ orderBy: { key: "asc" } });
}

async function totalOf(prefix: string): Promise<number> {
  const rows = await counts();
  return rows
    .filter(({ key }) => key.startsWith(`${prefix}:`))
    .reduce((sum, { points }) => sum + points, 0);
}

async function addToAll(): Promise<void> {
  const prisma = await db();
  await prisma.rateLimiterFlexible.updateMany({
    where: { key: { startsWith: "all:" } },
    data: { points: { increment: 1 } },
  });
}

import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { performance } from "node:perf_hooks";
import { afterEach, expect, test } from "vitest";
import { closeHashQueue, type HashLane, type HashPlace, takeHashPlace } from "./hash-queue";

const WAITING = 64;
const SALT = new Uint8Array(16);
const taken: HashPlace[] = [];
afterEach(() => {
  for (const place of taken.splice(0)) place.release();
});

test("PW-09 hashing leaves the event loop idle: the worker does it", async () => {
  const { hash } = take("passwords");
  await hash({ cost: 4, jobs: [{ secret: "warm", salt: SALT }] });
  const before = performance.eventLoopUtilization();
  await hash({ cost: 12, jobs: [{ secret: "mauve tugboats", salt: SALT }] });
  // On the main thread it would be above 0.9; the rest is this machine's noise.
  expect(performance.eventLoopUtilization(before).utilization).toBeLessThan(0.5);
});

test("PW-09 no source of the product but the hash worker names bcryptjs, so no other thread can load it", () => {
  const importers = ["app", "bin", "components", "lib", "prisma"].flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((file) => file.isFile() && /(?<!\.test)\.[cm]?[jt]sx?$/.test(file.name))
      .map((file) => path.join(file.parentPath, file.name))
      .filter((file) => /["'`]bcryptjs/.test(readFileSync(file, "utf8"))),
  );
  expect(importers).toEqual(["lib/hash-worker.mjs"]);
});

test.each(["codes", "known-passwords", "passwords"] as const)(
  "PW-09 of %s 64 wait and the next one is refused at once, until a place is free",
  (lane) => {
    const places = takeAll(lane);
    expect(places.length).toBeGreaterThan(WAITING); // those that are being hashed come on top
    expect(places.length).toBeLessThanOrEqual(WAITING + 64);
    expect(takeHashPlace(lane)).toBeUndefined();
    const [first] = places;
    first?.release();
    first?.release(); // a second release frees nothing
    expect(takeAll(lane)).toHaveLength(1);
  },
);

test("PW-09 TH-08 T03 a flood of passwords keeps no code and no known browser out", () => {
  takeAll("passwords");
  expect(takeHashPlace("passwords")).toBeUndefined();
  expect(take("known-passwords")).toBeDefined();
  takeAll("known-passwords");
  expect(take("codes")).toBeDefined();
});

test("PW-09 T03 what comes last is hashed first: a code, then a known browser's password, then the others", async () => {
  const done: string[] = [];
  const hash = async (lane: HashLane, name: string, cost: number) => {
    await take(lane).hash({ cost, jobs: [{ secret: name, salt: SALT }] });
    done.push(name);
  };
  const running = takeAll("codes").length - WAITING;
  for (const place of taken.splice(0)) place.release();
  await Promise.all([
    ...Array.from({ length: running }, () => hash("passwords", "running", 11)),
    ...Array.from({ length: 3 + running }, () => hash("passwords", "waiting", 10)),
    hash("known-passwords", "known", 4),
    hash("codes", "code", 4),
  ]);
  const [first, second] = done.filter((name) => name !== "running");
  expect([first, second]).toEqual(["code", "known"]);
});

test("RC-17 a job of ten comes back in its order, each hash with its own salt and cost", async () => {
  const salts = Array.from({ length: 10 }, (_, index) => new Uint8Array(16).fill(index));
  const jobs = salts.map((salt) => ({ secret: "A3K79QXWB4TNHRZ8", salt }));
  const { hash } = take("codes");
  const together = await hash({ cost: 4, jobs });
  const alone = await Promise.all(jobs.map((job) => hash({ cost: 4, jobs: [job] })));
  expect(together).toEqual(alone.flat());
  expect(new Set(together).size).toBe(10);
  for (const text of together) expect(text).toMatch(/^\$2b\$04\$[./A-Za-z0-9]{53}$/);
});

test("PW-08 the hashes are bcrypt: they agree with the published vectors", async () => {
  // From the test suite of OpenBSD's bcrypt and crypt_blowfish; the salt is written in bcrypt's base64.
  const vectors = [
    ["U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"],
    ["U*U*", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"],
  ] as const;
  // Twenty-one letters C are 000100 over and over: 126 bits of the 128.
  const bits = `${"000100".repeat(21)}00`;
  const salt = Uint8Array.from(bits.match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2));
  for (const [secret, expected] of vectors) {
    const [hash] = await take("codes").hash({ cost: 5, jobs: [{ secret, salt }] });
    expect(hash?.slice(4)).toBe(expected.slice(4)); // 2b differs from 2a beyond 255 bytes alone
  }
});

test("a queue that was closed works again for the next one who asks", async () => {
  await closeHashQueue();
  const hashes = await take("codes").hash({ cost: 4, jobs: [{ secret: "x", salt: SALT }] });
  expect(hashes).toHaveLength(1);
});

function take(lane: HashLane): HashPlace {
  const place = takeHashPlace(lane);
  if (!place) throw new Error("The hash queue is full.");
  taken.push(place);
  return place;
}

function takeAll(lane: HashLane): HashPlace[] {
  const places: HashPlace[] = [];
  for (let place = takeHashPlace(lane); place; place = takeHashPlace(lane)) places.push(place);
  taken.push(...places);
  return places;
}

import { randomUUID } from "node:crypto";
import { Client } from "pg";
import { Piscina } from "piscina";
import { startPostgres } from "../bin/postgres.mjs";

// What one answer with a recovery code costs: slow hashes, SQL statements, and time against the naive
// design, which compares the input with the digest of each of ten codes at a password's cost.

const RUNS = 20;
const SESSION_ID = randomUUID();
const PASSWORD = "forty quiet lanterns drift";
const from = { address: "127.0.0.1", userAgent: "bench" };
const request = { from, previousToken: undefined };

/** The median time of a right code, the first that is measured. */
let baselineMs = 0;

const count = { hashes: 0, statements: 0 };
const run = Piscina.prototype.run;
Piscina.prototype.run = function (task, options) {
  count.hashes += task.jobs.length;
  return run.call(this, task, options);
};
const query = Client.prototype.query;
Client.prototype.query = function (...parameters: unknown[]) {
  count.statements += 1;
  return Reflect.apply(query, this, parameters);
};

const postgres = await startPostgres();
process.env.DATABASE_URL = postgres.url;
process.env.SECRETS = `bench:${Buffer.alloc(32, 7).toString("base64")}`;
try {
  await measure();
} finally {
  await (await import("../lib/db/client")).closeDatabase();
  await (await import("../lib/hash-queue")).closeHashQueue();
  await postgres.stop();
}

async function measure(): Promise<void> {
  const { db } = await import("../lib/db/client");
  const prisma = await db();
  const ada = await enroll("ada@example.test");
  const bea = await enroll("bea@example.test");
  const { parseRecoveryCode, composeRecoveryCode, formatRecoveryCode } = await import(
    "../lib/mfa/recovery-code"
  );
  const madeUp = (letter: string, number: number) =>
    formatRecoveryCode(composeRecoveryCode({ letter, number }, "0123456789ABC"));
  const typo = (code: string) => `${code.slice(0, -1)}${code.endsWith("0") ? "1" : "0"}`;
  if (parseRecoveryCode(typo(ada.codes[0] ?? "")).code) throw new Error("That is no typo.");

  const clear = () =>
    prisma.throttle.updateMany({ data: { failures: 0, nextAttemptAt: new Date(0) } });
  const fresh = () => prisma.recoveryCode.updateMany({ data: { usedAt: null } });
  const spent = () => prisma.recoveryCode.updateMany({ data: { usedAt: new Date() } });
  const wait = () =>
    prisma.throttle.updateMany({
      where: { method: "recovery-codes" },
      data: { nextAttemptAt: new Date(Date.now() + 1e6) },
    });

  await report("right", () => ada.codes[2], [clear, fresh]);
  await report("wrong", () => madeUp("B", 3), [clear]);
  await report("spent", () => ada.codes[2], [clear, spent]);
  await report("another person's", () => bea.codes[2], [clear, fresh]);
  await report("no such set", () => madeUp("Z", 3), [clear]);
  await report("a typo", () => typo(ada.codes[2] ?? ""), [clear]);
  await report("a replaced set's", () => ada.oldCodes[2], [clear]);
  await report("during a wait", () => ada.codes[2], [clear, fresh, wait]);
  await naive();

  async function report(
    name: string,
    input: () => string | undefined,
    prepare: (() => Promise<unknown>)[],
  ) {
    const { findLoginChallenge } = await import("../lib/mfa/login-challenge");
    const { logInWithRecoveryCode } = await import("../lib/auth/log-in-with-method");
    const times: number[] = [];
    let cost = count;
    for (let round = 0; round < RUNS; round += 1) {
      const token = await beginChallenge("ada@example.test");
      for (const step of prepare) await step();
      Object.assign(count, { hashes: 0, statements: 0 });
      const start = performance.now();
      const challenge = await findLoginChallenge(token);
      if (!challenge) throw new Error("The challenge is over.");
      await logInWithRecoveryCode({ challenge, input: input() ?? "", ...request });
      times.push(performance.now() - start);
      cost = { ...count };
    }
    line(name, cost, times);
  }

  async function naive(): Promise<void> {
    const { takeHashPlace } = await import("../lib/hash-queue");
    const place = takeHashPlace("codes");
    if (!place) throw new Error("The hash queue is full.");
    const salt = new Uint8Array(16);
    const times: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      Object.assign(count, { hashes: 0, statements: 0 });
      const start = performance.now();
      await place.hash({
        cost: 10,
        jobs: Array.from({ length: 10 }, () => ({ secret: "x", salt })),
      });
      times.push(performance.now() - start);
    }
    place.release();
    line("naive: ten at cost 10", count, times);
  }
}

function line(name: string, { hashes, statements }: typeof count, times: number[]): void {
  const median = times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
  baselineMs ||= median;
  const ratio = (median / baselineMs).toFixed(2);
  console.log(
    `${name.padEnd(24)} hashes ${String(hashes).padStart(2)}   statements ${String(statements).padStart(2)}   time ${ratio} of a right code`,
  );
}

async function enroll(email: string): Promise<{ codes: string[]; oldCodes: string[] }> {
  const { createAccount } = await import("../lib/auth/accounts");
  const { db } = await import("../lib/db/client");
  const app = await import("../lib/mfa/authenticator-app");
  const { authenticatorCodeAt } = await import("../lib/mfa/authenticator-code");
  await createAccount({ name: "Bench", email, password: PASSWORD }, request);
  const { id: userId } = await (await db()).user.findFirstOrThrow({ where: { email } });
  const display = { issuer: "Sparekey", account: email };
  const { setupKey } = await app.beginAuthenticatorApp({ userId, sessionId: SESSION_ID }, display);
  await app.verifyAuthenticatorAppEnrollment({
    userId,
    sessionId: SESSION_ID,
    input: authenticatorCodeAt(setupKey, new Date()),
    display,
    from,
    authorize: async () => ({ amr: ["pwd"], restrictedUntil: null }),
    onVerified: async () => undefined,
  });
  const first = await generate(userId, null);
  const second = await generate(userId, first.id);
  return { codes: second.codes, oldCodes: first.codes };
}

async function generate(userId: string, knownSetId: string | null) {
  const { generateRecoveryCodeSet } = await import("../lib/mfa/recovery-code-sets");
  const result = await generateRecoveryCodeSet({
    userId,
    knownSetId,
    previous: "stop-now",
    steppedUpBy: ["otp"],
    from,
    authorize: async () => undefined,
  });
  if (!result.generated) throw new Error(`No set was generated: ${result.reason}.`);
  return { id: result.set.id, codes: result.codes };
}

async function beginChallenge(email: string): Promise<string> {
  const { logInWithPassword } = await import("../lib/auth/log-in");
  const result = await logInWithPassword({
    email,
    password: PASSWORD,
    returnTo: "/account",
    ...request,
  });
  if (!result.verified || !result.challenge) throw new Error("The login began no challenge.");
  return result.challenge.token;
}

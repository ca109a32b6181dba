import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { startPostgres } from "../bin/postgres.mjs";

// How many of many guesses at once are judged, over two servers (processes) on one database: the cap is what
// is free before the first wait. Prints guesses sent, judged and the cap, for each kind of guess.

const SERVERS = 2;
const GUESSES = 500;
const CAP = 5;
const KINDS = ["password", "authenticator-app", "recovery-codes"] as const;
const EMAIL = "ada@example.test";
const PASSWORD = "forty quiet lanterns drift";
const FROM = { address: "127.0.0.1", userAgent: "bench" };

type Kind = (typeof KINDS)[number];
type Order = { kind: Kind; guesses: number };
type Outcome = { judged: number; refused: number };

if (process.send) await guessOnOrder();
else await orderAll();

async function orderAll(): Promise<void> {
  const postgres = await startPostgres();
  process.env.DATABASE_URL = postgres.url;
  process.env.SECRETS = `bench:${Buffer.alloc(32, 7).toString("base64")}`;
  process.env.LOG_LEVEL = "silent";
  const servers = Array.from({ length: SERVERS }, () => fork(fileURLToPath(import.meta.url)));
  try {
    await enroll();
    await Promise.all(servers.map((server) => once(server, "message")));
    console.log("guesses at              sent  judged  cap");
    for (const kind of KINDS) print(kind, await guessEverywhere(servers, kind));
  } finally {
    for (const server of servers) server.disconnect();
    await Promise.all(servers.map((server) => once(server, "exit")));
    await (await import("../lib/db/client")).closeDatabase();
    await (await import("../lib/hash-queue")).closeHashQueue();
    await postgres.stop();
  }
}

async function guessEverywhere(servers: ChildProcess[], kind: Kind): Promise<Outcome[]> {
  const order: Order = { kind, guesses: GUESSES / SERVERS };
  return Promise.all(
    servers.map(async (server) => {
      const answer = once(server, "message");
      server.send(order);
      const [outcome]: Outcome[] = await answer;
      return outcome ?? { judged: 0, refused: 0 };
    }),
  );
}

function print(kind: Kind, outcomes: Outcome[]): void {
  const sum = (of: (outcome: Outcome) => number) =>
    outcomes.reduce((total, outcome) => total + of(outcome), 0);
  const judged = sum((outcome) => outcome.judged);
  const sent = judged + sum((outcome) => outcome.refused);
  console.log(
    `${kind.padEnd(22)} ${String(sent).padStart(5)} ${String(judged).padStart(7)} ${String(CAP).padStart(4)}`,
  );
  if (judged !== CAP) process.exitCode = 1;
}

/** One server: makes its guesses at the same moment, and says what became of them. */
async function guessOnOrder(): Promise<void> {
  const { closeDatabase, db } = await import("../lib/db/client");
  await db();
  process.on("message", async ({ kind, guesses }: Order) => {
    const guess = await prepareGuess(kind);
    const answers = await Promise.all(Array.from({ length: guesses }, (_, index) => guess(index)));
    const judged = answers.filter((reason) => reason === "wrong").length;
    process.send?.({ judged, refused: answers.length - judged } satisfies Outcome);
  });
  process.once("disconnect", async () => {
    await closeDatabase();
    await (await import("../lib/hash-queue")).closeHashQueue();
  });
  process.send?.("ready");
}

/** A wrong guess, which gives the reason of its refusal. */
async function prepareGuess(kind: Kind): Promise<(index: number) => Promise<string>> {
  const { logInWithPassword } = await import("../lib/auth/log-in");
  const request = { returnTo: "/account", previousToken: undefined, from: FROM };
  if (kind === "password") {
    return async (index) => {
      const password = `guess number ${index}`;
      return reasonOf(await logInWithPassword({ email: EMAIL, password, ...request }));
    };
  }
  const { findLoginChallenge } = await import("../lib/mfa/login-challenge");
  const { logInWithAuthenticatorApp, logInWithRecoveryCode } = await import(
    "../lib/auth/log-in-with-method"
  );
  const challenge = await findLoginChallenge(await beginChallenge());
  if (!challenge) throw new Error("The challenge is over.");
  const answer = { challenge, previousToken: undefined, from: FROM };
  if (kind === "authenticator-app") {
    return async (index) => {
      const input = String(index).padStart(6, "0");
      return reasonOf(await logInWithAuthenticatorApp({ ...answer, input }));
    };
  }
  const { composeRecoveryCode, formatRecoveryCode } = await import("../lib/mfa/recovery-code");
  return async (index) => {
    const random = String(index).padStart(13, "0");
    const code = composeRecoveryCode({ letter: "A", number: 3 }, random);
    return reasonOf(await logInWithRecoveryCode({ ...answer, input: formatRecoveryCode(code) }));
  };
}

const reasonOf = (result: { verified: true } | { verified: false; reason: string }) =>
  result.verified ? "right" : result.reason;

/** A challenge past the password, whose waits the guesses before have begun. */
async function beginChallenge(): Promise<string> {
  const { db, transaction } = await import("../lib/db/client");
  const { beginLoginChallenge } = await import("../lib/mfa/login-challenge");
  const { id: userId } = await (await db()).user.findFirstOrThrow({ where: { email: EMAIL } });
  const begun = { userId, returnTo: "/account", from: FROM };
  return (await transaction((tx) => beginLoginChallenge(tx, begun))).token;
}

/** Somebody with an app and ten recovery codes, so that every guess meets what it guesses at. */
async function enroll(): Promise<void> {
  const { createAccount } = await import("../lib/auth/accounts");
  const { db } = await import("../lib/db/client");
  const request = { from: FROM, previousToken: undefined };
  await createAccount({ name: "Ada", email: EMAIL, password: PASSWORD }, request);
  const { id: userId } = await (await db()).user.findFirstOrThrow({ where: { email: EMAIL } });
  const { storeApp } = await import("../lib/db/testing/people");
  await storeApp(userId);
  const { generateRecoveryCodeSet } = await import("../lib/mfa/recovery-code-sets");
  const result = await generateRecoveryCodeSet({
    userId,
    knownSetId: null,
    previous: "stop-now",
    steppedUpBy: ["pwd", "otp", "mfa"],
    from: FROM,
    authorize: async () => undefined,
  });
  if (!result.generated) throw new Error(`There are no codes to guess at: ${result.reason}.`);
}

// What a test needs a second process for; `runChild` starts it. Writes one line for each thing done.
import { once } from "node:events";
import { logInWithRecoveryCode } from "../../auth/log-in-with-method";
import { discardRecoveryCodeSet } from "../../mfa/end-recovery-code-sets";
import { beginLoginChallenge, findLoginChallenge } from "../../mfa/login-challenge";
import {
  confirmRecoveryCodeSet,
  generateRecoveryCodeSet,
  type PreviousSet,
} from "../../mfa/recovery-code-sets";
import { recordAuditEvent } from "../../notices/audit-event";
import { sendDueMail, startOutboxWorker } from "../../notices/outbox-worker";
import { sealAuditEvents } from "../../notices/seal-audit-events";
import { obtainVapidKeys } from "../../notices/vapid-keys";
import { verifyAuditChain } from "../../notices/verify-audit-chain";
import { closeDatabase, db, transaction } from "../client";
import { lockDirectory } from "../directory-lock";
import { allow, createPersonWithApp, FROM } from "./people";

const WRITERS = 4;
const [task, directory = ""] = process.argv.slice(2);
const say = (line: string) => process.stdout.write(`${line}\n`); // into a pipe: synchronous

/** Waits for a word, then tries to lock the directory, and keeps it until the process is killed. */
async function hold(): Promise<void> {
  say("ready");
  await once(process.stdin, "data");
  try {
    await lockDirectory(directory, { waitMs: 1_000, onLost: () => say("lost") });
    say("held");
  } catch (error) {
    say(`refused: ${error instanceof Error ? error.message : error}`);
  }
  setInterval(() => undefined, 60_000);
}

/** Writes rows without end, and says the number of each when it is committed. */
async function write(): Promise<void> {
  await db();
  say("open");
  let next = 0;
  const writer = async () => {
    for (;;) {
      const number = next++;
      const from = { address: String(number), userAgent: "child" };
      await transaction((tx) => recordAuditEvent(tx, { type: "login", from }));
      say(String(number));
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, writer));
}

/** Records three events, seals them, and says how the chain is. */
async function audit(): Promise<void> {
  await db();
  for (const address of ["1", "2", "3"]) {
    const from = { address, userAgent: "child" };
    await transaction((tx) => recordAuditEvent(tx, { type: "login", from }));
  }
  say(`sealed ${await sealAuditEvents()}`);
  const { whole } = await verifyAuditChain();
  say(whole ? "whole" : "broken");
  await closeDatabase();
}

/** Says the numbers of all rows that are there. */
async function read(): Promise<void> {
  const prisma = await db();
  const rows = await prisma.auditEvent.findMany({ select: { address: true } });
  say(rows.map(({ address }) => address).join(" "));
  await closeDatabase();
}

/** Replaces the sets of one person in every way without end, and says each step when it is committed. */
async function replaceSets(): Promise<void> {
  const prisma = await db();
  const { id: userId } = (await prisma.user.findFirst()) ?? {
    id: (await createPersonWithApp()).userId,
  };
  const request = { userId, from: FROM, authorize: allow };
  let steps = 0;
  const generate = async (previous: PreviousSet): Promise<string> => {
    const { newestRecoveryCodeSetId: knownSetId } = await prisma.user.findFirstOrThrow();
    const result = await generateRecoveryCodeSet({
      ...request,
      knownSetId,
      previous,
      steppedUpBy: ["otp"],
    });
    if (!result.generated) throw new Error(result.reason);
    say(`step ${++steps}`);
    return result.set.id;
  };
  for (;;) {
    await confirmRecoveryCodeSet({ ...request, setId: await generate("keep-until-confirmed") });
    say(`step ${++steps}`);
    await discardRecoveryCodeSet({ ...request, setId: await generate("keep-until-confirmed") });
    say(`step ${++steps}`);
    await generate("keep-until-confirmed");
    await generate("stop-now");
  }
}

/** Says of all sets, in the order in which they were made, what they have. */
async function listSets(): Promise<void> {
  const prisma = await db();
  const user = await prisma.user.findFirstOrThrow();
  const sets = await prisma.recoveryCodeSet.findMany({
    orderBy: { generatedAt: "asc" },
    include: { codes: true },
  });
  const told = sets.map(({ id, endedAt, codes }) => ({
    ended: endedAt !== null,
    newest: id === user.newestRecoveryCodeSetId,
    codes: codes.length,
    digests: codes.filter(({ salt, sealedDigest }) => salt && sealedDigest).length,
  }));
  say(JSON.stringify(told));
  await closeDatabase();
}

/**
 * Logs one person in with one recovery code after the other without end, while its outbox sends the mails
 * of that. Says first what an earlier child left unsent, then each login as it begins and ends.
 */
async function logInWithCodes(): Promise<void> {
  const prisma = await db();
  say(`unsent ${await prisma.mail.count({ where: { sentAt: null } })}`);
  startOutboxWorker();
  const { id: userId } = (await prisma.user.findFirst()) ?? {
    id: (await createPersonWithApp()).userId,
  };
  for (;;) {
    const { newestRecoveryCodeSetId: knownSetId } = await prisma.user.findFirstOrThrow();
    const result = await generateRecoveryCodeSet({
      userId,
      knownSetId,
      previous: "stop-now",
      steppedUpBy: ["otp"],
      from: FROM,
      authorize: allow,
    });
    if (!result.generated) throw new Error(result.reason);
    for (const input of result.codes) {
      const { token } = await transaction((tx) =>
        beginLoginChallenge(tx, { userId, returnTo: "/account", from: FROM }),
      );
      const challenge = await findLoginChallenge(token);
      if (!challenge) throw new Error("There is no challenge.");
      say("begun");
      const login = { challenge, input, previousToken: undefined, from: FROM };
      if (!(await logInWithRecoveryCode(login)).verified) throw new Error("The code was refused.");
      say("in");
    }
  }
}

/** Sends what mail is left, as if every claim were over, and says what agrees with what. */
async function judgeLogins(): Promise<void> {
  const prisma = await db();
  await prisma.mail.updateMany({ where: { sentAt: null }, data: { nextAttemptAt: new Date() } });
  while ((await sendDueMail()) > 0);
  const [counts] = await prisma.$queryRaw<Record<string, number>[]>`
    WITH spent AS (SELECT "loginChallengeId" AS "by" FROM "RecoveryCode" WHERE "usedAt" IS NOT NULL),
      used AS (SELECT "id" FROM "AuditEvent" WHERE "type" = 'recovery_code_used')
    SELECT (SELECT count(*)::int FROM spent) AS "spent",
      (SELECT count(*)::int FROM "Session") AS "sessions",
      (SELECT count(*)::int FROM spent
        WHERE NOT EXISTS (SELECT 1 FROM "Session" s WHERE s."loginChallengeId" = "by")) AS "spentWithoutSession",
      (SELECT count(*)::int FROM "Session" s
        WHERE (SELECT count(*) FROM spent WHERE "by" = s."loginChallengeId") <> 1) AS "sessionsWithoutSpent",
      (SELECT count(*)::int FROM used) AS "events",
      (SELECT count(*)::int FROM used e
        WHERE (SELECT count(*) FROM "Mail" m WHERE m."eventId" = e."id") <> 1) AS "eventsWithoutOneMail",
      (SELECT count(*)::int FROM "Mail" WHERE "sentAt" IS NULL) AS "unsent"`;
  const mails = await prisma.mail.findMany({ select: { id: true } });
  say(JSON.stringify({ ...counts, mails: mails.map(({ id }) => id).sort() }));
  await closeDatabase();
}

/** Waits for a word, then says which key for push services this server has. */
async function vapidKeys(): Promise<void> {
  await db();
  say("ready");
  await once(process.stdin, "data");
  say(`key ${(await obtainVapidKeys()).publicKey}`);
  await closeDatabase();
  process.exit();
}

const tasks: Record<string, () => Promise<void>> = {
  hold,
  write,
  audit,
  read,
  replaceSets,
  listSets,
  logInWithCodes,
  judgeLogins,
  vapidKeys,
};
await tasks[task ?? ""]?.();

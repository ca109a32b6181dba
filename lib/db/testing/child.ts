// What a test needs a second process for; `runChild` starts it. Writes one line for each thing done.
import { once } from "node:events";
import { discardRecoveryCodeSet } from "../../mfa/end-recovery-code-sets";
import {
  confirmRecoveryCodeSet,
  generateRecoveryCodeSet,
  type PreviousSet,
} from "../../mfa/recovery-code-sets";
import { recordAuditEvent } from "../../notices/audit-event";
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

const tasks: Record<string, () => Promise<void>> = { hold, write, read, replaceSets, listSets };
await tasks[task ?? ""]?.();

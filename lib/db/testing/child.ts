// What a test needs a second process for; `runChild` starts it. Writes one line for each thing done.
import { once } from "node:events";
import { recordAuditEvent } from "../../notices/audit-event";
import { closeDatabase, db, transaction } from "../client";
import { lockDirectory } from "../directory-lock";

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

const tasks: Record<string, () => Promise<void>> = { hold, write, read };
await tasks[task ?? ""]?.();

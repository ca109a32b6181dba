import { open } from "node:fs/promises";
import { parseArgs } from "node:util";
import { closeDatabase } from "../lib/db/client";
import { HEAD_LOGGED_AS } from "../lib/notices/seal-audit-events";
import { type Break, type LoggedHead, verifyAuditChain } from "../lib/notices/verify-audit-chain";

// Computes the chain of the audit log again, and compares it with the ends that servers logged.

const USAGE = "Usage: bin/verify-audit [--head <position>:<hash>] [--log <file of server lines>]";

try {
  const { head, log } = parseArguments();
  const report = await verifyAuditChain(listHeads(head, log));
  if (!report.whole) throw new Error(sentenceOf(report.found));
  const { sealed, pending, heads } = report;
  console.log(
    `The audit log is whole. Sealed events: ${sealed}; waiting to be sealed: ${pending}; logged ends that agree: ${heads}.`,
  );
  if (log !== undefined && heads === 0)
    throw new Error(`${log} tells no end of the chain, so a cut cannot be seen.`);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
} finally {
  await closeDatabase();
}

function parseArguments(): { head: LoggedHead | undefined; log: string | undefined } {
  const { head, log } = readArguments();
  if (head === undefined) return { head, log };
  const [, position = "", hash = ""] = /^(\d{1,18}):([0-9a-f]{64})$/i.exec(head) ?? [];
  if (!hash) throw new Error(USAGE);
  return { head: { position: BigInt(position), hash: hash.toLowerCase() }, log };
}

function readArguments() {
  try {
    return parseArgs({ options: { head: { type: "string" }, log: { type: "string" } } }).values;
  } catch {
    throw new Error(USAGE);
  }
}

async function* listHeads(
  head: LoggedHead | undefined,
  log: string | undefined,
): AsyncGenerator<LoggedHead> {
  if (head) yield head;
  if (log === undefined) return;
  const file = await open(log).catch(() => {
    throw new Error(`The log ${log} cannot be read.`);
  });
  for await (const line of file.readLines()) {
    const logged = parseLogLine(line);
    if (logged) yield logged;
  }
}

function parseLogLine(line: string): LoggedHead | undefined {
  if (!line.includes(HEAD_LOGGED_AS)) return undefined;
  // What collects the lines may put the time and the server before them.
  const json = line.slice(Math.max(0, line.indexOf("{")));
  try {
    const { event, position, hash } = JSON.parse(json);
    if (event === HEAD_LOGGED_AS) return { position: BigInt(position), hash: `${hash}` };
  } catch {
    // A line that was cut off: the others tell enough.
  }
  return undefined;
}

function sentenceOf(found: Break): string {
  const wrong = "The audit log is not as it was written";
  switch (found.reason) {
    case "missing-position":
      return `${wrong}: position ${found.position} of the chain is missing.`;
    case "removed":
      return `${wrong}: the event at position ${found.position} was removed.`;
    case "changed":
      return `${wrong}: the event at position ${found.position} was changed, or another one is in its place.`;
    case "unknown-key":
      return `Position ${found.position} cannot be checked: SECRETS lacks the key "${found.keyId}" that sealed it.`;
    case "cut":
      return `${wrong}: a server logged position ${found.position}, and the chain has no such position. Its end was cut off, or an older copy of the database was put back.`;
    case "other-head":
      return `${wrong}: at position ${found.position} the chain has another hash than a server logged. It was cut off or made anew.`;
    case "never-queued":
      return `${wrong}: the event ${found.eventId} has no place in the chain and does not wait for one.`;
    case "removed-waiting":
      return `${wrong}: the event ${found.eventId} was removed before it was sealed.`;
  }
}

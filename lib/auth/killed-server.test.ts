import { randomInt } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { copyTemplate } from "../db/testing/copy-template";
import { runChild } from "../db/testing/run-child";

const KILLS = Number(process.env.KILLS ?? 10); // bin/bench does a hundred
const LOGINS = 3; // by then codes, sessions and mails are under way
const LATEST_MS = 150; // several logins long

test(`RC-05 RC-06 LC-02 after ${KILLS} kills at random moments no code is spent without its session, no session is there without its code, and every mail is out once`, {
  timeout: 15 * 60_000,
}, async () => {
  const dataDir = mkdtempSync(path.join(tmpdir(), "sparekey-killed-"));
  const { databaseUrl, remove } = await copyTemplate(dataDir);
  const run = (task: string) => runChild([task], dataDir, databaseUrl);
  try {
    let [inFlight, unsent] = [0, 0];
    for (let kill = 0; kill < KILLS; kill += 1) {
      const server = run("logInWithCodes");
      unsent += Number((await server.line(/^unsent \d/)).slice("unsent ".length)) > 0 ? 1 : 0;
      const begun = () => server.lines.filter((line) => line === "begun").length;
      while (begun() < LOGINS) {
        await server.line(/^begun$/);
        await sleep(1);
      }
      await sleep(randomInt(LATEST_MS));
      const inside = server.lines.filter((line) => line === "in").length;
      if (begun() > inside) inFlight += 1;
      server.process.kill("SIGKILL");
      await server.ended;
    }
    const judge = run("judgeLogins");
    await judge.ended;
    const { mails, spent, sessions, events, ...violations } = JSON.parse(judge.lines.join(""));
    expect(violations).toEqual({
      spentWithoutSession: 0,
      sessionsWithoutSpent: 0,
      eventsWithoutOneMail: 0,
      unsent: 0,
    });
    expect(sessions).toBe(spent);
    expect(events).toBe(spent);
    expect(spent).toBeGreaterThanOrEqual(KILLS * (LOGINS - 1));
    expect(readMessageIds(dataDir)).toEqual(mails);
    // Kills that hit nothing prove nothing.
    expect(inFlight, "killed while a code was being spent").toBeGreaterThan(KILLS / 10);
    expect(unsent, "killed between a commit and its mail").toBeGreaterThan(KILLS / 20);
    console.log(
      JSON.stringify({ kills: KILLS, inFlight, unsent, spent, sessions, mails: mails.length }),
    );
  } finally {
    await remove();
    rmSync(dataDir, { recursive: true, force: true });
  }
});

/** The ids of the mails that left, from their Message-IDs. */
function readMessageIds(dataDir: string): string[] {
  const folder = path.join(dataDir, "mail");
  const letters = readdirSync(folder).filter((name) => name.endsWith(".eml"));
  return letters
    .map((name) => readFileSync(path.join(folder, name), "utf8"))
    .map((letter) => /^Message-ID: <([^@]+)@/im.exec(letter)?.[1] ?? "")
    .sort();
}

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Browser, chromium, type Page } from "@playwright/test";
import { findChromium } from "../bin/chromium.mjs";
import { startPostgres } from "../bin/postgres.mjs";
import { type Person, somebodyNew } from "../e2e/people";
import { PlainBrowser } from "../e2e/plain-browser";
import { launchServer, type Server, type Sql } from "../e2e/servers";
import { SigningPhone } from "../e2e/signing-phone";

// Two servers on one PostgreSQL. How long it takes from the phone's answer at the one until the login page,
// which waits at the other, knows of it, and until it has gone on to the account. And how many of many
// notifications that a stranger with the password asks for are sent.

const RUNS = 50;
const ASKED = 40;
const AT_ONCE = 4; // a fifth password at the same time would wait for the others
const ROUNDS = 14; // one every eleven minutes
const folder = mkdtempSync(path.join(tmpdir(), "sparekey-bench-"));
const postgres = await startPostgres();
const environment = {
  DATA_DIR: folder,
  DATABASE_URL: postgres.url,
  SECRETS: `bench:${Buffer.alloc(32, 7).toString("base64")}`,
  LOG_LEVEL: "silent",
};
const servers: Server[] = [];
try {
  const [one, two] = [await launch("one"), await launch("two")];
  await setUp(one);
  const chromiumOfRun = await chromium.launch({
    executablePath: findChromium(),
    args: ["--no-sandbox", "--disable-gpu"],
  });
  await measure(chromiumOfRun, { phoneAt: one, loginAt: two });
  await chromiumOfRun.close();
  await countSent(one, two);
} finally {
  await Promise.all(servers.map((server) => server.kill()));
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function launch(name: string) {
  const server = await launchServer({ environment, logFile: path.join(folder, `${name}.log`) });
  servers.push(server);
  return { ...server, ...(await server.ready) };
}

async function setUp({ baseURL, setupToken = "" }: { baseURL: string; setupToken?: string }) {
  const browser = new PlainBrowser(baseURL);
  const fields = { ...somebodyNew(), token: setupToken };
  await browser.press(await browser.open("/setup"), "Create administrator", fields);
}

async function measure(
  browser: Browser,
  { phoneAt, loginAt }: { phoneAt: Server; loginAt: Server },
): Promise<void> {
  const { person, phone } = await prepare(phoneAt);
  const known: number[] = [];
  const gone: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const context = await browser.newContext({ baseURL: loginAt.baseURL });
    const page = await context.newPage();
    await page.goto("/login");
    await page.getByRole("textbox", { name: "Email" }).fill(person.email);
    await page.getByLabel("Password", { exact: true }).fill(person.password);
    await page.getByRole("button", { name: "Log in", exact: true }).click();
    const number = await readNumber(page);
    const [request] = await phone.requests();
    await page.waitForTimeout(200 + 10 * run); // wherever between two looks at the database
    const learned = page.waitForResponse((answer) => answer.url().includes("/status?"));
    const arrived = page.waitForURL("**/account");
    await phone.approve(request?.id ?? "", number);
    const answered = performance.now();
    await learned;
    known.push(performance.now() - answered);
    await arrived;
    gone.push(performance.now() - answered);
    await context.close();
  }
  console.log(`after the phone's answer (${RUNS} logins)        p50     p99`);
  report("the login page, at another server, knows", known);
  report("it has gone on to the account", gone);
}

async function readNumber(page: Page): Promise<string> {
  const shown = page.getByRole("img", { name: /^Number:( \d){6}$/ });
  return ((await shown.textContent()) ?? "").replace(/\D/g, "");
}

function report(what: string, times: number[]): void {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.ceil(sorted.length * share) - 1] ?? 0);
  console.log(
    `${what.padEnd(44)} ${String(at(0.5)).padStart(4)} ms ${String(at(0.99)).padStart(4)} ms`,
  );
}

async function countSent(one: Server, two: Server): Promise<void> {
  console.log("\nnotifications asked for by the password      asked  sent  refused");
  const burst = await prepare(one);
  for (let asked = 0; asked < ASKED; asked += AT_ONCE) {
    const servers = Array.from({ length: AT_ONCE }, (_, index) => (index % 2 === 0 ? one : two));
    await Promise.all(servers.map((server) => givePassword(burst.person, server)));
  }
  await printSent("four at once, at two servers", { ...burst, sql: one.sql, asked: ASKED });

  const slow = await prepare(one);
  for (let round = 0; round < ROUNDS; round++) {
    await givePassword(slow.person, one);
    await makeOlder(one.sql, slow.person);
  }
  await printSent("one every eleven minutes", { ...slow, sql: one.sql, asked: ROUNDS });

  const denied = await prepare(one);
  for (let round = 0; round < ROUNDS; round++) {
    await givePassword(denied.person, one);
    const [request] = await denied.phone.requests();
    if (request) await denied.phone.deny(request.id);
    if (round < 2) await makeOlder(one.sql, denied.person);
  }
  await printSent("one after the other, each denied", { ...denied, sql: one.sql, asked: ROUNDS });
}

async function printSent(
  what: string,
  { person, sql, asked }: { person: Person; sql: Sql; asked: number },
): Promise<void> {
  const [row] = await sql(
    `SELECT count(*)::int AS "sent" FROM "ApprovalRequest"
     WHERE "userId" = (SELECT "id" FROM "User" WHERE "email" = $1)`,
    [person.email],
  );
  const sent = Number(row?.sent);
  const counts = [asked, sent, asked - sent].map((count) => String(count).padStart(6));
  console.log(`${what.padEnd(44)}${counts.join(" ")}`);
}

async function prepare(server: Server) {
  const person = somebodyNew();
  const browser = new PlainBrowser(server.baseURL);
  await browser.press(await browser.open("/signup"), "Create account", person);
  const { sql, baseURL: origin } = server;
  return { person, phone: await SigningPhone.connect(person, { sql, origin }) };
}

async function givePassword({ email, password }: Person, { baseURL }: Server): Promise<void> {
  const browser = new PlainBrowser(baseURL);
  const page = await browser.press(await browser.open("/login"), "Log in", { email, password });
  if (page.path !== "/login/verify/notification") throw new Error(`Reached ${page.path}.`);
}

async function makeOlder(sql: Sql, { email }: Person): Promise<void> {
  await sql(
    `UPDATE "ApprovalRequest" SET "createdAt" = "createdAt" - interval '11 minutes',
       "expiresAt" = "expiresAt" - interval '11 minutes', "answeredAt" = "answeredAt" - interval '11 minutes'
     WHERE "userId" = (SELECT "id" FROM "User" WHERE "email" = $1)`,
    [email],
  );
}

import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "./journeys";
import { PlainBrowser } from "./plain-browser";
import { prepareWithCodes, reachRecoveryCodes } from "./prepared-people";

type Ended = { code: number; output: string };

/** Fills a database with the demo's people, as bin/demo does. */
function runDemo(environment: Record<string, string>): Promise<Ended> {
  const args = ["--conditions=react-server", "--import", "tsx", "prisma/demo.ts"];
  const env = { ...process.env, DATABASE_URL: "", ...environment };
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr });
    });
  });
}

test("LC-11 the demo fills a database of its own making, once, and refuses every other", {
  tag: "@embedded",
}, async ({ freshEnvironment, launch }) => {
  const used = await runDemo({ ...freshEnvironment, DATABASE_URL: "postgres://127.0.0.1:1/x" });
  expect(used).toMatchObject({ code: 1, output: expect.stringContaining("unset DATABASE_URL") });

  const first = await runDemo(freshEnvironment);
  expect(first.code).toBe(0);
  const again = await runDemo(freshEnvironment);
  expect(again).toMatchObject({ code: 1, output: expect.stringContaining("exists already") });

  const { baseURL, sql } = await launch({ environment: freshEnvironment });
  const states = await sql(`SELECT DISTINCT "recoverability" AS "state" FROM "User" ORDER BY 1`);
  expect(states.map(({ state }) => state)).toEqual(["locked-out", "no-mfa", "safe", "thin"]);
  const waiting = await sql(`SELECT u."email" FROM "AdministrativeRequest" r
    JOIN "User" u ON u."id" = r."userId" AND u."role" = 'ADMINISTRATOR'
    WHERE r."declinedAt" IS NULL AND r."doneAt" IS NULL`);
  expect(waiting, "for /admin/requests").toEqual([{ email: "second@example.test" }]);
  const [, email = "", code = ""] = /(one-left@\S+)[^@]*code: (\S+)/.exec(first.output) ?? [];
  const password = /password of each is: (.+)/.exec(first.output)?.[1] ?? "";
  const { browser, page } = await reachRecoveryCodes({ name: "", email, password }, baseURL);
  expect((await browser.press(page, "Verify", { code })).path).toBe("/account/recovered");
});

test("LG-03 the development server prints no code, password or setup key that was sent to it", {
  tag: "@embedded",
}, async ({ freshEnvironment, launch }) => {
  test.setTimeout(240_000);
  const server = await launch({ environment: freshEnvironment, dev: true });
  const { baseURL, setupToken = "", logFile } = server;
  const administrator = { name: "Ada", email: "ada@example.test", password: "tidy walrus counts" };
  const browser = new PlainBrowser(baseURL);
  const setup = await browser.open("/setup");
  await browser.press(setup, "Create administrator", { ...administrator, token: setupToken });
  const person = await prepareWithCodes(baseURL);
  const [code = ""] = person.codes;
  const step = await reachRecoveryCodes(person, baseURL);
  expect((await step.browser.press(step.page, "Verify", { code })).path).toBe("/account/recovered");

  const log = readFileSync(logFile, "utf8");
  expect(log).toContain("POST /login/verify/recovery-codes");
  const secrets = [administrator.password, person.password, person.phone.setupKey, ...person.codes];
  for (const secret of secrets) expect(log).not.toContain(secret);
});

import { randomBytes, randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { countSpentCodes, endWaits, readFailures } from "./database";
import { textOf } from "./html";
import { expect, test } from "./journeys";
import { findMailLink } from "./mailbox";
import { type Person, somebodyNew } from "./people";
import { letTimeStepsPass } from "./phone";
import {
  type Answer,
  composeSubmission,
  type Fields,
  PlainBrowser,
  type PlainPage,
  parseSetCookie,
} from "./plain-browser";
import { givePassword, reachRecoveryCodes, verifyAddressOf, type WithApp } from "./prepared-people";
import type { Sql } from "./servers";

const BROWSER = "sparekey-browser";
const GUESSES = 500;
const FREE = 5; // each of them is judged; the wait that the last one begins outlasts all that follow
const WRONG = /don.t match an account/;
const WAIT = /Too many tries failed\. Wait (\d+) (seconds?|minutes?), then try again\./;
const BUSY = /The server is busy right now/;

test("TH-04 of five hundred passwords at once, over all servers, exactly five are judged", async ({
  prepare,
  portal: { sql, baseURL, secondURL = baseURL },
}) => {
  const person = await prepare.member();
  const page = await new PlainBrowser(baseURL).open("/login");
  const before = await countEvents(sql, "login_failed");
  const answers = await Promise.all(
    Array.from({ length: GUESSES }, (_, index) => {
      const browser = new PlainBrowser(index % 2 ? secondURL : baseURL);
      const password = `one of many guesses ${index}`;
      return browser.send(composeSubmission(page, "Log in", { email: person.email, password }));
    }),
  );
  expectJudged(answers, WRONG);
  expect(await countEvents(sql, "login_failed")).toBe(before + FREE);
});

test("TH-04 of five hundred recovery codes at once, over all servers, exactly five are judged", async ({
  prepare,
  portal: { sql, baseURL, secondURL = baseURL },
}) => {
  const person = await prepare.withCodes();
  const stranger = await prepare.withCodes();
  const { browser, page } = await reachRecoveryCodes(person, baseURL);
  const answers = await Promise.all(
    Array.from({ length: GUESSES }, (_, index) => {
      const tab = browser.copy(index % 2 ? secondURL : baseURL);
      const code = stranger.codes[index % 10] ?? "";
      return tab.send(composeSubmission(page, "Verify", { code }));
    }),
  );
  expectJudged(answers, /isn.t valid or was already used/);
  expect(await readFailures(sql, person.email, "recovery-codes")).toBe(FREE);
  expect(await countSpentCodes(sql, person.email)).toBe(0);
});

test("T03 a stranger with twenty wrong passwords a second keeps nobody out of their own browser", async ({
  prepare,
  portal: { sql, baseURL },
}) => {
  const person = await prepare.withApp();
  const own = await logInWithApp(person, sql, baseURL);
  const page = await new PlainBrowser(baseURL).open("/login");
  const flood = floodWith(page, person, baseURL);
  await sleep(1_000);
  const told = await seconds(await givePassword(person, baseURL));
  for (let time = 0; time < 3; time += 1) {
    const again = loggedOut(own);
    const { path } = await tryPassword(again, person);
    expect(path, "the known browser gets to its second factor").toMatch(/^\/login\/verify/);
    await sleep(2_500);
  }
  const left = await seconds(await givePassword(person, baseURL));
  expect(left, "no refused try made the wait longer").toBeLessThanOrEqual(told - 5);
  await flood.stop();
  expect(flood.sent()).toBeGreaterThan(100);

  await endWaits(sql);
  expect((await givePassword(person, baseURL)).page.path).toMatch(/^\/login\/verify/);
});

test("T03 PW-11 a password reset gives its browser a way past a flood that goes on, and no factor less", async ({
  prepare,
  portal,
}) => {
  const { sql, baseURL } = portal;
  const person = await prepare.withApp();
  await verifyAddressOf(person, portal);
  const page = await new PlainBrowser(baseURL).open("/login");
  for (let failure = 0; failure <= FREE; failure += 1) await guess(page, person, baseURL);
  const browser = new PlainBrowser(baseURL);
  await browser.press(await browser.open("/forgot"), "Send link", { email: person.email });
  const mailed = await findMailLink(portal, person.email, /^Reset your password$/);
  const renewed = { ...person, password: somebodyNew().password };
  const reset = await browser.press(await browser.open(mailed), "Set new password", {
    next: renewed.password,
  });
  expect(reset.path).toBe("/login?why=reset");
  expect((await browser.open("/account")).path, "nobody is logged in").toMatch(/^\/login/);
  await guess(page, person, baseURL); // strangers win the one attempt that the end of the wait set free
  expect(textOf((await givePassword(renewed, baseURL)).page.body)).toMatch(WAIT);
  const { path } = await tryPassword(browser, renewed);
  expect(path, "the second factor is asked for").toMatch(/^\/login\/verify/);
  await endWaits(sql);
});

test("T03 the browser that made an account is known for it, after the sign-up and after the setup", async ({
  prepare,
  administrator,
  portal: { sql, baseURL },
}) => {
  for (const person of [await prepare.member(), administrator]) {
    const page = await new PlainBrowser(baseURL).open("/login");
    for (let failure = 0; failure < FREE; failure += 1) await guess(page, person, baseURL);
    expect(textOf((await givePassword(person, baseURL)).page.body)).toMatch(WAIT);
    const { path } = await tryPassword(loggedOut(person.browser), person);
    expect(path).toBe("/account");
  }
  await endWaits(sql);
  await sql(`UPDATE "Throttle" SET "failures" = 0`); // the administrator logs in elsewhere too
});

test("SE-11 T03 the cookie of a known browser is signed, HttpOnly, and opens nothing by itself", async ({
  prepare,
  portal: { sql, baseURL },
}) => {
  const person = await prepare.member();
  const browser = new PlainBrowser(baseURL);
  const page = await browser.open("/login");
  const { email, password } = person;
  const answer = await browser.send(composeSubmission(page, "Log in", { email, password }));
  const cookie = answer.setCookies.map(parseSetCookie).find(({ name }) => name === BROWSER);
  expect(cookie?.attributes).toMatchObject({ httponly: "", samesite: "lax", path: "/" });
  expect(cookie?.attributes).not.toHaveProperty("domain");
  const value = cookie?.value ?? "";

  const thief = new PlainBrowser(baseURL, [[BROWSER, value]]);
  expect((await thief.open("/account")).path).toMatch(/^\/login/);
  expect((await tryPassword(thief, { ...person, password: "not the password" })).path).toBe(
    "/login",
  );
  for (let guess = 0; guess < 5; guess += 1) {
    await givePassword({ ...person, password: "not the password" }, baseURL);
  }
  const [pair = "", signature = ""] = value.split("~");
  const forged = [
    `${pair.slice(0, 36)}.${randomBytes(32).toString("base64url")}~${signature}`,
    `${pair}~${randomBytes(32).toString("base64url")}`,
    "garbage",
  ];
  for (const attempt of forged) {
    const forger = new PlainBrowser(baseURL, [[BROWSER, attempt]]);
    expect(textOf((await tryPassword(forger, person)).body)).toMatch(WAIT);
  }
  expect((await tryPassword(new PlainBrowser(baseURL, [[BROWSER, value]]), person)).path).toBe(
    "/account",
  );
  const stored = await sql(`SELECT "lane" FROM "Throttle" WHERE "lane" <> ''`);
  expect(JSON.stringify(stored)).not.toContain(pair.slice(37));
});

test("TH-09 what a client says about its own address is ignored where no proxy is trusted", async ({
  portal: { sql, baseURL },
}) => {
  const claimed = "203.0.113.9";
  await failOnce(baseURL, { "x-forwarded-for": claimed, "x-real-ip": claimed, forwarded: claimed });
  expect(await pointsOf(sql, claimed)).toBe(0);
  expect(await pointsOf(sql, "127.0.0.1")).toBeGreaterThan(0);
});

test("TH-03 a hundred network addresses have one counter for an account", {
  tag: "@postgres",
}, async ({ prepare, launch, portal: { environment } }) => {
  const person = await prepare.member();
  const { baseURL } = await launch({ environment: { ...environment, TRUST_PROXY: "1" } });
  const page = await new PlainBrowser(baseURL).open("/login");
  const texts = [];
  for (let host = 1; host <= 100; host += 1) {
    const answer = await guess(page, person, baseURL, { "x-forwarded-for": `198.51.100.${host}` });
    texts.push(textOf(answer.body));
  }
  expect(texts.filter((text) => WRONG.test(text))).toHaveLength(FREE);
  expect(texts.filter((text) => WAIT.test(text))).toHaveLength(100 - FREE);
});

test("TH-09 a hundred failures from one network begin a wait there, and a known browser passes", {
  tag: "@postgres",
}, async ({ prepare, launch, portal: { sql, environment } }) => {
  const person = await prepare.member();
  const limits = { FAILURES_PER_ADDRESS: "", TRUST_PROXY: "1" }; // the default, behind one proxy
  const { baseURL } = await launch({ environment: { ...environment, ...limits } });
  const network = `2001:db8:${randomBytes(2).toString("hex")}:7`;
  // Whatever stands before the entry of the one trusted proxy was written by the client.
  const from = (host: string) => ({ "x-forwarded-for": `192.0.2.${host.length}, ${host}` });
  const here = (index: number) => from(`${network}::${index.toString(16)}`);
  const known = new PlainBrowser(baseURL);
  expect((await tryPassword(known, person, here(1))).path).toBe("/account");

  for (let failure = 1; failure <= 100; failure += 1) {
    expect(textOf((await failOnce(baseURL, here(failure))).body)).toMatch(WRONG);
  }
  const before = await countedFailures(sql);
  const refused = await failOnce(baseURL, here(0xffff));
  expect(textOf(refused.body)).toMatch(/Wait (9|10) minutes, then try again/);
  const right = await tryPassword(new PlainBrowser(baseURL), person, here(2));
  expect(textOf(right.body)).toMatch(WAIT);
  expect(await countedFailures(sql), "a refusal counts nowhere").toBe(before);

  expect((await tryPassword(loggedOut(known), person, here(2))).path).toBe("/account");
  const neighbour = from(`${network.slice(0, -1)}8::1`);
  const elsewhere = await tryPassword(new PlainBrowser(baseURL), person, neighbour);
  expect(elsewhere.path).toBe("/account");
});

test("TH-09 LG-04 when failures cannot be counted, no password is judged and no session made", async ({
  prepare,
  portal: { sql, baseURL },
}) => {
  const person = await prepare.member();
  await sql(`ALTER TABLE "RateLimiterFlexible" RENAME TO "away"`);
  try {
    const browser = new PlainBrowser(baseURL);
    const page = await browser.open("/login");
    const { email, password } = person;
    const answer = await browser.send(composeSubmission(page, "Log in", { email, password }));
    expect(answer.status).toBe(500);
    expect(answer.setCookies).toEqual([]);
  } finally {
    await sql(`ALTER TABLE "away" RENAME TO "RateLimiterFlexible"`);
  }
});

function expectJudged(answers: Answer[], wrong: RegExp): void {
  const texts = answers.map(({ body }) => textOf(body));
  const matching = (pattern: RegExp) => texts.filter((text) => pattern.test(text)).length;
  expect(matching(wrong)).toBe(FREE);
  expect(matching(WAIT) + matching(BUSY)).toBe(GUESSES - FREE);
}

async function logInWithApp(person: WithApp, sql: Sql, origin: string): Promise<PlainBrowser> {
  const { browser, page } = await givePassword(person, origin);
  await letTimeStepsPass(sql, person.email);
  const entered = await browser.press(page, "Verify", { code: person.phone.code() });
  expect(entered.path).toBe("/account");
  return browser;
}

/** Twenty guesses a second at a person's password, until it is stopped. */
function floodWith(page: PlainPage, person: Person, origin: string) {
  const answers: Promise<Answer>[] = [];
  const timer = setInterval(() => answers.push(guess(page, person, origin)), 50);
  return {
    sent: () => answers.length,
    stop: async () => {
      clearInterval(timer);
      await Promise.all(answers);
    },
  };
}

function guess(page: PlainPage, { email }: Person, origin: string, headers: Fields = {}) {
  const post = composeSubmission(page, "Log in", { email, password: `a guess ${randomUUID()}` });
  return new PlainBrowser(origin).send({ ...post, headers: { ...post.headers, ...headers } });
}

/** Fails to log in as nobody in particular. */
async function failOnce(origin: string, headers: Fields): Promise<Answer> {
  const page = await new PlainBrowser(origin).open("/login");
  return guess(page, somebodyNew(), origin, headers);
}

/** The same browser after a log out: it is still known. */
function loggedOut({ origin, cookies }: PlainBrowser): PlainBrowser {
  return new PlainBrowser(
    origin,
    [...cookies].filter(([name]) => name === BROWSER),
  );
}

async function tryPassword(
  browser: PlainBrowser,
  { email, password }: Person,
  headers: Fields = {},
): Promise<PlainPage> {
  const page = await browser.open("/login");
  const post = composeSubmission(page, "Log in", { email, password });
  const answer = await browser.send({ ...post, headers: { ...post.headers, ...headers } });
  const { location } = answer.headers;
  if (!location) return { ...answer, path: "/login" };
  const { pathname, search } = new URL(location, browser.origin);
  return browser.open(pathname + search);
}

/** How long the person is told to wait. */
async function seconds({ page }: { page: PlainPage }): Promise<number> {
  const [, count = "0", unit = ""] = WAIT.exec(textOf(page.body)) ?? [];
  expect(count, textOf(page.body)).not.toBe("0");
  return Number(count) * (unit.startsWith("minute") ? 60 : 1);
}

async function countEvents(sql: Sql, type: string): Promise<number> {
  const [row] = await sql(`SELECT count(*)::int AS "n" FROM "AuditEvent" WHERE "type" = $1`, [
    type,
  ]);
  return Number(row?.n);
}

/** What all accounts and methods together have failed. */
async function countedFailures(sql: Sql): Promise<number> {
  const [row] = await sql(`SELECT sum("failures")::int AS "n" FROM "Throttle"`);
  return Number(row?.n);
}

async function pointsOf(sql: Sql, address: string): Promise<number> {
  const [row] = await sql(`SELECT "points" FROM "RateLimiterFlexible" WHERE "key" = $1`, [
    `address:${address}`,
  ]);
  return Number(row?.points ?? 0);
}

import { readFileSync } from "node:fs";
import { listRoutes } from "./build";
import { countRows, countSpentCodes, findChanges, takeSnapshot } from "./database";
import { textOf } from "./html";
import { expect, test } from "./journeys";
import { composeSubmission, namesGiven, PlainBrowser, type PlainPage } from "./plain-browser";
import { givePassword, reachRecoveryCodes } from "./prepared-people";

const SESSION = "sparekey-session";
const CHALLENGE = "sparekey-login";

test("NA-01 TH-02 next-auth takes no password: every path but session, csrf and signout is 404", async ({
  prepare,
  portal: { sql, baseURL, logFiles },
}) => {
  const { email, password } = await prepare.withCodes();
  const browser = new PlainBrowser(baseURL);
  const { csrfToken } = JSON.parse((await browser.open("/api/auth/csrf")).body);
  expect(csrfToken).toMatch(/^[0-9a-f]{64}$/);
  const before = await takeSnapshot(sql);
  const closed = [
    "callback",
    "callback/credentials",
    "callback/email",
    "signin",
    "signin/credentials",
  ];
  const more = [
    "providers",
    "error",
    "verify-request",
    "_log",
    "session/update",
    "signout/now",
    "",
  ];
  for (const name of [...closed, ...more]) {
    for (const method of ["GET", "POST", "PUT", "DELETE"]) {
      const fields = { email, username: email, password, csrfToken, json: "true" };
      const body =
        method === "GET" || method === "DELETE" ? undefined : new URLSearchParams(fields);
      const path = `/api/auth/${name}`;
      const { status, setCookies } = await browser.send({ path, method, body });
      expect([404, 405], `${method} ${path}: ${status}`).toContain(status === 308 ? 404 : status);
      expect(setCookies, `${method} ${path}`).toEqual([]);
    }
  }
  const line = "canary-line-for-the-log";
  const body = new URLSearchParams({ level: "error", code: line, message: line });
  await browser.send({ path: "/api/auth/_log", method: "POST", body });
  for (const file of logFiles) expect(readFileSync(file, "utf8")).not.toContain(line);
  expect(await findChanges(sql, before)).toEqual({});
});

test("NA-02 a used login challenge, and a stranger's browser, make no session", async ({
  prepare,
  portal: { sql, baseURL },
}) => {
  const person = await prepare.withCodes();
  const { browser, page } = await reachRecoveryCodes(person, baseURL);
  const saved = browser.copy();
  const stranger = new PlainBrowser(baseURL);
  const [first = "", second = ""] = person.codes;
  expect((await stranger.press(page, "Verify", { code: first })).path).toBe("/login?why=expired");
  expect((await browser.press(page, "Verify", { code: first })).path).toBe("/account/recovered");
  const sessions = await countRows(sql, "Session", person.email);
  expect((await saved.press(page, "Verify", { code: second })).path).toBe("/login?why=expired");
  expect(await countRows(sql, "Session", person.email)).toBe(sessions);
  expect(await countSpentCodes(sql, person.email)).toBe(1);
});

test("NA-03 SE-06 a session lives in its row alone: without it the next request is refused", async ({
  prepare,
  portal: { sql },
}) => {
  const { browser, email } = await prepare.member();
  expect(JSON.parse((await browser.open("/api/auth/session")).body).user.email).toBe(email);
  await sql(`DELETE FROM "Session" WHERE "userId" = (SELECT "id" FROM "User" WHERE "email" = $1)`, [
    email,
  ]);
  expect(JSON.parse((await browser.open("/api/auth/session")).body)).toEqual({});
  expect((await browser.open("/account")).path).toMatch(/^\/login/);
});

test("NA-05 posting to the session changes nothing", async ({ prepare, portal: { sql } }) => {
  const { browser } = await prepare.member();
  const told = (await browser.open("/api/auth/session")).body;
  const { csrfToken } = JSON.parse((await browser.open("/api/auth/csrf")).body);
  const before = await takeSnapshot(sql);
  const { status } = await browser.send({
    path: "/api/auth/session",
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ csrfToken, data: { mfa: true, role: "ADMINISTRATOR", aal: 2 }, aal: 2 }),
  });
  expect(status).toBe(404);
  expect((await browser.open("/api/auth/session")).body).toBe(told);
  expect(told).not.toContain(browser.cookies.get(SESSION));
  expect(await findChanges(sql, before)).toEqual({});
});

test("NA-06 TH-02 on every route a pending login is nobody, as session cookie or as bearer", async ({
  prepare,
  portal: { baseURL },
}) => {
  const person = await prepare.withCodes();
  const { browser } = await givePassword(person, baseURL);
  const token = browser.cookies.get(CHALLENGE) ?? "";
  const session = person.browser.cookies.get(SESSION) ?? "";
  const guises: [string, [string, string][], Record<string, string>][] = [
    ["challenge as session", [[SESSION, token]], {}],
    ["challenge as bearer", [], { authorization: `Bearer ${token}` }],
    ["session as bearer", [], { authorization: `Bearer ${session}` }],
    ["session as challenge", [[CHALLENGE, session]], {}],
    ["next-auth's own cookie", [["next-auth.session-token", session]], {}],
  ];
  for (const route of listRoutes()) {
    const plain = seen(await new PlainBrowser(baseURL).open(route), person.email);
    for (const [guise, cookies, headers] of guises) {
      const disguised = new PlainBrowser(baseURL, cookies);
      expect(
        seen(await disguised.open(route, headers), person.email),
        `${route}, ${guise}`,
      ).toEqual(plain);
    }
    // The pending login itself, in its own cookie: its own steps, and nothing of the account.
    const answer = await browser.open(route);
    const { path, body } = answer;
    if (path.startsWith("/account")) expect([401, 404], route).toContain(answer.status);
    expect(namesGiven(answer), route).not.toContain(SESSION);
    if (!path.startsWith("/login/verify")) expect(body, route).not.toContain(person.email);
  }
});

test("NA-07 addresses carry fixed words only, and what a stranger writes into one is not shown", async ({
  prepare,
  portal: { baseURL },
}) => {
  const person = await prepare.withCodes();
  const lure = "Your account was hacked, call 555-0100";
  for (const name of ["why", "error", "done", "message"]) {
    const query = new URLSearchParams({ [name]: lure });
    for (const browser of [new PlainBrowser(baseURL), person.browser]) {
      for (const page of ["/login", "/account", "/account/mfa", "/signup"]) {
        expect(textOf((await browser.open(`${page}?${query}`)).body)).not.toContain("hacked");
      }
    }
  }
  const { page } = await givePassword({ ...person, password: "wrong" }, baseURL);
  expect(page.path).toBe("/login");
  const { browser, page: step } = await reachRecoveryCodes(person, baseURL);
  const wrong = await browser.press(step, "Verify", { code: "A3K7-9QXW-B4TN-HRZ8" });
  expect(wrong.path).toBe("/login/verify/recovery-codes");
});

test("NA-08 nobody is sent to another site after a login", async ({ prepare }) => {
  const { browser, email, password } = await prepare.member();
  const lures = [
    "https://evil.example",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/%2Fevil.example",
    "/%5Cevil.example",
    "/%252Fevil.example",
    "/\t/evil.example",
    "/%09/evil.example",
    "javascript:alert(1)",
    "http:evil.example",
    "@evil.example",
    ".evil.example",
    "/account%0d%0aLocation:%20https://evil.example",
  ];
  const landsAt = async (target: string) => {
    const nobody = new PlainBrowser(browser.origin);
    const page = await nobody.open(`/login?${new URLSearchParams({ return: target })}`);
    const answer = await nobody.send(composeSubmission(page, "Log in", { email, password }));
    return answer.headers.location;
  };
  for (const lure of lures) expect(await landsAt(lure), lure).toBe("/account");
  expect(await landsAt("/account/mfa/recovery-codes?a=1")).toBe("/account/mfa/recovery-codes?a=1");
});

test("NA-10 NX-08 the public address is the configured one, whatever host a request names", async ({
  prepare,
  portal: { baseURL },
}) => {
  const { browser } = await prepare.member();
  const forged = {
    "x-forwarded-host": "evil.example",
    "x-forwarded-proto": "https",
    forwarded: "host=evil.example",
    "x-host": "evil.example",
    "x-original-host": "evil.example",
  };
  for (const route of listRoutes()) {
    const answer = await browser.send({ path: route, headers: forged });
    expect(JSON.stringify(answer), route).not.toContain("evil.example");
    if (["/healthz", "/readyz"].includes(route)) continue;
    const named = await browser.send({ path: route, headers: { host: "evil.example" } });
    expect(named.status, route).toBe(307);
    expect(named.headers.location, route).toBe(`${baseURL}${route}`);
    expect(named.setCookies, route).toEqual([]);
  }
  const out = await browser.send({ path: "/logout", method: "POST", headers: forged });
  expect(out.headers.location).toBe(`${baseURL}/login?why=loggedOut`);
});

test("NA-11 a malformed bearer is a stranger, not an error", async ({ portal: { baseURL } }) => {
  const nobody = new PlainBrowser(baseURL);
  for (const authorization of ["Bearer %", "Bearer %E0%A4%A", "Bearer", "Basic %"]) {
    for (const route of listRoutes()) {
      const { status } = await nobody.open(route, { authorization });
      expect(status, `${route} with ${authorization}`).toBeLessThan(500);
    }
    expect((await nobody.open("/account", { authorization })).path).toMatch(/^\/login/);
    expect(JSON.parse((await nobody.open("/api/auth/session", { authorization })).body)).toEqual(
      {},
    );
  }
});

/** What a visitor learns from a page: where it is, its status, its cookies' names and its text. */
function seen(page: PlainPage, email: string) {
  expect(page.body).not.toContain(email);
  return { path: page.path, status: page.status, given: namesGiven(page), text: textOf(page.body) };
}

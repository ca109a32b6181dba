import { listActions, listRoutes } from "./build";
import { countRows, takeSnapshot } from "./database";
import { expect, test } from "./journeys";
import { PlainBrowser, parseSetCookie } from "./plain-browser";
import { givePassword, reachRecoveryCodes } from "./prepared-people";

// Every door of the portal, tried by somebody who should not get in.

const SESSION = "sparekey-session";
const CHALLENGE = "sparekey-login";
const PROTECTED = ["/account", "/account/mfa", "/account/mfa/recovery-codes", "/account/password"];
const AUTH_PATHS = ["signin", "signin/credentials", "callback/credentials", "callback/email"];
const OTHER_AUTH_PATHS = ["_log", "error", "providers", "verify-request", "session"];

test("NX-01 every action, posted without a cookie, changes nothing and opens nothing", async ({
  portal: { baseURL, sql },
}) => {
  const before = await takeSnapshot(sql);
  const actions = listActions();
  expect(actions.length).toBeGreaterThan(8);
  for (const { id, name } of actions) {
    const stranger = new PlainBrowser(baseURL);
    const answer = await stranger.send({
      path: "/login",
      method: "POST",
      headers: { "next-action": id, "content-type": "text/plain;charset=UTF-8" },
      body: '[{},"$undefined"]',
    });
    expect(stranger.cookies.get(SESSION), name).toBeUndefined();
    expect(answer.status, name).toBeLessThan(500);
  }
  const after = await takeSnapshot(sql);
  expect({ ...after, Throttle: "" }).toEqual({ ...before, Throttle: "" });
});

test("NX-02 SE-13 a POST without Origin, with null, another host or scheme is 403 and changes nothing", async ({
  prepare,
  portal: { baseURL, sql },
}) => {
  const person = await prepare.withCodes();
  const { browser, page } = await reachRecoveryCodes(person, baseURL);
  const before = await takeSnapshot(sql);
  const foreign = ["", "null", "https://evil.example", baseURL.replace("http:", "https:")];
  for (const origin of foreign) {
    for (const path of [page.path, "/logout", "/login", "/api/auth/signout"]) {
      const answer = await browser.send({
        path,
        method: "POST",
        headers: origin ? { origin } : { origin: "" },
        body: new URLSearchParams({ code: person.codes[0] ?? "" }),
      });
      expect(answer.status, `${path} from "${origin}"`).toBe(403);
    }
  }
  expect(await takeSnapshot(sql)).toEqual(before);
});

test("NA-01 NA-05 no path of next-auth takes a password, and POST session changes nothing", async ({
  prepare,
  portal: { baseURL, sql },
}) => {
  const person = await prepare.member();
  const stranger = new PlainBrowser(baseURL);
  const csrf = await stranger.send({ path: "/api/auth/csrf" });
  expect(csrf.status).toBe(200);
  const { csrfToken } = JSON.parse(csrf.body);
  const before = await takeSnapshot(sql);
  for (const path of [...AUTH_PATHS, ...OTHER_AUTH_PATHS]) {
    const answer = await stranger.send({
      path: `/api/auth/${path}`,
      method: "POST",
      body: new URLSearchParams({
        csrfToken,
        email: person.email,
        password: person.password,
        mfa: "true",
        role: "ADMINISTRATOR",
      }),
    });
    expect(answer.status, path).toBe(404);
    expect(stranger.cookies.get(SESSION), path).toBeUndefined();
  }
  for (const path of ["signin", "error", "providers", "signout"]) {
    expect((await stranger.send({ path: `/api/auth/${path}` })).status, path).toBe(404);
  }
  expect(await takeSnapshot(sql)).toEqual(before);
});

test("TH-01 TH-02 NA-06 after the password alone, no route takes the login's token for a session", async ({
  prepare,
  portal: { baseURL, sql },
}) => {
  const person = await prepare.withCodes();
  const { browser } = await givePassword(person, baseURL);
  const token = browser.cookies.get(CHALLENGE) ?? "";
  expect(token).not.toBe("");
  const sessions = await countRows(sql, "Session", person.email);
  const swapped = new PlainBrowser(baseURL, [[SESSION, token]]);
  for (const route of listRoutes()) {
    const answer = await swapped.send({
      path: route,
      headers: { authorization: `Bearer ${token}` },
    });
    expect(answer.body, route).not.toContain(person.email);
    if (route.startsWith("/account")) expect(answer.status, route).toBe(307);
  }
  expect(await countRows(sql, "Session", person.email)).toBe(sessions);
});

test("NX-07 NX-10 protected pages refuse whatever the proxy is told", async ({
  portal: { baseURL },
}) => {
  const stranger = new PlainBrowser(baseURL);
  for (const path of PROTECTED) {
    const tricks: Record<string, string>[] = [
      { "x-middleware-subrequest": "proxy:proxy:proxy:proxy:proxy" },
      { rsc: "1" },
      { rsc: "1", "next-router-prefetch": "1", "next-router-segment-prefetch": "/_tree" },
    ];
    for (const headers of tricks) {
      const answer = await stranger.send({ path, headers });
      expect(answer.body, path).not.toContain("Log out");
      expect(answer.status, path).not.toBe(500);
    }
  }
});

test("NA-11 a garbled Authorization header is no error", async ({ portal: { baseURL } }) => {
  const stranger = new PlainBrowser(baseURL);
  const headers = { authorization: "Bearer %" };
  expect((await stranger.send({ path: "/api/auth/session", headers })).body).toBe("{}");
  expect((await stranger.send({ path: "/account", headers })).status).toBe(307);
});

test("NA-10 forged host headers lead nobody elsewhere", async ({ portal: { baseURL } }) => {
  const stranger = new PlainBrowser(baseURL);
  const forged = { "x-forwarded-host": "evil.example", "x-forwarded-proto": "https" };
  const answer = await stranger.send({ path: "/account", headers: forged });
  expect(`${answer.headers.location}${answer.body}`).not.toContain("evil.example");
});

test("NA-08 a login leads to no other address", async ({ prepare, portal: { baseURL } }) => {
  const { email, password } = await prepare.member();
  for (const evil of ["//evil.example", "/\\evil.example", "https://evil.example", "/%2F/evil"]) {
    const browser = new PlainBrowser(baseURL);
    const page = await browser.open(`/login?return=${encodeURIComponent(evil)}`);
    const reached = await browser.press(page, "Log in", { email, password, return: evil });
    expect(reached.path, evil).toBe("/account");
  }
});

test("NX-06 opening every page and every link changes nothing", async ({
  prepare,
  portal: { sql },
}) => {
  const { browser } = await prepare.withCodes();
  const before = await takeSnapshot(sql);
  for (const route of listRoutes()) {
    await browser.send({ path: route });
    await browser.send({ path: route, headers: { rsc: "1", "next-router-prefetch": "1" } });
  }
  expect(await takeSnapshot(sql)).toEqual(before);
});

test("SE-03 SE-04 SE-05 TH-13 tokens are HttpOnly, Lax, for the whole path, new at each login, and hashed at rest", async ({
  prepare,
  portal: { baseURL, sql },
}) => {
  const person = await prepare.member();
  const browser = new PlainBrowser(baseURL, [[SESSION, "planted"]]);
  const page = await browser.open("/login");
  const { password, email } = person;
  const answer = await browser.press(page, "Log in", { email, password });
  expect(answer.path).toBe("/account");
  const token = browser.cookies.get(SESSION) ?? "";
  expect(token).not.toBe("planted");
  expect(Buffer.from(token, "base64url")).toHaveLength(32);
  const rows = await sql(`SELECT "tokenHash" FROM "Session"`);
  expect(JSON.stringify(rows)).not.toContain(token);

  const fresh = new PlainBrowser(baseURL);
  const form = await fresh.open("/login");
  const sent = await fresh.send({
    path: "/login",
    method: "POST",
    body: await formOf(form.body, { email, password }),
  });
  const cookie = sent.setCookies.map(parseSetCookie).find(({ name }) => name === SESSION);
  expect(cookie?.attributes).toMatchObject({ httponly: "", samesite: "lax", path: "/" });
  expect(cookie?.attributes.domain).toBeUndefined();
});

test("SE-06 NA-03 a stolen cookie is worthless after log out", async ({
  prepare,
  portal: { baseURL },
}) => {
  const { browser } = await prepare.member();
  const thief = browser.copy();
  expect((await thief.send({ path: "/account" })).status).toBe(200);
  const out = await browser.send({ path: "/logout", method: "POST" });
  expect(out.status).toBe(303);
  expect(out.headers["clear-site-data"]).toBe('"cache"');
  expect((await thief.send({ path: "/account" })).status).toBe(307);
  expect((await thief.send({ path: "/api/auth/session" })).body).toBe("{}");
  expect(baseURL).toContain("localhost");
});

test("SE-11 a cookie that says the browser is remembered replaces no second factor", async ({
  prepare,
  portal: { baseURL },
}) => {
  const person = await prepare.withCodes();
  const { browser } = await givePassword(person, baseURL);
  for (const name of ["remember", "trusted", "sparekey-remembered", "mfa"]) {
    browser.cookies.set(name, "true");
  }
  expect((await browser.send({ path: "/account" })).status).toBe(307);
});

test("SE-12 LC-01 the first method gives a new session of level 2 and ends the others", async ({
  prepare,
  portal: { baseURL, sql },
}) => {
  const { enrollApp } = await import("./prepared-people");
  const person = await prepare.member();
  const { browser: other } = await givePassword(person, baseURL);
  const before = person.browser.cookies.get(SESSION);
  await enrollApp(person.browser);
  expect(person.browser.cookies.get(SESSION)).not.toBe(before);
  expect((await other.send({ path: "/account" })).status).toBe(307);
  const rows = await sql(
    `SELECT s."aal", s."amr" FROM "Session" s JOIN "User" u ON u."id" = s."userId" WHERE u."email" = $1`,
    [person.email],
  );
  expect(rows).toEqual([{ aal: 2, amr: ["pwd", "otp", "mfa"] }]);
});

async function formOf(html: string, fields: Record<string, string>): Promise<FormData> {
  const { findForm } = await import("./html");
  const body = new FormData();
  for (const [name, value] of findForm(html, "Log in")?.fields ?? []) {
    if (!(name in fields)) body.append(name, value);
  }
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  return body;
}

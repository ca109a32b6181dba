import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { age, countRows } from "./database";
import { expect, lendCookies, test } from "./journeys";
import {
  enrollAuthenticatorApp,
  enterPassword,
  field,
  heading,
  signUp,
  somebodyNew,
} from "./people";
import { letTimeStepsPass } from "./phone";
import { composeSubmission, PlainBrowser, parseSetCookie } from "./plain-browser";
import { enrollApp, givePassword, logInWithCodePlainly } from "./prepared-people";
import type { Sql } from "./servers";

const SESSION = "sparekey-session";

test("SE-03 SE-05 NA-03 the session cookie is 256 opaque HttpOnly bits, and only their hash is stored", async ({
  portal: { sql, baseURL },
}) => {
  const { name, email, password } = somebodyNew();
  const browser = new PlainBrowser(baseURL);
  const page = await browser.open("/signup");
  const { setCookies } = await browser.send(
    composeSubmission(page, "Create account", { name, email, password }),
  );
  const cookies = setCookies.map(parseSetCookie);
  expect(cookies.map(({ name }) => name).toSorted()).toEqual(["sparekey-browser", SESSION]);
  const cookie = cookies.find(({ name }) => name === SESSION) ?? parseSetCookie("");
  expect(Buffer.from(cookie.value, "base64url")).toHaveLength(32);
  expect(Object.keys(cookie.attributes).toSorted()).toEqual([
    "expires",
    "httponly",
    "path",
    "samesite",
  ]);
  expect(cookie.attributes).toMatchObject({ path: "/", samesite: "lax" });
  const [row] = await sql(
    `SELECT "tokenHash", encode(sha256(convert_to($2, 'UTF8')), 'hex') AS "hex",
            encode(sha256(convert_to($2, 'UTF8')), 'base64') AS "base64"
     FROM "Session" WHERE "userId" = (SELECT "id" FROM "User" WHERE "email" = $1)`,
    [email, cookie.value],
  );
  const stored = `${row?.tokenHash}`;
  expect(stored).not.toContain(cookie.value);
  const hash = Buffer.from(`${row?.hex}`, "hex");
  expect([hash.toString("hex"), hash.toString("base64"), hash.toString("base64url")]).toContain(
    stored,
  );
});

test("SE-05 on https the cookies are Secure and carry the __Host- prefix", {
  tag: "@postgres",
}, async ({ prepare, launch, portal: { environment } }) => {
  const person = await prepare.withCodes();
  const origin = "https://accounts.example.test";
  const server = await launch({ environment: { ...environment, APP_URL: origin } });
  const browser = new PlainBrowser(server.baseURL);
  const headers = { host: "accounts.example.test", origin };
  const send = async (path: string, button: string, fields: Record<string, string>) => {
    const answer = await browser.send({ path, headers });
    const { headers: own, ...post } = composeSubmission({ ...answer, path }, button, fields);
    return browser.send({ ...post, headers: { ...own, ...headers } });
  };
  const { email, password } = person;
  const cookies = [
    ...(await send("/login", "Log in", { email, password })).setCookies,
    ...(await send("/login/verify/recovery-codes", "Verify", { code: person.codes[0] ?? "" }))
      .setCookies,
  ].map(parseSetCookie);
  const given = cookies.filter(({ value }) => value !== "");
  expect(given.map(({ name }) => name)).toEqual([
    "__Host-sparekey-login",
    "__Host-sparekey-session",
    "__Host-sparekey-browser",
  ]);
  for (const { attributes } of cookies) {
    expect(attributes).toMatchObject({ secure: "", httponly: "", samesite: "lax", path: "/" });
    expect(attributes).not.toHaveProperty("domain");
  }
});

test("SE-04 a token from before the login is never adopted, and dies when it was real", async ({
  prepare,
  portal: { baseURL, sql },
}) => {
  const planted = "x".repeat(43);
  const person = await prepare.withCodes();
  const victim = new PlainBrowser(baseURL, [[SESSION, planted]]);
  const { email, password } = person;
  const page = await victim.press(await victim.open("/login"), "Log in", { email, password });
  expect(victim.cookies.get(SESSION)).toBe(planted); // no session before every factor has passed
  await letTimeStepsPass(sql, email);
  await victim.press(page, "Verify", { code: person.phone.code() });
  expect(victim.cookies.get(SESSION)).not.toBe(planted);
  const attacker = new PlainBrowser(baseURL, [[SESSION, planted]]);
  expect((await attacker.open("/account")).path).toMatch(/^\/login/);

  // Logged in already, the person verifies once more: a new token, and the old one is dead.
  const before = victim.copy();
  await letTimeStepsPass(sql, email);
  const step = await victim.open("/account/verify/authenticator-app");
  expect((await before.open("/account")).path).toBe("/account");
  await letTimeStepsPass(sql, email);
  const entered = await victim.press(step, "Verify", { code: person.phone.code() });
  expect(entered.path).toBe("/account");
  expect((await before.open("/account")).path).toMatch(/^\/login/);
});

test("SE-06 SE-15 log out ends the session for a copied cookie too, and clears the cache alone", async ({
  prepare,
}) => {
  const { browser } = await prepare.member();
  const thief = browser.copy();
  expect((await thief.open("/account")).path).toBe("/account");
  const page = await browser.open("/account");
  const answer = await browser.send(composeSubmission(page, "Log out"));
  expect(answer.status).toBe(303);
  expect(answer.headers["clear-site-data"]).toBe('"cache"');
  expect(answer.headers["cache-control"]).toContain("no-store");
  expect(browser.cookies.has(SESSION)).toBe(false);
  expect((await thief.open("/account")).path).toMatch(/^\/login/);
  expect(JSON.parse((await thief.open("/api/auth/session")).body)).toEqual({});
  const refused = await thief.press(page, "Log out");
  expect(refused.path).toMatch(/^\/login/);
});

test("SE-06 SE-14 a disabled person's sessions and pending logins are over at once", async ({
  prepare,
  portal: { sql, baseURL },
}) => {
  const person = await prepare.withCodes();
  const pending = await givePassword(person, baseURL);
  await sql(`UPDATE "User" SET "disabledAt" = now() WHERE "email" = $1`, [person.email]);
  expect((await person.browser.open("/account")).path).toMatch(/^\/login/);
  expect((await pending.browser.open("/login/verify/methods")).path).toBe("/login?why=expired");
});

test("SE-01 NA-04 an hour without use or a day in all ends a session; polling moves neither limit", async ({
  prepare,
  portal: { sql },
}) => {
  const idle = await prepare.member();
  const { email } = idle;
  await age(sql, { table: "Session", columns: ["lastSeenAt"], email, minutes: 59 });
  expect((await idle.browser.open("/api/auth/session")).body).toContain(email);
  await idle.browser.open("/account", { RSC: "1", "next-router-prefetch": "1" });
  await age(sql, { table: "Session", columns: ["lastSeenAt"], email, minutes: 2 });
  expect((await idle.browser.open("/account")).path).toMatch(/^\/login/);

  const busy = await prepare.member();
  const limit = async () => {
    const [row] = await sql(
      `SELECT "expiresAt"::text AS "at" FROM "Session"
       WHERE "userId" = (SELECT "id" FROM "User" WHERE "email" = $1)`,
      [busy.email],
    );
    return row?.at;
  };
  await age(sql, { table: "Session", columns: ["expiresAt"], email: busy.email, minutes: 23 * 60 });
  const before = await limit();
  await busy.browser.open("/account");
  await busy.browser.open("/api/auth/session");
  expect(await limit()).toBe(before);
  await age(sql, { table: "Session", columns: ["expiresAt"], email: busy.email, minutes: 61 });
  expect((await busy.browser.open("/account")).path).toMatch(/^\/login/);
  expect(JSON.parse((await busy.browser.open("/api/auth/session")).body)).toEqual({});
});

test("SE-11 no cookie that stays in the browser stands in for the second factor", async ({
  prepare,
  portal: { baseURL },
}) => {
  const person = await prepare.withCodes();
  const browser = await logInWithCodePlainly(person, person.codes[0] ?? "", baseURL);
  const kept = [...browser.cookies];
  await browser.press(await browser.open("/account"), "Log out");
  const names = [
    "trusted",
    "remember",
    "mfa",
    "sparekey-device",
    "sparekey-trusted",
    "remember-browser",
  ];
  const again = new PlainBrowser(baseURL, [
    ...kept,
    ...names.map((name): [string, string] => [name, "1"]),
  ]);
  const { email, password } = person;
  const page = await again.press(await again.open("/login"), "Log in", { email, password });
  expect(page.path).toBe("/login/verify/authenticator-app");
  expect((await again.open("/account")).path).toMatch(/^\/login/);
});

test("SE-12 AM-01 the level rises by verifying a method alone: new token, other sessions end", async ({
  prepare,
  portal: { sql, baseURL },
}) => {
  const person = await prepare.member();
  const levels = () =>
    sql(
      `SELECT "aal", array_to_string("amr", ' ') AS "amr" FROM "Session"
       WHERE "userId" = (SELECT "id" FROM "User" WHERE "email" = $1) ORDER BY "createdAt"`,
      [person.email],
    );
  expect(await levels()).toEqual([{ aal: 1, amr: "pwd" }]);
  const { browser: elsewhere } = await givePassword(person, baseURL);
  const old = person.browser.copy();
  await enrollApp(person.browser);
  expect(await levels()).toEqual([{ aal: 2, amr: "pwd otp mfa" }]);
  expect((await person.browser.open("/account")).path).toBe("/account");
  expect((await old.open("/account")).path).toMatch(/^\/login/);
  expect((await elsewhere.open("/account")).path).toMatch(/^\/login/);

  const withCodes = await prepare.withCodes();
  await logInWithCodePlainly(withCodes, withCodes.codes[0] ?? "", baseURL);
  const [row] = await sql(
    `SELECT "aal", array_to_string("amr", ' ') AS "amr" FROM "Session"
     WHERE "userId" = (SELECT "id" FROM "User" WHERE "email" = $1) AND "loginChallengeId" IS NOT NULL`,
    [withCodes.email],
  );
  expect(row).toEqual({ aal: 2, amr: "pwd recovery mfa" });
});

test("SE-12 NA-02 after the first method, the password alone is no session any more", async ({
  page,
  portal: { sql },
}) => {
  const person = somebodyNew();
  await signUp(page, person);
  await enrollAuthenticatorApp(page);
  await page.context().clearCookies();
  await page.goto("/login");
  await enterPassword(page, person);
  await expect(field(page, "Verification code")).toBeVisible();
  await page.goto("/account");
  await expect(heading(page, "Log in")).toBeVisible();
  expect(await countRows(sql, "Session", person.email)).toBe(1);
});

test("SE-13 a form on another site, or on another port of this host, changes nothing", async ({
  page,
  context,
  prepare,
  portal: { sql, baseURL },
}) => {
  const person = await prepare.withCodes();
  await lendCookies(person.browser, context);
  const evil = createServer((_, response) => {
    response.setHeader("content-type", "text/html");
    response.end(
      `<form method="post" action="${baseURL}/logout"><button>Win a prize</button></form>`,
    );
  }).listen(0);
  const { port } = evil.address() as AddressInfo;
  for (const host of ["127.0.0.1", "localhost"]) {
    await page.goto(`http://${host}:${port}/`);
    const answer = page.waitForResponse(`${baseURL}/logout`);
    await page.getByRole("button", { name: "Win a prize" }).click();
    expect((await answer).status(), host).toBe(403);
    expect(await countRows(sql, "Session", person.email)).toBe(1);
  }
  evil.close();
  await page.goto("/account");
  await expect(heading(page, "Account Settings")).toBeVisible();
});

test("LG-04 NA-03 a database that does not answer is an error, and not a log out", async ({
  freshEnvironment,
  launch,
}) => {
  const { baseURL, setupToken, sql } = await launch({ environment: freshEnvironment });
  const browser = new PlainBrowser(baseURL);
  const page = await browser.open("/setup");
  const ada = { name: "Ada", email: "ada@example.test", password: "tidy walrus counts" };
  await browser.press(page, "Create administrator", { ...ada, token: setupToken });
  await sql(`ALTER TABLE "Session" RENAME TO "SessionAway"`);
  const answer = await browser.send({ path: "/account" });
  expect(answer.status).toBe(500);
  expect(answer.headers.location).toBeUndefined();
  await sql(`ALTER TABLE "SessionAway" RENAME TO "Session"`);
  expect((await browser.send({ path: "/account" })).status).toBe(200);
});

test("SE-02 after an hour without use the password alone leads back; after a day every factor is asked for", async ({
  page,
  context,
  prepare,
  portal: { sql },
}) => {
  const person = await prepare.withCodes();
  const { email } = person;
  await lendCookies(person.browser, context);
  await page.goto("/account/mfa");
  await expect(heading(page, "Multi-Factor Authentication")).toBeVisible();
  const before = await sessionOf(sql, email);

  await age(sql, { table: "Session", columns: ["lastSeenAt"], email, minutes: 61 });
  await page.goto("/account/mfa");
  await enterPassword(page, person);
  await expect(heading(page, "Multi-Factor Authentication")).toBeVisible();
  const { tokenHash, ...after } = await sessionOf(sql, email);
  expect(before).toMatchObject(after);
  expect(tokenHash).not.toBe(before.tokenHash);
  await expect(heading(page, "Multi-Factor Authentication")).toBeVisible();

  // At the end of the session's day no rest is the reason any more.
  await age(sql, {
    table: "Session",
    columns: ["lastSeenAt", "expiresAt"],
    email,
    minutes: 24 * 60,
  });
  await page.goto("/account/mfa");
  await enterPassword(page, person);
  await expect(field(page, "Verification code")).toBeVisible();
});

/** What a resumed session keeps, and its token's hash. */
async function sessionOf(sql: Sql, email: string) {
  const [row] = await sql(
    `SELECT "id", "aal", "amr", "authTime", "createdAt", "expiresAt", "restrictedUntil", "tokenHash"
     FROM "Session" WHERE "userId" = (SELECT "id" FROM "User" WHERE "email" = $1)`,
    [email],
  );
  return { ...row };
}

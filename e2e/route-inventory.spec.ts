import { plainPost, scriptedPost } from "./action-requests";
import { listActions, listRoutes } from "./build";
import { countRows, findChanges, takeSnapshot } from "./database";
import { linksOf } from "./html";
import { expect, lendCookies, test } from "./journeys";
import { heading } from "./people";
import { namesGiven, PlainBrowser } from "./plain-browser";
import { givePassword, prepareAdministrator } from "./prepared-people";
import { findHiddenTexts } from "./stored-secrets";

const SESSION = "sparekey-session";
/** What the password alone may do: end the pending login, report an app lost. */
const DO_MORE = ["startOver", "reportLost"];

test("TH-02 no endpoint of the build gives a session for the password alone", async ({
  prepare,
  portal: { sql, baseURL },
}) => {
  const person = await prepare.withCodes();
  const { email, password } = person;
  const sessions = await countRows(sql, "Session", email);
  const { browser: pending } = await givePassword(person, baseURL);
  const fields = { email, username: email, password, code: "", step: "verify", saved: "on" };
  for (const route of listRoutes()) {
    for (const method of ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]) {
      const hasBody = ["POST", "PUT", "PATCH"].includes(method);
      const body = hasBody ? new URLSearchParams(fields) : undefined;
      if (route === "/logout" && method === "POST") continue; // ends the pending login, rightly
      const answer = await pending.send({ path: route, method, body });
      const what = `${method} ${route}: ${answer.status}`;
      expect(namesGiven(answer), what).not.toContain(SESSION);
      expect(answer.status, what).not.toBe(500);
    }
  }
  for (const action of listActions().filter(({ name }) => !DO_MORE.includes(name))) {
    for (const page of action.pages) {
      for (const post of [scriptedPost(page, action, fields), plainPost(page, action, fields)]) {
        const answer = await pending.copy().send(post);
        expect(namesGiven(answer), `${action.name} at ${page}`).not.toContain(SESSION);
      }
    }
  }
  expect(await countRows(sql, "Session", email)).toBe(sessions);
  expect((await pending.open("/login/verify")).path).toBe("/login/verify/authenticator-app");
});

test("NX-05 no role is sent a hash, a salt, a seed or a token, in HTML, RSC or JSON", async ({
  prepare,
  administrator,
  portal: { sql, baseURL },
}) => {
  const person = await prepare.withCodes();
  const member = await prepare.member();
  const pending = await givePassword(person, baseURL);
  const admin = await givePassword(administrator, baseURL);
  expect(admin.page.path).toBe("/account");
  const hidden = await findHiddenTexts(sql);
  expect(hidden.length).toBeGreaterThan(20);
  const roles = {
    nobody: new PlainBrowser(baseURL),
    pending: pending.browser,
    member: member.browser,
    owner: person.browser,
    administrator: admin.browser,
  };
  for (const [role, browser] of Object.entries(roles)) {
    for (const route of listRoutes()) {
      for (const headers of [
        {},
        { RSC: "1" },
        { RSC: "1", "next-router-prefetch": "1" },
      ] as const) {
        const { body } = await browser.open(route, headers);
        const found = hidden.filter((secret) => body.includes(secret));
        expect(found, `${route} as ${role}`).toEqual([]);
      }
    }
  }
});

test("NX-06 following and prefetching every link changes nothing", async ({
  prepare,
  portal: { sql, baseURL },
}) => {
  const person = await prepare.withCodes();
  const pending = await givePassword(person, baseURL);
  const before = await takeSnapshot(sql);
  for (const [browser, start] of [
    [person.browser, "/account"],
    [pending.browser, "/login/verify/methods"],
    [new PlainBrowser(baseURL), "/login"],
  ] as const) {
    const found = new Set([start, ...listRoutes()]);
    for (const path of found) {
      const page = await browser.open(path);
      for (const link of linksOf(page.body)) found.add(link);
      await browser.open(path, { RSC: "1", "next-router-prefetch": "1" });
      await browser.open(path, { "sec-purpose": "prefetch" });
      await browser.send({ path, method: "HEAD" });
    }
  }
  expect(await findChanges(sql, before)).toEqual({});
  expect((await person.browser.open("/account")).path).toBe("/account");
  expect((await pending.browser.open("/login/verify/methods")).path).toBe("/login/verify/methods");
});

test("NX-06 following every link of the administration's pages changes nothing", async ({
  prepare,
  portal: { sql, baseURL },
}) => {
  const { browser } = await prepareAdministrator(baseURL, sql);
  const { email } = await prepare.withCodes();
  const [person] = await sql(`SELECT "id" FROM "User" WHERE "email" = $1`, [email]);
  const pages = [
    "",
    "/policy",
    "/audit",
    "/requests",
    "/invitations",
    "/remind",
    `/users/${person?.id}`,
  ];
  const before = await takeSnapshot(sql);
  const found = new Set<string>();
  for (const page of pages) {
    const { body, status } = await browser.open(`/admin${page}`);
    expect(status, page).toBe(200);
    for (const link of linksOf(body)) if (!isOfSomebodyElse(link, person?.id)) found.add(link);
  }
  expect(found.size).toBeGreaterThan(20);
  for (const link of found) {
    await browser.open(link);
    await browser.open(link, { "sec-purpose": "prefetch" });
    await browser.send({ path: link, method: "HEAD" });
  }
  expect(await findChanges(sql, before)).toEqual({});
});

/** The list has as many people as the tests made; one stands for all. */
const isOfSomebodyElse = (link: string, id: unknown) =>
  link.startsWith("/admin/users/") && !link.startsWith(`/admin/users/${id}`);

test("no page asks for another before its link is followed", async ({ page, context, prepare }) => {
  const { browser } = await prepare.withCodes();
  const asked: string[] = [];
  page.on("request", (request) => {
    if (request.headers().rsc) asked.push(request.url());
  });
  await page.goto("/login");
  await page.waitForLoadState("networkidle");
  await lendCookies(browser, context);
  await page.goto("/account");
  await page.waitForLoadState("networkidle");
  await page.getByRole("link", { name: "Sessions" }).hover();
  await page.waitForLoadState("networkidle");
  expect(asked).toEqual([]);
  await page.getByRole("link", { name: "Sessions" }).click();
  await expect(heading(page, "Sessions")).toBeVisible();
  expect(asked.length).toBeGreaterThan(0);
});

test("NA-04 a page fetched ahead is no use of a session, and a page opened is", async ({
  prepare,
  portal: { sql },
}) => {
  const { browser, email } = await prepare.member();
  const minutesSinceUse = async () => {
    const [row] = await sql(
      `SELECT round(extract(epoch FROM now() - "lastSeenAt") / 60)::int AS "minutes" FROM "Session"
       WHERE "userId" = (SELECT "id" FROM "User" WHERE "email" = $1)`,
      [email],
    );
    return row?.minutes;
  };
  await sql(
    `UPDATE "Session" SET "lastSeenAt" = now() - interval '20 minutes'
     WHERE "userId" = (SELECT "id" FROM "User" WHERE "email" = $1)`,
    [email],
  );
  await browser.open("/account", { RSC: "1", "next-router-prefetch": "1" });
  await browser.open("/account", { "sec-purpose": "prefetch;prerender" });
  await browser.open("/api/auth/session");
  expect(await minutesSinceUse()).toBe(20);
  await browser.open("/account");
  expect(await minutesSinceUse()).toBe(0);
});

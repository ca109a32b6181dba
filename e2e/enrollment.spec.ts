import { readFileSync } from "node:fs";
import { examine } from "./examine";
import { expect, lendCookies, test } from "./journeys";
import { findMail } from "./mailbox";
import { button, heading, link } from "./people";
import { PlainBrowser } from "./plain-browser";
import { givePassword, prepareAdministrator, verifyAddressOf } from "./prepared-people";

test("an administrator sees who would be locked out, narrows the list, finds a person, and each view has its address", async ({
  page,
  prepare,
  portal: { sql, baseURL },
}) => {
  const administrator = await prepareAdministrator(baseURL, sql);
  const [nobody, lockedOut, thin] = [
    await prepare.member(),
    await prepare.withApp(),
    await prepare.withCodes(),
  ];
  await sql(
    `UPDATE "RecoveryCode" SET "usedAt" = now() WHERE "number" > 2 AND "userId" = (SELECT "id" FROM "User" WHERE "email" = $1)`,
    [thin.email],
  );
  await lendCookies(administrator.browser, page.context());
  await page.goto("/account");
  await link(page, "Administration").click();
  await expect(heading(page, "MFA enrollment")).toBeVisible();
  const row = (name: string) => page.getByRole("row").filter({ hasText: name });

  for (const [person, state, value] of [
    [nobody, "No MFA", "no-mfa"],
    [lockedOut, "Locked out", "locked-out"],
    [thin, "Thin", "thin"],
  ] as const) {
    await page.getByRole("link", { name: new RegExp(`^${state}`) }).click();
    await expect(page).toHaveURL(`/admin?state=${value}`);
    await page.getByRole("searchbox", { name: "Search by name or email" }).fill(person.name);
    await button(page, "Search").click();
    await expect(page).toHaveURL(/state=.*search=|search=.*state=/);
    await expect(row(person.email)).toContainText(state);
    await expect(page.getByRole("row")).toHaveCount(2);
    await page.goto(page.url());
    await expect(row(person.email)).toBeVisible();
    await link(page, "Show everybody").click();
    await expect(page).toHaveURL(`/admin?state=${value}`);
    await page.getByRole("link", { name: /^Everybody/ }).click();
    await expect(page).toHaveURL("/admin");
  }
  await page.getByRole("searchbox", { name: "Search by name or email" }).fill(thin.name);
  await button(page, "Search").click();
  await expect(row(thin.email)).toContainText("2 left");
  await link(page, "Sort by Codes left").click();
  await expect(page.getByRole("columnheader", { name: /Codes left/ })).toHaveAttribute(
    "aria-sort",
    "ascending",
  );
  await link(page, "Sort by Codes left").click();
  await expect(page).toHaveURL(/sort=-codes/);
  await link(page, thin.name).click();
  await expect(page).toHaveURL(/\/admin\/users\/[0-9a-f-]{36}$/);
});

test("AX-01 the list, the reminder and a list of nobody have no barrier, in both schemes", async ({
  page,
  prepare,
  portal: { sql, baseURL },
}) => {
  const administrator = await prepareAdministrator(baseURL, sql);
  await prepare.withCodes();
  await sql(
    `INSERT INTO "EnrollmentDay" SELECT current_date - n, 5, n, 3, 4 FROM generate_series(1, 9) n
     ON CONFLICT DO NOTHING`,
  );
  await lendCookies(administrator.browser, page.context());
  for (const path of ["/admin", "/admin?search=nobody+at+all", "/admin/remind?state=no-mfa"]) {
    await page.goto(path);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await examine(page);
  }
});

test("the list is exported as a file in which no name is a formula", async ({
  page,
  prepare,
  portal: { sql, baseURL },
}) => {
  const administrator = await prepareAdministrator(baseURL, sql);
  const person = await prepare.member();
  await sql(`UPDATE "User" SET "name" = '=1+1 ' || "name" WHERE "email" = $1`, [person.email]);
  await lendCookies(administrator.browser, page.context());
  await page.goto(`/admin?search=${person.email}`);
  const downloading = page.waitForEvent("download");
  await button(page, "Export as CSV").click();
  const download = await downloading;
  expect(download.suggestedFilename()).toMatch(/^sparekey-enrollment-\d{4}-\d\d-\d\d\.csv$/);
  const lines = readFileSync(await download.path(), "utf8")
    .trim()
    .split("\r\n");
  expect(lines).toHaveLength(2);
  expect(lines[1]).toContain(`'=1+1 ${person.name},${person.email},member,`);
});

test("a reminder reaches a person once in seven days, and says so", async ({
  page,
  prepare,
  portal,
}) => {
  const { sql, baseURL } = portal;
  const administrator = await prepareAdministrator(baseURL, sql);
  const person = await prepare.withApp();
  await verifyAddressOf(person, portal);
  await lendCookies(administrator.browser, page.context());
  await page.goto(`/admin?search=${person.email}`);
  await link(page, "Remind by mail").click();
  await expect(page.getByText("One person will get a mail that says what to do.")).toBeVisible();
  await button(page, "Send reminders").click();
  await expect(page.getByText("One person was mailed.")).toBeVisible();
  await findMail(portal, person.email, /If you lost your phone today/);
  await link(page, "Remind by mail").click();
  await expect(page.getByText("Nobody of this list can be reminded now.")).toBeVisible();
});

test("LC-09 an administrator without a second step can only enroll, and comes in once they did", async ({
  administrator,
  portal: { baseURL },
}) => {
  const { browser } = await givePassword(administrator, baseURL);
  for (const path of ["/admin", "/account/sessions", "/account/password", "/account/addresses"]) {
    expect((await browser.open(path)).path, path).toBe("/account/mfa");
  }
  const overview = await browser.open("/account");
  expect(overview.path).toBe("/account");
  expect(overview.body).toContain("Add a verification method to go on");
});

test("LC-08 SE-14 nobody but an administrator sees the list or takes the file, and a role that was taken counts at once", async ({
  prepare,
  portal: { sql, baseURL },
}) => {
  const administrator = await prepareAdministrator(baseURL, sql);
  const member = await prepare.withApp();
  const take = (browser: PlainBrowser, headers: Record<string, string> = { origin: baseURL }) =>
    browser.send({ path: "/admin/export", method: "POST", headers, body: new URLSearchParams() });
  expect((await take(administrator.browser)).status).toBe(200);
  expect((await take(administrator.browser, { origin: "https://evil.example" })).status).toBe(403);
  for (const browser of [member.browser, new PlainBrowser(baseURL)]) {
    expect((await browser.open("/admin")).body).not.toContain(administrator.email);
    const { status, body } = await take(browser);
    expect([303, 403]).toContain(status);
    expect(body).not.toContain(member.email);
  }
  expect((await member.browser.open("/admin")).status).toBe(403);
  await sql(`UPDATE "User" SET "role" = 'USER' WHERE "email" = $1`, [administrator.email]);
  expect((await administrator.browser.open("/admin")).status).toBe(403);
  expect((await take(administrator.browser)).status).toBe(403);
});

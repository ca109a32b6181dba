import { findChanges, takeSnapshot } from "./database";
import { textOf } from "./html";
import { expect, lendCookies, test } from "./journeys";
import { findMail, findMailLink, readMailbox } from "./mailbox";
import { button, field, heading, link, told } from "./people";
import { PlainBrowser } from "./plain-browser";
import { givePassword, logInWithCodePlainly, prepareAdministrator } from "./prepared-people";

const PATH = "/account/delete";

test("AX-11 SE-06 LC-04 an account is deleted after its consequences were read and ticked, and its mailbox is told", async ({
  page,
  context,
  prepare,
  portal,
}) => {
  const person = await prepare.withCodes();
  const stranger = new PlainBrowser(portal.baseURL);
  const question = await stranger.open(
    await findMailLink(portal, person.email, /Verify your address/),
  );
  await stranger.press(question, "Verify address");
  const thief = person.browser.copy();
  await lendCookies(person.browser, context);
  await page.goto("/account");
  await link(page, "Delete your account").click();
  await expect(heading(page, "Delete your account")).toBeVisible();
  await expect(told(page, /nobody can bring it back/)).toContainText(person.email);
  for (const consequence of [
    /recovery codes and all sessions end/,
    /one last mail/,
    /stays on record/,
  ]) {
    await expect(told(page, consequence)).toBeVisible();
  }
  await button(page, "Delete account").click();
  await expect(told(page, /Tick .* first. Nothing was deleted/)).toBeVisible();
  await page.getByRole("checkbox", { name: "I understand that this cannot be undone" }).check();
  await button(page, "Delete account").click();
  await expect(heading(page, "Log in")).toBeVisible();
  await expect(told(page, /Your account is deleted/)).toBeVisible();

  expect((await context.cookies()).filter(({ name }) => /session|login$|link/.test(name))).toEqual(
    [],
  );
  expect((await thief.open("/account")).path).toMatch(/^\/login/);
  const again = await givePassword(person, portal.baseURL);
  expect(textOf(again.page.body)).toMatch(/don.t match an account/);
  await findMail(portal, person.email, /Your account was deleted/);
  const [kept] = await portal.sql(
    `SELECT count(*)::int AS "events" FROM "AuditEvent" WHERE "userId" =
       (SELECT "userId" FROM "AuditEvent" WHERE "type" = 'account_deleted' ORDER BY "at" DESC LIMIT 1)`,
  );
  expect(Number(kept?.events)).toBeGreaterThan(3);

  await link(page, "Create account").click();
  await field(page, "Name").fill(person.name);
  await field(page, "Email").fill(person.email);
  await page.getByLabel("Password", { exact: true }).fill(person.password);
  await button(page, "Create account").click();
  await expect(heading(page, "Account Settings")).toBeVisible();
});

test("AX-13 without scripts: unticked it deletes nothing, ticked it does, in one of two tabs", async ({
  prepare,
  portal,
}) => {
  const { browser, email } = await prepare.member();
  const form = await browser.open(PATH);
  const before = await takeSnapshot(portal.sql);
  const refused = await browser.press(form, "Delete account");
  expect(textOf(refused.body)).toContain("Nothing was deleted");
  expect(await findChanges(portal.sql, before)).toEqual({});
  const other = browser.copy();
  const tabs = [browser, other].map((tab) =>
    tab.press(form, "Delete account", { understood: "on" }),
  );
  const paths = (await Promise.all(tabs)).map(({ path }) => path);
  expect(paths).toContain("/login?why=deleted");
  expect(await portal.sql(`SELECT 1 AS "is" FROM "User" WHERE "email" = $1`, [email])).toEqual([]);
  expect(await readMailbox(portal, email)).toHaveLength(1); // its verification link alone
});

test("SE-07 a stale or restricted session deletes nothing, whatever its page still shows", async ({
  prepare,
  portal,
}) => {
  const person = await prepare.withCodes();
  const form = await person.browser.open(PATH);
  const restricted = await logInWithCodePlainly(person, person.codes[0] ?? "", portal.baseURL);
  expect((await restricted.open(PATH)).path).toMatch(/^\/account\/verify.*why=restricted/);
  await portal.sql(
    `UPDATE "Session" SET "authTime" = now() - interval '11 minutes'
     WHERE "userId" = (SELECT "id" FROM "User" WHERE "email" = $1) AND NOT ('recovery' = ANY("amr"))`,
    [person.email],
  );
  for (const browser of [person.browser, restricted]) {
    const answer = await browser.press(form, "Delete account", { understood: "on" });
    expect(answer.path).toMatch(/^\/account\/verify/);
  }
  const left = await portal.sql(`SELECT 1 AS "is" FROM "User" WHERE "email" = $1`, [person.email]);
  expect(left).toHaveLength(1);
});

test("the only administrator is told that the account stays", async ({
  administrator,
  portal: { baseURL, sql },
}) => {
  const only = await prepareAdministrator(baseURL, sql);
  await sql(`UPDATE "User" SET "role" = 'USER' WHERE "email" <> $1`, [only.email]);
  const page = await only.browser.open(PATH);
  await sql(`UPDATE "User" SET "role" = 'ADMINISTRATOR' WHERE "email" = $1`, [administrator.email]);
  expect(textOf(page.body)).toContain("the only administrator");
  expect(page.body).not.toContain("I understand that this");
});

test("AX-10 the account is deleted by keyboard alone", async ({ page, context, prepare }) => {
  const person = await prepare.member();
  await lendCookies(person.browser, context);
  await page.goto(PATH);
  await page.getByRole("checkbox").focus();
  await page.keyboard.press("Space");
  await page.keyboard.press("Tab");
  await expect(button(page, "Delete account")).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(told(page, /Your account is deleted/)).toBeVisible();
});

import { age } from "./database";
import { examine } from "./examine";
import { textOf } from "./html";
import { expect, lendCookies, test } from "./journeys";
import { findMail, readMailbox } from "./mailbox";
import { button, heading, link, type Person, told } from "./people";
import { givePassword, prepareAdministrator, verifyAddressOf } from "./prepared-people";
import type { Sql } from "./servers";
import { storeKey, storePhone } from "./stored-methods";

test("LC-09 AX-01 an administrator sees a person's methods, codes and sessions, and ends these with a reason that the person reads", async ({
  page,
  prepare,
  portal,
}) => {
  const { sql, baseURL } = portal;
  const administrator = await prepareAdministrator(baseURL, sql);
  const person = await prepare.withCodes();
  await verifyAddressOf(person, portal);
  await storeKey(portal, person, "Blue key");
  await storePhone(portal, person, "My phone");
  await lendCookies(administrator.browser, page.context());
  await page.goto(await pathOf(sql, person));
  await expect(heading(page, person.name)).toBeVisible();
  const main = page.getByRole("main");
  await expect(page.getByRole("definition").filter({ hasText: person.email })).toBeVisible();
  for (const text of ["Member", "Active"]) {
    await expect(main.getByText(text, { exact: true })).toBeVisible();
  }
  await expect(main.getByText("Safe", { exact: true })).toBeVisible();
  const codes = page.getByRole("list", { name: "Recovery codes" });
  await expect(codes.getByRole("listitem")).toHaveText(
    /^Set A10 of 10 codes left.*Marked as saved/,
  );
  const methods = page.getByRole("list", { name: "Verification methods" });
  await expect(methods.getByRole("listitem")).toHaveText([
    /Security key or passkey: Blue key/,
    /Sparekey Authenticator: My phone/,
    /Authenticator app/,
  ]);
  await expect(link(page, "Reset MFA")).toHaveAttribute("href", /\/reset$/);
  await expect(link(page, "Temporary code")).toHaveAttribute("href", /\/temporary-code$/);
  await examine(page);

  await link(page, "End all sessions").click();
  await expect(told(page, /logged out at once/)).toBeVisible();
  await examine(page);
  await button(page, "End all sessions").click();
  await expect(page.getByLabel("Reason")).toHaveAccessibleDescription(/Say why/);
  await page.getByLabel("Reason").fill("You left a café computer logged in");
  await button(page, "End all sessions").click();
  await expect(page.getByRole("status").getByText("All sessions are ended.")).toBeVisible();
  await expect(told(page, /No browser is logged in/)).toBeVisible();
  const [newest] = await page.getByRole("list", { name: "History" }).getByRole("listitem").all();
  await expect(newest ?? main).toContainText("You left a café computer logged in");
  await expect(newest ?? main).toContainText(`Done by ${administrator.name}`);
  expect((await person.browser.open("/account")).path).toMatch(/^\/login/);
  const mail = await findMail(portal, person.email, /All your sessions were ended/);
  expect(mail.text).toContain("You left a café computer logged in");
  expect(mail.text).not.toContain(administrator.email);
});

test("SE-14 who is disabled is out at once and cannot log in until enabled, without scripts too; the reason outlives a step-up", async ({
  prepare,
  portal,
}) => {
  const { sql, baseURL } = portal;
  const administrator = await prepareAdministrator(baseURL, sql);
  const { browser } = administrator;
  const person = await prepare.member();
  await verifyAddressOf(person, portal);
  const path = await pathOf(sql, person);
  const asked = await browser.open(`${path}/disable`);
  const { email } = administrator;
  await age(sql, { table: "Session", columns: ["authTime"], email, minutes: 11 });
  const step = await browser.press(asked, "Disable account", { reason: "Left the company" });
  expect(step.path).toContain("/account/verify/authenticator-app?return=");
  await sql(`UPDATE "AuthenticatorApp" SET "lastUsedStep" = "lastUsedStep" - 5`);
  const back = await browser.press(step, "Verify", { code: administrator.phone.code() });
  expect(back.path).toBe(`${path}/disable`);
  expect(textOf(back.body)).toContain("Left the company");
  expect((await person.browser.open("/account")).path).toBe("/account");

  const done = await browser.press(back, "Disable account");
  expect(textOf(done.body)).toContain("The account is disabled");
  expect(textOf(done.body)).toContain("Disabled since");
  expect((await person.browser.open("/account")).path).toMatch(/^\/login/);
  expect((await givePassword(person, baseURL)).page.path).toMatch(/^\/login/);
  expect((await findMail(portal, person.email, /was disabled/)).text).toContain("Left the company");

  const enabling = await browser.open(`${path}/enable`);
  const enabled = await browser.press(enabling, "Enable account", { reason: "Came back" });
  expect(textOf(enabled.body)).toContain("The account is enabled again.");
  expect((await person.browser.open("/account")).path).toMatch(/^\/login/);
  expect((await givePassword(person, baseURL)).page.path).toBe("/account");
});

test("SE-14 AX-01 a role is given and taken with the next request; nobody disables themselves", async ({
  page,
  prepare,
  portal,
}) => {
  const { sql, baseURL } = portal;
  const administrator = await prepareAdministrator(baseURL, sql);
  const person = await prepare.withApp();
  await lendCookies(administrator.browser, page.context());
  const path = await pathOf(sql, person);
  await page.goto(`${path}/make-administrator`);
  await expect(told(page, /Nobody has verified the address/)).toBeVisible();
  await verifyAddressOf(person, portal);
  await page.goto(path);
  await link(page, "Make administrator").click();
  await examine(page);
  await page.getByLabel("Reason").fill("Looks after the helpdesk");
  await button(page, "Make administrator").click();
  await expect(told(page, /is an administrator now/)).toBeVisible();
  expect((await person.browser.open("/admin")).status).toBe(200);

  await link(page, "Remove administrator role").click();
  await page.getByLabel("Reason").fill("Moves to another team");
  await button(page, "Remove administrator role").click();
  await expect(told(page, /no longer an administrator/)).toBeVisible();
  expect((await person.browser.open("/admin")).status).toBe(403);
  const subjects = (await readMailbox(portal, person.email)).map(({ subject }) => subject);
  expect(subjects).toEqual(
    expect.arrayContaining([
      "You were made an administrator",
      "You are no longer an administrator",
    ]),
  );

  const own = await pathOf(sql, administrator);
  await page.goto(`${own}/remove-administrator`);
  await expect(told(page, /Nobody has verified the address/)).toBeVisible();
  await verifyAddressOf(administrator, portal);
  await page.goto(own);
  await expect(link(page, "Disable account")).toHaveCount(0);
  await expect(link(page, "End all sessions")).toHaveCount(0);
  await page.goto(`${own}/disable`);
  await expect(told(page, /you would shut yourself out/)).toBeVisible();
  await expect(button(page, "Disable account")).toHaveCount(0);
  await page.goto(own);
  await link(page, "Remove administrator role").click();
  await page.getByLabel("Reason").fill("Enough of it");
  await button(page, "Remove administrator role").click();
  await expect(page.getByRole("status").getByText(/no longer an administrator/)).toBeVisible();
  expect((await administrator.browser.open("/admin")).status).toBe(403);
});

test("LC-08 an id of nobody, or one that is none, and an act that is none are not found", async ({
  prepare,
  portal: { sql, baseURL },
}) => {
  const { browser } = await prepareAdministrator(baseURL, sql);
  const path = await pathOf(sql, await prepare.member());
  for (const missing of [
    `/admin/users/${crypto.randomUUID()}`,
    `/admin/users/${crypto.randomUUID()}/disable`,
    "/admin/users/1",
    "/admin/users/1/disable",
    `/admin/users/${"f".repeat(36)}`,
    `${path}/delete`,
  ]) {
    expect((await browser.open(missing)).status, missing).toBe(404);
  }
});

async function pathOf(sql: Sql, { email }: Person): Promise<string> {
  const [row] = await sql(`SELECT "id"::text AS "id" FROM "User" WHERE "email" = $1`, [email]);
  return `/admin/users/${row?.id}`;
}

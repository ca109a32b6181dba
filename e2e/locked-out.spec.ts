import { execFile } from "node:child_process";
import type { Page } from "@playwright/test";
import { examine } from "./examine";
import type { Portal } from "./fixtures";
import { textOf } from "./html";
import { expect, lendCookies, test } from "./journeys";
import { findMail, findMailLink } from "./mailbox";
import {
  button,
  enrollAuthenticatorApp,
  enterPassword,
  field,
  heading,
  link,
  type Person,
  told,
} from "./people";
import { letTimeStepsPass } from "./phone";
import { PlainBrowser } from "./plain-browser";
import { givePassword, prepareWithApp, verifyAddressOf, type WithApp } from "./prepared-people";
import { noteSecret } from "./secrets-of-the-run";

const LINK_MAIL = /Your link to log in/;
const HALF_MAIL = /Your half of a temporary code/;
const REASON = "Called back on the number in the staff list";

test("LC-06 LC-09 an administrator resets MFA; password and mailed link, in one browser, lead to a new method and nowhere else", async ({
  page,
  context,
  browser,
  portal,
}) => {
  const administrator = await prepareAdministrator(portal);
  const person = await prepareVerified(portal);
  await lendCookies(administrator.browser, context);
  await page.goto(await helpPath(portal, person, "reset"));
  await expect(heading(page, "Reset MFA")).toBeVisible();
  await examine(page);
  await button(page, "Reset MFA").click();
  await expect(told(page, /Say why/)).toBeVisible();
  await field(page, "Reason").fill(REASON);
  await button(page, "Reset MFA").click();
  await expect(told(page, /MFA is reset/)).toBeVisible();
  await examine(page);
  const notice = await findMail(portal, person.email, /verification methods were reset/);
  expect(notice.text).toContain("staff list");
  expect((await person.browser.open("/account")).path, "its sessions ended").toMatch(/^\/login/);

  await startAfresh(page);
  await enterPassword(page, person);
  await expect(heading(page, "Open the link we mailed you")).toBeVisible();
  await examine(page);
  const first = await findMailLink(portal, person.email, LINK_MAIL);
  await button(page, "Send again").click();
  await expect(told(page, /A new link is on its way/)).toBeVisible();
  await expect
    .poll(() => findMailLink(portal, person.email, LINK_MAIL), { timeout: 15_000 })
    .not.toBe(first);
  const address = await findMailLink(portal, person.email, LINK_MAIL);

  const elsewhere = await (await browser.newContext()).newPage();
  await elsewhere.goto(portal.baseURL + address);
  await expect(heading(elsewhere, "Enter your password first")).toBeVisible();
  await examine(elsewhere);
  await elsewhere.goto(`${portal.baseURL}/account`);
  await expect(heading(elsewhere, "Log in")).toBeVisible();

  await page.goto(address);
  await expect(page).toHaveURL(/\/login\/mailed-link$/);
  await expect(heading(page, "Go on with your login")).toBeVisible();
  await examine(page);
  await button(page, "Log in").click();
  await expect(page).toHaveURL(/\/account\/mfa$/);
  await page.goto("/account/addresses");
  await expect(page).toHaveURL(/\/account\/mfa$/);
  await enrollAuthenticatorApp(page);
  await page.goto("/account/addresses");
  await expect(page).toHaveURL(/\/account\/addresses$/);
  await page.goto(address);
  await expect(heading(page, "This link was used or is over")).toBeVisible();
  await examine(page);
});

test("LC-07 a temporary code: half is shown once, half is mailed, and both let the person in with limits", async ({
  page,
  context,
  portal,
}) => {
  const administrator = await prepareAdministrator(portal);
  const person = await prepareVerified(portal);
  await lendCookies(administrator.browser, context);
  const path = await helpPath(portal, person, "temporary-code");
  await page.goto(path);
  await expect(heading(page, "Temporary code")).toBeVisible();
  await examine(page);
  await field(page, "Hours").fill("25");
  await button(page, "Make temporary code").click();
  await expect(told(page, /whole number from 1 to 24/)).toBeVisible();
  await field(page, "Hours").fill("2");
  await field(page, "Reason").fill(REASON);
  await button(page, "Make temporary code").click();
  const shown = await readShownHalf(page);
  expect(shown).toMatch(/^[0-9A-Z]{3}(-[0-9A-Z]{3}){2}$/);
  await examine(page);
  await page.goto("/admin/requests");
  await page.goBack();
  await expect(button(page, "End temporary code")).toBeVisible();
  await expect(page.getByText(shown)).toHaveCount(0);
  const mailed = await findMailedHalf(portal, person);

  await startAfresh(page);
  await enterPassword(page, person);
  await link(page, "Choose Another Verification Method").click();
  await examine(page);
  await link(page, "Temporary Code").click();
  await expect(heading(page, "Enter your temporary code")).toBeVisible();
  await examine(page);
  await field(page, "Temporary code").fill(shown);
  await button(page, "Verify").click();
  await expect(told(page, /That is one half/)).toBeVisible();
  await field(page, "Temporary code").fill(`${shown} ${mailed.toLowerCase()}`);
  await button(page, "Verify").click();
  await expect(heading(page, "You’re in")).toBeVisible();
  await expect(told(page, /You used a temporary code/)).toBeVisible();
  await expect(button(page, "Log out")).toBeVisible();
  await examine(page);
  await page.goto("/account/addresses");
  await expect(page, "no way round the gate").toHaveURL(/\/account\/recovered$/);

  const { browser, page: step } = await givePassword(person, portal.baseURL);
  expect(step.path).toBe("/login/verify/authenticator-app");
  const methods = await browser.open("/login/verify/methods");
  expect(textOf(methods.body), "used up, it is not listed").not.toContain("Temporary Code");
  const refused = await browser.press(
    await browser.open("/login/verify/temporary-code"),
    "Verify",
    { code: shown + mailed },
  );
  expect(textOf(refused.body)).toContain("isn’t valid or was already used");
  await letTimeStepsPass(portal.sql, person.email);
  const account = await browser.press(
    await browser.open("/login/verify/authenticator-app"),
    "Verify",
    { code: person.phone.code() },
  );
  expect(account.path).toBe("/account");
  await portal.sql(`UPDATE "User" SET "role" = 'ADMINISTRATOR' WHERE "email" = $1`, [person.email]);
  const pages = [account, await browser.open("/account/mfa"), await browser.open("/admin")];
  expect(pages[2]?.path).toBe("/admin");
  for (const { body } of pages) {
    const notices = textOf(body).split("An administrator made a temporary code for you").length - 1;
    expect(notices, "wherever they come back to, once").toBe(1);
  }
  expect(textOf((await browser.open("/account/activity")).body)).toContain(REASON);
});

test("LC-07 without scripts a temporary code is made, and ended before its time", async ({
  portal,
}) => {
  const { browser } = await prepareAdministrator(portal);
  const person = await prepareVerified(portal);
  const path = await helpPath(portal, person, "temporary-code");
  const made = await browser.press(await browser.open(path), "Make temporary code", {
    hours: "1",
    reason: REASON,
  });
  const shown = /<code[^>]*>([0-9A-Z]{3}(?:-[0-9A-Z]{3}){2})<\/code>/.exec(made.body)?.[1] ?? "";
  noteSecret(shown);
  const mailed = await findMailedHalf(portal, person);
  expect(made.body).not.toContain(mailed);
  const ended = await browser.press(await browser.open(path), "End temporary code");
  expect(textOf(ended.body)).toContain("The temporary code is ended.");
  const { browser: theirs } = await givePassword(person, portal.baseURL);
  const refused = await theirs.press(await theirs.open("/login/verify/temporary-code"), "Verify", {
    code: shown + mailed,
  });
  expect(textOf(refused.body)).toContain("isn’t valid or was already used");
});

test("LC-06 what is for an administrator waits for a second one, who is not the one who asked", async ({
  page,
  context,
  portal,
}) => {
  const asking = await prepareAdministrator(portal);
  const second = await prepareAdministrator(portal);
  const subject = await prepareAdministrator(portal);
  await verifyAddressOf(subject, portal);
  const reset = await helpPath(portal, subject, "reset");
  const code = await helpPath(portal, subject, "temporary-code");
  await lendCookies(asking.browser, context);
  await page.goto(code);
  await expect(told(page, /This needs a second administrator/)).toBeVisible();
  await examine(page);
  await field(page, "Hours").fill("2");
  await field(page, "Reason").fill(REASON);
  await button(page, "Make temporary code").click();
  await expect(told(page, /Your request waits/)).toBeVisible();
  await page.goto("/admin/requests");
  await expect(told(page, /You asked for this/)).toBeVisible();
  await expect(button(page, "Approve")).toHaveCount(0);
  await examine(page);

  await lendCookies(second.browser, context);
  await page.goto("/admin/requests");
  await examine(page);
  await button(page, "Approve").click();
  await expect(told(page, /the administrator who asked can make the code/)).toBeVisible();
  await expect(button(page, "Decline"), "it can still be taken back").toBeVisible();
  await expect(button(page, "Approve")).toHaveCount(0);

  await lendCookies(asking.browser, context);
  await page.goto("/admin/requests");
  await link(page, "Make the code").click();
  await examine(page);
  await button(page, "Make temporary code").click();
  await expect(heading(page, `Tell ${subject.name} this half`)).toBeVisible();
  await readShownHalf(page);

  await page.goto(reset);
  await field(page, "Reason").fill(REASON);
  await button(page, "Reset MFA").click();
  await expect(told(page, /It waits for a second administrator until/)).toBeVisible();
  await examine(page);
  await lendCookies(second.browser, context);
  await page.goto("/admin/requests");
  await button(page, "Approve").click();
  await expect(told(page, /MFA is reset/)).toBeVisible();
  await examine(page);
  const { page: step } = await givePassword(subject, portal.baseURL);
  expect(step.path).toBe("/login/verify/mailed-link");
});

test("LC-06 bin/rescue lets the only administrator in again, with password and mailed link", {
  tag: "@embedded",
}, async ({ freshEnvironment, launch }) => {
  const dataDir = freshEnvironment.DATA_DIR ?? "";
  const person = { name: "Ada", email: "ada@example.test", password: "tidy walrus counts rivers" };
  const first = await launch({ environment: freshEnvironment });
  const browser = new PlainBrowser(first.baseURL);
  const setup = await browser.open("/setup");
  const fields = { ...person, token: first.setupToken ?? "" };
  expect((await browser.press(setup, "Create administrator", fields)).path).toBe("/account");
  const verification = await browser.open(
    await findMailLink({ dataDir }, person.email, /Verify your address/),
  );
  await browser.press(verification, "Verify address");
  await first.stop();
  const unknown = await rescue(freshEnvironment, "nobody@example.test");
  expect(unknown).toMatchObject({ code: 1, output: expect.stringContaining("No enabled account") });
  const rescued = await rescue(freshEnvironment, person.email);
  expect(rescued).toMatchObject({ code: 0, output: expect.stringContaining("Ada (ada@") });
  expect(rescued.output).toContain("If the password is forgotten too, reset it first");
  expect(rescued.output).not.toMatch(/token|[\w-]{43}/);

  const { baseURL } = await launch({ environment: freshEnvironment });
  const login = await givePassword(person, baseURL);
  expect(login.page.path).toBe("/login/verify/mailed-link");
  const link = await findMailLink({ dataDir }, person.email, LINK_MAIL);
  const asked = await login.browser.open(link);
  expect((await login.browser.press(asked, "Log in")).path).toBe("/account/mfa");
  const notice = await findMail({ dataDir }, person.email, /reset from the server/);
  expect(notice.text).toContain("access to the server");
});

async function prepareAdministrator(portal: Portal): Promise<WithApp> {
  const person = await prepareWithApp(portal.baseURL);
  await portal.sql(`UPDATE "User" SET "role" = 'ADMINISTRATOR' WHERE "email" = $1`, [person.email]);
  return person;
}

async function prepareVerified(portal: Portal): Promise<WithApp> {
  const person = await prepareWithApp(portal.baseURL);
  await verifyAddressOf(person, portal);
  return person;
}

async function helpPath({ sql }: Portal, { email }: Person, page: "reset" | "temporary-code") {
  const [user] = await sql(`SELECT "id"::text FROM "User" WHERE "email" = $1`, [email]);
  return `/admin/users/${user?.id}/${page}`;
}

async function readShownHalf(page: Page): Promise<string> {
  const half = (await page.getByRole("main").getByRole("code").textContent()) ?? "";
  noteSecret(half);
  return half;
}

async function findMailedHalf(portal: Portal, { email }: Person): Promise<string> {
  const { text } = await findMail(portal, email, HALF_MAIL);
  const half = /Second half:\s+(\S+)/.exec(text)?.[1] ?? "";
  noteSecret(half);
  return half;
}

/** As in another browser: nobody is logged in. */
async function startAfresh(page: Page): Promise<void> {
  await page.context().clearCookies();
  await page.goto("/login");
}

/** What bin/rescue runs. */
function rescue(environment: Record<string, string>, address: string) {
  const args = ["--conditions=react-server", "--import", "tsx", "prisma/rescue.ts", address];
  const env = { ...process.env, DATABASE_URL: "", ...environment };
  return new Promise<{ code: number; output: string }>((resolve) => {
    execFile(process.execPath, args, { env }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr });
    });
  });
}

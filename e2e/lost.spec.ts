import { textOf } from "./html";
import { expect, lendCookies, test } from "./journeys";
import { button, enterPassword, enterRecoveryCode, field, heading, link, told } from "./people";
import { givePassword, logInWithCodePlainly } from "./prepared-people";

test("LC-05 a lost app is reported at the login, refused from then on, and turned on again after a login with a code", async ({
  page,
  prepare,
}) => {
  const person = await prepare.withCodes();
  await page.goto("/login");
  await enterPassword(page, person);
  await link(page, "I lost my phone or authenticator app").click();
  await expect(heading(page, "Report your authenticator app lost")).toBeVisible();
  await button(page, "Report it lost").click();
  await expect(told(page, /are not accepted. Log in with another method/)).toBeVisible();
  await page.goto("/login/verify/authenticator-app");
  await expect(told(page, /This app was reported lost/)).toBeVisible();
  await link(page, "Choose Another Verification Method").click();
  await expect(told(page, /Reported lost .*, not accepted/)).toBeVisible();
  await link(page, "Recovery Codes").click();
  await enterRecoveryCode(page, person.codes[0] ?? "");
  await expect(heading(page, "You’re in")).toBeVisible();
  await page.goto("/account/mfa");
  await link(page, "I have it again").click();
  await button(page, "Turn it on again").click();
  await expect(told(page, /authenticator app is on again/)).toBeVisible();
  await button(page, "Log out").click();
  await expect(page).toHaveURL(/\/login/);
  await page.goto("/login");
  await enterPassword(page, person);
  await expect(field(page, "Verification code")).toBeVisible();
});

test("LC-05 with the password alone the last usable method cannot be reported, and MFA stays on", async ({
  prepare,
  portal: { baseURL },
}) => {
  const person = await prepare.withApp();
  const { browser } = await givePassword(person, baseURL);
  const page = await browser.open("/login/verify/lost");
  expect(textOf(page.body)).toContain("It is the only method that works for you right now");
  const other = await prepare.withCodes();
  const { browser: theirs } = await givePassword(other, baseURL);
  const form = await theirs.open("/login/verify/lost");
  const refused = await browser.press(form, "Report it lost");
  expect(textOf(refused.body)).toContain("so nothing was changed");
  const again = await givePassword(person, baseURL);
  expect(again.page.path).toBe("/login/verify/authenticator-app");
  expect(textOf(again.page.body)).not.toContain("reported lost");
});

test("LC-05 AX-11 removing the app names what ends with it, and the password alone opens the account then", async ({
  page,
  context,
  prepare,
  portal: { baseURL },
}) => {
  const person = await prepare.withCodes();
  await lendCookies(person.browser, context);
  await page.goto("/account/mfa");
  await link(page, "Remove").click();
  await expect(told(page, /Your 10 unused recovery codes stop working too/)).toBeVisible();
  await button(page, "Remove authenticator app").click();
  await expect(told(page, /Multi-factor authentication is off/)).toBeVisible();
  const { page: entered } = await givePassword(person, baseURL);
  expect(entered.path).toBe("/account");
});

test("LC-05 a session that the app itself opened does not turn it on again", async ({
  prepare,
  portal: { baseURL },
}) => {
  const person = await prepare.withCodes();
  const path = "/account/mfa/authenticator-app/lost";
  await person.browser.press(await person.browser.open(path), "Report it lost");
  const refused = await person.browser.press(await person.browser.open(path), "Turn it on again");
  expect(textOf(refused.body)).toContain("This login was verified with the app itself");
  const owner = await logInWithCodePlainly(person, person.codes[0] ?? "", baseURL);
  const lifted = await owner.press(await owner.open(path), "Turn it on again");
  expect(lifted.path).toBe("/account/mfa?done=lifted-authenticator-app");
});

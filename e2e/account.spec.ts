import { age, countRows, findChanges, readFailures, takeSnapshot } from "./database";
import { textOf } from "./html";
import { expect, lendCookies, test } from "./journeys";
import {
  button,
  chooseRecoveryCodes,
  confirmSaved,
  enterPassword,
  enterRecoveryCode,
  field,
  heading,
  link,
  logOut,
  passwordField,
  readTenCodes,
  scanPicture,
  somebodyNew,
  told,
} from "./people";
import { letTimeStepsPass } from "./phone";
import { composeSubmission, PlainBrowser } from "./plain-browser";
import { givePassword, RECOVERED_PATH, reachRecoveryCodes } from "./prepared-people";
import { noteSecret } from "./secrets-of-the-run";

test("RC-14 a replaced set is told as such and costs no attempt; the new one logs in", async ({
  page,
  context,
  prepare,
  portal: { sql },
}) => {
  const person = await prepare.withCodes();
  const [oldCode = ""] = person.codes;
  await lendCookies(person.browser, context);
  await page.goto("/account/mfa");
  await button(page, "Generate New Codes").click();
  await page.getByRole("radio", { name: "Stop set A now" }).check();
  await expect(told(page, /Its 10 unused codes end at once/)).toBeVisible();
  await button(page, "Generate New Codes").click();
  const codes = await readTenCodes(page);
  expect(codes.every((code) => code.startsWith("B"))).toBe(true);
  await confirmSaved(page);
  await logOut(page);

  await enterPassword(page, person);
  await chooseRecoveryCodes(page);
  await enterRecoveryCode(page, oldCode);
  await expect(told(page, /Codes of set A were replaced on .*\. Use set B\./)).toBeVisible();
  expect(await readFailures(sql, person.email, "recovery-codes")).toBe(0);
  await enterRecoveryCode(page, codes[9] ?? "");
  await expect(heading(page, "You’re in")).toBeVisible();
});

test("OT-08 a replaced app stops when the new one has shown its code, not before", async ({
  page,
  context,
  prepare,
  portal: { sql },
}) => {
  const person = await prepare.withApp();
  await lendCookies(person.browser, context);
  await page.goto("/account/mfa/authenticator-app");
  await button(page, "Add Authenticator App").click();
  const phone = await scanPicture(page);
  expect(phone.setupKey).not.toBe(person.phone.setupKey);

  const elsewhere = await givePassword(person, person.browser.origin);
  await letTimeStepsPass(sql, person.email);
  const code = person.phone.code();
  expect((await elsewhere.browser.press(elsewhere.page, "Verify", { code })).path).toBe("/account");

  await field(page, "Verification code").fill(phone.code());
  await button(page, "Verify").click();
  await expect(told(page, /The old one no longer works/)).toBeVisible();
  await logOut(page);
  await letTimeStepsPass(sql, person.email);
  await enterPassword(page, person);
  await field(page, "Verification code").fill(person.phone.code());
  await button(page, "Verify").click();
  await expect(told(page, /code isn.t right/)).toBeVisible();
  await field(page, "Verification code").fill(phone.code());
  await button(page, "Verify").click();
  await expect(heading(page, "Account Settings")).toBeVisible();
});

test("PW-10 changing the password needs the current one, and can log out everywhere else", async ({
  page,
  context,
  prepare,
}) => {
  const person = await prepare.member();
  const { browser: elsewhere } = await givePassword(person, person.browser.origin);
  const chosen = `${person.password} and more`;
  noteSecret(chosen);
  await lendCookies(person.browser, context);
  const change = async (current: string, endOthers: "end others" | "keep others") => {
    await page.goto("/account/password");
    await passwordField(page, "Current password").fill(current);
    await passwordField(page, "New password").fill(chosen);
    const others = page.getByRole("checkbox", { name: "Log out everywhere else" });
    await others.setChecked(endOthers === "end others");
    await button(page, "Change password").click();
  };

  await change("not my password at all", "end others");
  await expect(told(page, /isn.t your current password/)).toBeVisible();
  expect((await elsewhere.open("/account")).path).toBe("/account");
  await change(person.password, "end others");
  await expect(told(page, /Your password was changed/)).toBeVisible();
  expect((await elsewhere.open("/account")).path).toMatch(/^\/login/);

  const { page: refused } = await givePassword(person, person.browser.origin);
  expect(textOf(refused.body)).toMatch(/don.t match an account/);
  const again = await givePassword({ ...person, password: chosen }, person.browser.origin);
  expect(again.page.path).toBe("/account");
});

test("PW-10 without the tick, other sessions stay after a change of the password", async ({
  prepare,
}) => {
  const person = await prepare.member();
  const { browser: elsewhere } = await givePassword(person, person.browser.origin);
  const form = await person.browser.open("/account/password");
  const next = `${person.password} and more`;
  const fields = { current: person.password, next, endOthers: undefined };
  const changed = await person.browser.press(form, "Change password", fields);
  expect(textOf(changed.body)).toContain("Your password was changed");
  expect((await elsewhere.open("/account")).path).toBe("/account");
});

test("SE-07 RC-09 after ten minutes, codes are made only after a fresh proof, which leads back", async ({
  page,
  context,
  prepare,
  portal: { sql },
}) => {
  const person = await prepare.withApp();
  await lendCookies(person.browser, context);
  await page.goto("/account/mfa");
  await age(sql, { table: "Session", columns: ["authTime"], email: person.email, minutes: 11 });
  await button(page, "Add Recovery Codes").click();
  await expect(heading(page, "Enter the code from your app")).toBeVisible();
  expect(await countRows(sql, "RecoveryCodeSet", person.email)).toBe(0);

  await letTimeStepsPass(sql, person.email);
  await field(page, "Verification code").fill(person.phone.code());
  await button(page, "Verify").click();
  await expect(page).toHaveURL(/\/account\/mfa/);
  await button(page, "Add Recovery Codes").click();
  await readTenCodes(page);
});

test("SE-07 after ten minutes no sensitive act happens, whatever the page still shows", async ({
  prepare,
  portal: { sql },
}) => {
  const person = await prepare.withCodes();
  const { browser } = person;
  const acts = [
    [await browser.open("/account/mfa/authenticator-app"), "Add Authenticator App", {}],
    [await browser.open("/account/mfa/recovery-codes"), "Generate New Codes", {}],
    [
      await browser.open("/account/password"),
      "Change password",
      { current: person.password, next: `${person.password} and more` },
    ],
  ] as const;
  await age(sql, { table: "Session", columns: ["authTime"], email: person.email, minutes: 11 });
  const before = await takeSnapshot(sql);
  for (const [form, name, fields] of acts) {
    const { path } = await browser.press(form, name, fields);
    expect(path, name).toMatch(/^\/account\/verify\/.*return=/);
  }
  // What was typed, but for passwords, is kept with a step-up that has begun.
  const { LoginChallenge: _, ...others } = await findChanges(sql, before);
  expect(others).toEqual({});
  await age(sql, { table: "Session", columns: ["authTime"], email: person.email, minutes: -11 });
  const [form, name] = acts[1];
  const shown = await browser.press(form, name);
  expect(textOf(shown.body)).toContain("Your ten recovery codes");
});

test("TH-13 Start over ends the login, also for somebody who copied its cookie", async ({
  page,
  prepare,
}) => {
  const person = await prepare.withCodes();
  await page.goto("/login");
  await enterPassword(page, person);
  await expect(field(page, "Verification code")).toBeVisible();
  const cookies = await page.context().cookies();
  const thief = new PlainBrowser(
    person.browser.origin,
    cookies.map(({ name, value }) => [name, value]),
  );
  const form = await thief.open("/login/verify/recovery-codes");
  await button(page, "Start over").click();
  await expect(heading(page, "Log in")).toBeVisible();
  await page.goto("/login/verify/recovery-codes");
  await expect(heading(page, "Log in")).toBeVisible();

  const late = await thief.press(form, "Verify", { code: person.codes[0] ?? "" });
  expect(late.path).toBe("/login?why=expired");
  const next = await reachRecoveryCodes(person, person.browser.origin);
  const used = await next.browser.press(next.page, "Verify", { code: person.codes[0] ?? "" });
  expect(used.path).toBe(RECOVERED_PATH);
});

test("closed sign-up is no page, no link and no action", { tag: "@postgres" }, async ({
  page,
  launch,
  portal: { baseURL, environment, sql },
}) => {
  const open = new PlainBrowser(baseURL);
  const { path, ...form } = composeSubmission(
    await open.open("/signup"),
    "Create account",
    somebodyNew(),
  );
  const closed = await launch({ environment: { ...environment, SIGNUP: "closed" } });
  const before = await takeSnapshot(sql);
  const answer = await new PlainBrowser(closed.baseURL).send({ path, ...form });
  expect(answer.status).toBe(404);
  expect(answer.setCookies).toEqual([]);
  expect(await findChanges(sql, before)).toEqual({});

  const response = await page.goto(`${closed.baseURL}/signup`);
  expect(response?.status()).toBe(404);
  await expect(heading(page, "There is no such page")).toBeVisible();
  await page.goto(`${closed.baseURL}/login`);
  await expect(heading(page, "Log in")).toBeVisible();
  await expect(link(page, "Create account")).toHaveCount(0);
});

import { readFileSync } from "node:fs";
import { expect, test } from "./journeys";
import {
  addRecoveryCodes,
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
  scanPicture,
  signUp,
  somebodyNew,
  told,
  typeSetupKey,
} from "./people";
import { noteSecret } from "./secrets-of-the-run";

const DAY = /^\d{4}-\d{2}-\d{2}$/;

test("RC-05 LC-01 AX-01 the whole path: from an empty portal to a login with a code, which never works again", async ({
  browser,
  freshEnvironment,
  launch,
}) => {
  const { baseURL, setupToken = "" } = await launch({ environment: freshEnvironment });
  const context = await browser.newContext({
    baseURL,
    permissions: ["clipboard-read", "clipboard-write"],
  });
  const page = await context.newPage();

  await test.step("every page leads to the setup, which makes the administrator", async () => {
    await page.goto("/");
    await expect(page).toHaveURL("/setup");
    noteSecret("tidy walrus counts rivers");
    await field(page, "Setup token").fill("not the token that was printed");
    await field(page, "Name").fill("Ada");
    await field(page, "Email").fill("ada@example.test");
    await passwordField(page).fill("tidy walrus counts rivers");
    await button(page, "Create administrator").click();
    await expect(told(page, /isn.t the setup token/)).toBeVisible();
    await field(page, "Setup token").fill(setupToken);
    await passwordField(page).fill("tidy walrus counts rivers");
    await button(page, "Create administrator").click();
    await expect(heading(page, "Account Settings")).toBeVisible();
    await page.goto("/setup");
    await expect(page).not.toHaveURL(/setup/);
    await logOut(page);
  });

  const person = somebodyNew();
  await signUp(page, person);
  await link(page, "Setup Multi-Factor Authentication").click();
  await expect(heading(page, "Multi-Factor Authentication")).toBeVisible();

  await test.step("an authenticator app is added, by picture or by key", async () => {
    await button(page, "Add Authenticator App").click();
    const phone = await scanPicture(page);
    expect((await typeSetupKey(page)).setupKey).toBe(phone.setupKey);
    await field(page, "Verification code").fill(phone.wrongCode());
    await button(page, "Verify").click();
    await expect(told(page, /isn.t right/)).toBeVisible();
    expect((await scanPicture(page)).setupKey).toBe(phone.setupKey);
    await field(page, "Verification code").fill(phone.code());
    await button(page, "Verify").click();
    await expect(told(page, /authenticator app is added/)).toBeVisible();
  });

  await expect(told(page, /losing your phone would lock you out/)).toBeVisible();
  const codes = await addRecoveryCodes(page);
  expect(new Set(codes).size).toBe(10);
  for (const [index, code] of codes.entries()) {
    expect(code).toMatch(/^A[1-9A][0-9A-HJKMNP-TV-Z]{2}(-[0-9A-HJKMNP-TV-Z]{4}){3}$/);
    expect(code[1]).toBe((index + 1).toString(16).toUpperCase());
  }

  const copied = await test.step("the codes can be copied, downloaded and printed", async () => {
    await button(page, "Copy").click();
    await expect(page.getByRole("status").filter({ hasText: "copied" })).toBeVisible();
    const lines = (await page.evaluate(() => navigator.clipboard.readText())).trim().split(/\r?\n/);
    expect(lines).toHaveLength(10);
    for (const [index, code] of codes.entries()) expect(lines[index]).toContain(code);

    const downloading = page.waitForEvent("download");
    await button(page, "Download").click();
    const download = await downloading;
    const [, letter, day] =
      /^sparekey-localhost-set-(.)-(.*)\.txt$/.exec(download.suggestedFilename()) ?? [];
    expect(letter).toBe("A");
    expect(day).toMatch(DAY);
    const sheet = readFileSync(await download.path(), "utf8");
    for (const fact of ["Sparekey", baseURL, person.email, ...codes]) expect(sheet).toContain(fact);

    await page.evaluate(() => {
      window.print = () => document.body.setAttribute("data-printed", "");
    });
    await button(page, "Print").click();
    await expect(page.locator("body")).toHaveAttribute("data-printed", "");
    return lines[2] ?? "";
  });

  await confirmSaved(page);
  await page.goto("/account");
  await expect(link(page, "Manage Multi-Factor Authentication")).toBeVisible();
  await logOut(page);

  await enterPassword(page, person);
  await expect(field(page, "Verification code")).toBeVisible();
  await chooseRecoveryCodes(page);
  await expect(
    told(page, /set A, made on .*10 left, the next unused is number\s1\./),
  ).toBeVisible();
  await enterRecoveryCode(page, copied);
  await expect(heading(page, "You’re in")).toBeVisible();
  await expect(told(page, /9 of 10 codes left/)).toBeVisible();
  await logOut(page);

  await enterPassword(page, person);
  await chooseRecoveryCodes(page);
  await expect(told(page, /9 left, the next unused is number\s1\./)).toBeVisible();
  await enterRecoveryCode(page, copied);
  await expect(told(page, /^That code isn.t valid or was already used\.$/)).toBeVisible();
  await page.goto("/account");
  await expect(heading(page, "Log in")).toBeVisible();
  await context.close();
});

import { countRows, readFailures } from "./database";
import { expect, lendCookies, test } from "./journeys";
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
  signUp,
  somebodyNew,
  told,
  typeSetupKey,
} from "./people";

test.use({ javaScriptEnabled: false });

test("AX-13 without scripts: sign up, enroll the app, read ten codes, log in with one", async ({
  page,
  portal: { sql },
}) => {
  const person = somebodyNew();
  await signUp(page, person);
  await expect(page.locator("noscript")).toHaveCount(0); // nothing begs for scripts
  await link(page, "Setup Multi-Factor Authentication").click();
  await button(page, "Add Authenticator App").click();
  await expect(page).toHaveURL("/account/mfa/authenticator-app");
  await expect(page.getByRole("img", { name: /QR/ })).toBeVisible();
  const phone = await typeSetupKey(page);
  await field(page, "Verification code").fill(phone.wrongCode());
  await button(page, "Verify").click();
  expect((await typeSetupKey(page)).setupKey).toBe(phone.setupKey);
  await field(page, "Verification code").fill(phone.code());
  await button(page, "Verify").click();
  await expect(told(page, /authenticator app is added/)).toBeVisible();

  const codes = await addRecoveryCodes(page);
  await expect(page).toHaveURL("/account/mfa/recovery-codes");
  for (const name of ["Copy", "Download", "Print"]) await expect(button(page, name)).toHaveCount(0);
  await confirmSaved(page);
  await logOut(page);

  await enterPassword(page, person);
  await expect(field(page, "Verification code")).toBeVisible();
  await chooseRecoveryCodes(page);
  await enterRecoveryCode(
    page,
    `${codes[4]}`.replace(/.$/, (last) => (last === "7" ? "8" : "7")),
  );
  await expect(told(page, /has a typo.*didn.t use up an attempt/)).toBeVisible();
  expect(await readFailures(sql, person.email, "recovery-codes")).toBe(0);
  await enterRecoveryCode(page, `5. ${codes[4]?.toLowerCase()}`);
  await expect(heading(page, "You’re in")).toBeVisible();
});

test("RC-16 without scripts: reloading the answer shows no codes and makes no second set", async ({
  page,
  context,
  prepare,
  portal: { sql },
}) => {
  const person = await prepare.withApp();
  await lendCookies(person.browser, context);
  await page.goto("/account/mfa");
  await addRecoveryCodes(page);
  await page.reload(); // sends the form again
  await expect(told(page, /Set A was made a moment ago/)).toBeVisible();
  await expect(page.getByRole("list", { name: "Recovery codes" })).toHaveCount(0);
  expect(await countRows(sql, "RecoveryCodeSet", person.email)).toBe(1);
  expect(await countRows(sql, "RecoveryCode", person.email)).toBe(10);
});

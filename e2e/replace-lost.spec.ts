import { age } from "./database";
import { textOf } from "./html";
import { expect, lendCookies, test } from "./journeys";
import { button, field, heading, link, stepUpWithApp, told } from "./people";
import { givePassword, logInWithCodePlainly, RECOVERED_PATH } from "./prepared-people";
import { SigningPhone } from "./signing-phone";
import {
  confirmOnPhone,
  connectInAccount,
  openPhone,
  readPairingPicture,
  scanWithCameraApp,
} from "./sparekey-phone";
import { storeKey } from "./stored-methods";
import { VirtualKey } from "./virtual-key";

test("SE-12 RC-10 LC-05 a lost phone ends when the new one is connected, not before, and the old codes with it", async ({
  page,
  context,
  browser,
  prepare,
  portal: { baseURL, sql },
}) => {
  const person = await prepare.withCodes();
  const lost = await SigningPhone.connect(person, { sql, origin: baseURL });
  const inside = await logInWithCodePlainly(person, person.codes[0] ?? "", baseURL);
  await lendCookies(inside, context);
  await page.goto(RECOVERED_PATH);
  await link(page, "I lost Chrome on Android").click();
  await expect(heading(page, "Replace your lost phone")).toBeVisible();
  await expect(
    told(page, /Chrome on Android stops working, and so do the codes of set A/),
  ).toBeVisible();
  await button(page, "Add Sparekey Authenticator").click();
  const address = await readPairingPicture(page);

  // Half-way nothing has changed: the lost phone is still asked, and can still answer.
  await givePassword(person, baseURL);
  expect(await lost.requests()).toHaveLength(1);

  const phone = await openPhone(browser, baseURL);
  await scanWithCameraApp(phone, address);
  const checkNumber = await confirmOnPhone(phone, person.email);
  await expect(heading(page, "Is this your phone?")).toBeVisible();
  // A new phone takes its time to be set up: the proof is asked for again, and it is still a replacement.
  await age(sql, { table: "Session", columns: ["authTime"], email: person.email, minutes: 11 });
  await button(page, "Connect").click();
  await stepUpWithApp(page, { sql, person });
  await expect(heading(page, "Replace your lost phone")).toBeVisible();
  await button(page, "Add Sparekey Authenticator").click();
  await connectInAccount(page, checkNumber);
  await expect(
    told(page, /Your new phone is connected. The lost one no longer works/),
  ).toBeVisible();
  await expect(lost.requests()).rejects.toThrow(/410/);
  const { browser: after } = await givePassword(person, baseURL);
  const codes = await after.open("/login/verify/recovery-codes");
  const refused = await after.press(codes, "Verify", { code: person.codes[1] ?? "" });
  expect(textOf(refused.body)).toMatch(
    /Codes of set A ended on .* when a lost method was replaced/,
  );
  await phone.context().close();
});

test("SE-12 RC-10 WA-15 a lost security key ends when the new one is added, not before, and the old codes with it", async ({
  page,
  context,
  prepare,
  portal,
}) => {
  const person = await prepare.withCodes();
  await storeKey(portal, person, "Lost key");
  const { baseURL } = portal;
  const inside = await logInWithCodePlainly(person, person.codes[0] ?? "", baseURL);
  await lendCookies(inside, context);
  await VirtualKey.securityKey(page);
  await page.goto(RECOVERED_PATH);
  await link(page, "I lost Lost key").click();
  await expect(told(page, /Lost key stops working, and so do the codes of set A/)).toBeVisible();
  await button(page, "Add Security Key or Passkey").click();
  await field(page, "Name").fill("New key");

  const before = await givePassword(person, baseURL);
  const listed = await before.browser.open("/login/verify/methods");
  expect(textOf(listed.body)).toContain("Added as Lost key");

  await button(page, "Add Security Key or Passkey").click();
  await expect(told(page, /Your new security key or passkey is added. The lost one/)).toBeVisible();
  const keys = page.getByRole("list", { name: "Your security keys and passkeys" });
  await expect(keys.getByRole("listitem")).toHaveCount(1);
  await expect(keys).toContainText("New key");
  const { browser: after } = await givePassword(person, baseURL);
  const codes = await after.open("/login/verify/recovery-codes");
  const refused = await after.press(codes, "Verify", { code: person.codes[1] ?? "" });
  expect(textOf(refused.body)).toMatch(
    /Codes of set A ended on .* when a lost method was replaced/,
  );
});

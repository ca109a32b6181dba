import type { Browser, Page } from "@playwright/test";
import { button, enterPassword, field, link, passwordField, somebodyNew } from "./people";
import { Phone } from "./phone";
import {
  beginConnecting,
  confirmOnPhone,
  openPhone,
  scanWithCameraApp,
  showPhrase,
} from "./sparekey-phone";
import { takePictures } from "./take-pictures";
import { VirtualKey } from "./virtual-key";

/** Walks through the screens of phones and security keys with a person of their own, in a browser and on a phone. */
export async function walkMethods(
  browser: Browser,
  { origin, password }: { origin: string; password: string },
): Promise<void> {
  const page = await browser.newPage({ baseURL: origin, deviceScaleFactor: 2, locale: "en-US" });
  const person = { ...somebodyNew(), name: "Kim Reed", email: "kim@example.test", password };
  const see = (on: Page, text: string | RegExp) => on.getByText(text).first().waitFor();
  const shoot = (name: string) => takePictures(page, name);
  await page.goto("/signup");
  await field(page, "Name").fill(person.name);
  await field(page, "Email").fill(person.email);
  await passwordField(page).fill(person.password);
  await button(page, "Create account").click();
  await see(page, "Account Settings");

  const apple = await openPhone(browser, origin, "iPhone 15");
  await see(apple, "First, put it on your Home Screen");
  await takePictures(apple, "phone-home-screen-first");
  await apple.context().close();

  const picture = await beginConnecting(page);
  await shoot("phone-to-scan");
  const phone = await openPhone(browser, origin);
  await see(phone, "This phone isn’t connected to an account yet");
  await takePictures(phone, "phone-empty");
  await showPhrase(phone);
  await takePictures(phone, "phone-phrase");
  await scanWithCameraApp(phone, picture);
  await see(phone, "Connect this phone?");
  await takePictures(phone, "phone-confirm");
  await confirmOnPhone(phone, person.email);
  await takePictures(phone, "phone-confirmed");
  await see(page, "Is this your phone?");
  await shoot("phone-is-it-yours");
  await button(page, "Connect").click();
  await see(page, "Your phone is connected");
  await see(phone, "This phone is connected to");
  await takePictures(phone, "phone-connected");
  await shoot("mfa-phone-added");

  const key = await VirtualKey.device(page);
  await button(page, "Add Security Key or Passkey").click();
  await see(page, "Your browser asks you to touch");
  await shoot("add-key");
  await field(page, "Name").fill("Blue key");
  await button(page, "Add Security Key or Passkey").click();
  await see(page, "is added. From now on");
  await key.unplug(); // it would answer the login page by itself
  await button(page, "Add Authenticator App").click();
  await see(page, "Setup key");
  const setupKey = (await page.locator("code").textContent()) ?? "";
  await field(page, "Verification code").fill(new Phone(setupKey).code());
  await button(page, "Verify").click();
  await see(page, "Your authenticator app is added");
  await page
    .getByRole("radio", { name: "Notification (Sparekey Authenticator)", exact: true })
    .check();
  await button(page, "Save").click();
  await see(page, "a login begins with a notification");
  await shoot("mfa-all-methods");
  await link(page, "Rename Blue key").click();
  await see(page, "What you call this key");
  await shoot("rename-key");
  await page.goto("/account/mfa");
  await link(page, "Remove Blue key").click();
  await see(page, "Your other methods");
  await shoot("remove-key");
  await page.goto("/account/mfa");
  await page.getByRole("link", { name: /^Report lost .+/ }).click();
  await see(page, "Report your phone lost");
  await shoot("report-phone-lost");
  await page.goto("/account/verify/security-key?return=/account/password");
  await see(page, "verify once more");
  await shoot("step-up-key");
  await page.goto("/account/verify/notification?return=/account/password");
  await see(page, "Send notification");
  await shoot("step-up-notification");

  await page.goto("/account");
  await button(page, "Log out").click();
  await see(page, "You are logged out.");
  await shoot("login-passkey");
  await enterPassword(page, person);
  await see(page, "Waiting for approval");
  await shoot("approve-notification");
  await page.getByRole("button", { name: "Didn't receive a notification?" }).click();
  await shoot("approve-notification-help");
  await see(phone, "Is this you logging in?");
  await takePictures(phone, "phone-request");
  await field(phone, "Number on the login screen").fill("000000");
  await button(phone, "Approve").click();
  await see(phone, "That isn’t the number");
  await takePictures(phone, "phone-request-wrong");
  await link(page, "Choose Another Verification Method").click();
  await see(page, "Use any of the methods");
  await shoot("choose-among-all");
  await link(page, "Security Key or Passkey").click();
  await see(page, "Use your security key or passkey");
  await shoot("use-key");
  await page.goto("/login/verify/lost");
  await see(page, "What did you lose?");
  await shoot("login-lost-which");
  await page.goto("/login/verify/notification");
  await button(phone, "This wasn't me").click();
  await see(phone, "Denied. Nobody got in.");
  await takePictures(phone, "phone-denied");
  await see(page, "Denied on your phone");
  await shoot("notification-denied");
}

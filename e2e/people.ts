import { randomBytes } from "node:crypto";
import { expect, type Page } from "@playwright/test";
import { letTimeStepsPass, Phone, readQr } from "./phone";
import { noteSecret } from "./secrets-of-the-run";
import type { Sql } from "./servers";

/** Somebody with an account, or about to have one. */
export type Person = { name: string; email: string; password: string };

/** A person nobody knows yet. */
export function somebodyNew(): Person {
  const id = randomBytes(5).toString("hex");
  const password = `grey otters hum ${randomBytes(6).toString("hex")}`;
  noteSecret(password);
  return { name: `Robin ${id}`, email: `robin.${id}@example.test`, password };
}

// What a person does on the screens, by the names the screens give their controls.

export const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
export const link = (page: Page, name: string) => page.getByRole("link", { name, exact: true });
export const field = (page: Page, name: string) => page.getByRole("textbox", { name, exact: true });
export const passwordField = (page: Page, name = "Password") =>
  page.getByLabel(name, { exact: true });
export const heading = (page: Page, name: string) =>
  page.getByRole("heading", { name, exact: true });
/** What a page tells about a field or a form. */
export const told = (page: Page, text: RegExp) => page.getByRole("main").getByText(text);

export async function signUp(page: Page, { name, email, password }: Person): Promise<void> {
  await page.goto("/signup");
  await field(page, "Name").fill(name);
  await field(page, "Email").fill(email);
  await passwordField(page).fill(password);
  await button(page, "Create account").click();
  await expect(heading(page, "Account Settings")).toBeVisible();
}

/** Gives the password; what comes next depends on the person's methods. */
export async function enterPassword(page: Page, { email, password }: Person): Promise<void> {
  await field(page, "Email").fill(email);
  await passwordField(page).fill(password);
  await button(page, "Log in").click();
}

/** From the login page to the screen that asks for a recovery code, along the seed's path. */
export async function chooseRecoveryCodes(page: Page): Promise<void> {
  await link(page, "Choose Another Verification Method").click();
  await expect(heading(page, "Choose Another Verification Method")).toBeVisible();
  await link(page, "Recovery Codes").click();
  await expect(field(page, "Recovery code")).toBeVisible();
}

export async function enterRecoveryCode(page: Page, code: string): Promise<void> {
  await field(page, "Recovery code").fill(code);
  await button(page, "Verify").click();
}

export async function logOut(page: Page): Promise<void> {
  await button(page, "Log out").click();
  await expect(heading(page, "Log in")).toBeVisible();
}

/** On the page with the picture: sets up a phone by scanning it. */
export async function scanPicture(page: Page): Promise<Phone> {
  return Phone.fromUri(await readQr(page.getByRole("img", { name: /QR/ })));
}

/** On the way to what asks for a fresh proof, whatever method comes first there: verifies with the app. */
export async function stepUpWithApp(
  page: Page,
  { sql, person: { email, phone } }: { sql: Sql; person: { email: string; phone: Phone } },
): Promise<void> {
  await expect(told(page, /verify once more that it’s you/)).toBeVisible();
  await letTimeStepsPass(sql, email);
  await page.goto(page.url().replace(/verify\/[\w-]+/, "verify/authenticator-app"));
  await field(page, "Verification code").fill(phone.code());
  await button(page, "Verify").click();
}

/** On the page with the picture: sets up a phone by typing the key. */
export async function typeSetupKey(page: Page): Promise<Phone> {
  await expect(page.getByText("Setup key", { exact: true })).toBeVisible();
  return new Phone((await page.getByRole("main").getByRole("code").textContent()) ?? "");
}

/** From the methods' page to a verified app. */
export async function enrollAuthenticatorApp(page: Page): Promise<Phone> {
  await page.goto("/account/mfa");
  await button(page, "Add Authenticator App").click();
  const phone = await scanPicture(page);
  await field(page, "Verification code").fill(phone.code());
  await button(page, "Verify").click();
  await expect(told(page, /authenticator app is added/)).toBeVisible();
  return phone;
}

/** From the methods' page to the ten codes, which stay on screen. */
export async function addRecoveryCodes(page: Page): Promise<string[]> {
  await button(page, "Add Recovery Codes").click();
  return readTenCodes(page);
}

/** The ten codes on screen. */
export async function readTenCodes(page: Page): Promise<string[]> {
  const list = page.getByRole("list", { name: "Recovery codes" });
  await expect(list.getByRole("listitem")).toHaveCount(10);
  const codes = await list.getByRole("listitem").getByRole("code").allInnerTexts();
  for (const code of codes) noteSecret(code);
  return codes;
}

/** Ticks that the codes are saved and leaves them. */
export async function confirmSaved(page: Page): Promise<void> {
  await page.getByRole("checkbox", { name: "I have saved these codes" }).check();
  await button(page, "Done").click();
  await expect(told(page, /marked as saved/)).toBeVisible();
}

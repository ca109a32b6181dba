import { type Browser, devices, expect, type Page } from "@playwright/test";
import { button, field, heading, told } from "./people";
import { readQr } from "./phone";
import { noteSecret } from "./secrets-of-the-run";

const ADD = "Add Sparekey Authenticator";

/** A phone of its own: a browser with nothing in it, on the page of the Sparekey Authenticator. Close its context. */
export async function openPhone(
  browser: Browser,
  origin: string,
  device: keyof typeof devices = "Pixel 7",
): Promise<Page> {
  const context = await browser.newContext({ ...devices[device], baseURL: origin });
  const phone = await context.newPage();
  await phone.goto("/authenticator");
  return phone;
}

/** In the account: begins to connect a phone, and gives the address that the picture holds. */
export async function beginConnecting(account: Page): Promise<string> {
  await account.goto("/account/mfa");
  await button(account, ADD).click();
  return readPairingPicture(account);
}

/** The address that the picture on the account's page holds. */
export async function readPairingPicture(account: Page): Promise<string> {
  const address = await readQr(account.getByRole("img", { name: /^QR code/ }));
  noteSecret(address.split("=")[1] ?? "");
  return address;
}

/** What the phone's own camera app does with a picture: it opens its address anew in the phone's browser. */
export async function scanWithCameraApp(phone: Page, address: string): Promise<void> {
  await phone.goto("about:blank"); // or only the fragment would change
  await phone.goto(address);
}

/** On the phone, which shows the account: confirms. Gives the check number that it shows. */
export async function confirmOnPhone(phone: Page, email: string): Promise<string> {
  await expect(heading(phone, "Connect this phone?")).toBeVisible();
  await expect(phone.getByRole("main").getByText(email, { exact: true })).toBeVisible();
  await button(phone, "Confirm").click();
  await expect(heading(phone, "One more step, in your account")).toBeVisible();
  return readCheckNumber(phone);
}

/** In the account, which shows the phone by itself: connects it, if it has this check number. */
export async function connectInAccount(account: Page, checkNumber: string): Promise<void> {
  await expect(heading(account, "Is this your phone?")).toBeVisible();
  expect(await readCheckNumber(account)).toBe(checkNumber);
  await button(account, "Connect").click();
}

/** On the phone: has it show a phrase, and gives the four words. */
export async function showPhrase(phone: Page): Promise<string> {
  await button(phone, "Show a phrase").click();
  const words = phone.getByRole("list", { name: "Phrase" }).getByRole("listitem");
  await expect(words).toHaveCount(4);
  const phrase = (await words.allTextContents()).join(" ");
  noteSecret(phrase);
  return phrase;
}

/** In the account: types the phrase that the phone shows. */
export async function typePhrase(account: Page, phrase: string): Promise<void> {
  await field(account, "Phrase from your phone").fill(phrase);
  await button(account, "Use phrase").click();
}

/** The accounts that the phone serves, as it lists them. */
export const accountsOn = (phone: Page) =>
  phone.getByRole("list", { name: "Accounts on this phone" }).getByRole("listitem");

/** The four digits that both sides show. */
async function readCheckNumber(page: Page): Promise<string> {
  const digits = page.getByRole("definition").filter({ hasText: /^\d{4}$/ });
  return (await digits.textContent()) ?? "";
}

/**
 * Connects a new phone to the account of a logged-in page, whose proof is fresh: scanned, confirmed on both sides.
 * Gives the phone's page, with the account on it.
 */
export async function connectPhone(
  browser: Browser,
  { account, email }: { account: Page; email: string },
): Promise<Page> {
  const address = await beginConnecting(account);
  const phone = await openPhone(browser, new URL(address).origin);
  await scanWithCameraApp(phone, address);
  await connectInAccount(account, await confirmOnPhone(phone, email));
  await expect(told(account, /Your phone is connected/)).toBeVisible();
  await expect(told(phone, /This phone is connected to/)).toBeVisible();
  return phone;
}

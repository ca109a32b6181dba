import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { expect, lendCookies, test } from "./journeys";
import {
  addRecoveryCodes,
  button,
  chooseRecoveryCodes,
  enterPassword,
  field,
  heading,
  passwordField,
  told,
} from "./people";

const WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const OPEN = [
  "/login",
  "/signup",
  "/forgot",
  "/reset",
  "/address/verify",
  "/help/recovery-codes",
  "/nowhere",
];
const ACCOUNT = [
  "/account",
  "/account/mfa",
  "/account/mfa/authenticator-app",
  "/account/password",
  "/account/addresses",
  "/account/delete",
];
const STEPS = ["/login/verify/methods", "/login/verify/authenticator-app"];

test("AX-05 AX-06 AX-08 every screen passes axe in light and dark, and fits 320 pixels", async ({
  prepare,
  page,
  context,
}) => {
  test.setTimeout(180_000);
  const violations: string[] = [];
  page.on("console", (message) => {
    if (/Content Security Policy/i.test(message.text())) violations.push(message.text());
  });
  for (const path of OPEN) {
    await page.goto(path);
    await examine(page);
  }
  const person = await prepare.withApp();
  await lendCookies(person.browser, context);
  for (const path of ACCOUNT) {
    await page.goto(path);
    await examine(page);
  }
  await page.goto("/account/mfa/recovery-codes");
  await addRecoveryCodes(page);
  await examine(page);
  await page.setViewportSize({ width: 320, height: 640 });
  const items = page.getByRole("list", { name: "Recovery codes" }).getByRole("listitem");
  const lefts = await items.evaluateAll((all) => all.map((li) => li.getBoundingClientRect().left));
  expect(new Set(lefts).size).toBe(1);
  await context.clearCookies();
  page.on("dialog", (dialog) => dialog.accept());
  await page.goto("/login");
  await enterPassword(page, person);
  await expect(field(page, "Verification code")).toBeVisible();
  for (const path of STEPS) {
    await page.goto(path);
    await examine(page);
  }
  await chooseFromMethods(page);
  await button(page, "Verify").click();
  await expect(told(page, /Enter a recovery code\./)).toBeVisible();
  await examine(page);
  expect(violations).toEqual([]);
});

test("AX-01 AX-02 AX-12 PW-06 fields are single, named, filled by managers, and take a paste", async ({
  prepare,
  page,
}) => {
  const person = await prepare.withCodes();
  await page.goto("/login");
  await expect(field(page, "Email")).toHaveAttribute("autocomplete", "username webauthn");
  await expect(passwordField(page)).toHaveAttribute("autocomplete", "current-password");
  await passwordField(page).fill("shown");
  await button(page, "Show").click();
  await expect(passwordField(page)).toHaveAttribute("type", "text");
  await enterPassword(page, person);
  const code = field(page, "Verification code");
  await expect(code).toHaveAttribute("autocomplete", "one-time-code");
  await expect(code).toHaveAttribute("inputmode", "numeric");
  await expect(page.getByRole("main").getByRole("textbox")).toHaveCount(1);
  await chooseRecoveryCodes(page);
  const recovery = field(page, "Recovery code");
  await expect(recovery).toHaveAttribute("autocomplete", "off");
  await expect(recovery).toHaveAttribute("autocapitalize", "characters");
  await expect(recovery).toHaveAttribute("spellcheck", "false");
  await expect(page.getByRole("main").getByRole("textbox")).toHaveCount(1);
  await page.goto("/signup");
  await expect(passwordField(page)).toHaveAttribute("autocomplete", "new-password");
});

test("AX-07 AX-08 what went wrong and what was done is announced and tied to its field", async ({
  prepare,
  page,
}) => {
  const person = await prepare.withCodes();
  await page.goto("/login");
  await enterPassword(page, person);
  await chooseRecoveryCodes(page);
  await field(page, "Recovery code").fill("A3K7");
  await button(page, "Verify").click();
  const code = field(page, "Recovery code");
  await expect(code).toHaveAttribute("aria-invalid", "true");
  await expect(code).toHaveAccessibleDescription(/shorter than a recovery code/);
  await expect(
    page.getByRole("main").getByRole("alert").filter({ hasText: "shorter" }),
  ).toBeVisible();
});

test("AX-10 the whole recovery login works by keyboard alone", async ({ prepare, page }) => {
  const person = await prepare.withCodes();
  await page.goto("/login");
  await expect(field(page, "Email")).toBeFocused();
  await page.keyboard.type(person.email);
  await page.keyboard.press("Tab");
  await page.keyboard.type(person.password);
  await page.keyboard.press("Enter");
  await expect(field(page, "Verification code")).toBeFocused();
  await tabTo(page, "Choose Another Verification Method");
  await page.keyboard.press("Enter");
  await expect(heading(page, "Choose Another Verification Method")).toBeVisible();
  await tabTo(page, "Recovery Codes");
  await page.keyboard.press("Enter");
  await expect(field(page, "Recovery code")).toBeFocused();
  await page.keyboard.type(person.codes[7] ?? "");
  await page.keyboard.press("Enter");
  await expect(heading(page, "You’re in")).toBeVisible();
});

async function chooseFromMethods(page: Page): Promise<void> {
  await page.goto("/login/verify/recovery-codes");
  await expect(field(page, "Recovery code")).toBeVisible();
}

async function tabTo(page: Page, name: string): Promise<void> {
  const link = page.getByRole("link", { name, exact: true });
  await expect(link).toBeVisible();
  for (let presses = 0; presses < 20; presses += 1) {
    await page.keyboard.press("Tab");
    if (await link.evaluate((element) => element === document.activeElement)) return;
  }
  throw new Error(`"${name}" is not reached by the keyboard.`);
}

/** axe in both schemes, no sideways scroll at 320 pixels, and targets of 24 by 24 at least. */
async function examine(page: Page): Promise<void> {
  const { pathname } = new URL(page.url());
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    const { violations } = await new AxeBuilder({ page }).withTags(WCAG).analyze();
    expect(
      violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]),
      pathname,
    ).toEqual([]);
  }
  await page.setViewportSize({ width: 320, height: 640 });
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(overflow, pathname).toBeLessThanOrEqual(0);
  const small = await page.locator("button:visible, a:visible, input:visible").evaluateAll((all) =>
    all
      .map((element) => ({ element, box: element.getBoundingClientRect() }))
      .filter(({ element, box }) => {
        const isInText = getComputedStyle(element).display === "inline";
        return !isInText && box.width > 1 && (box.width < 24 || box.height < 24);
      })
      .map(({ element }) => (element.closest("label") ? "" : element.outerHTML))
      .filter((html) => html !== ""),
  );
  expect(small, pathname).toEqual([]);
  await page.setViewportSize({ width: 1280, height: 720 });
}

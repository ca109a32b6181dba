import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Browser, chromium, type Page } from "@playwright/test";
import { findChromium } from "../bin/chromium.mjs";
import { findMailLink } from "./mailbox";
import { Phone } from "./phone";
import { launchServer } from "./servers";
import { walkAdministration } from "./take-administration-pictures";
import { walkMethods } from "./take-method-pictures";
import { PICTURES, takePictures } from "./take-pictures";

// Walks through every screen as a person does and takes its picture in both widths and both schemes.

const PASSWORD = "forty quiet lanterns drift";

const dataDir = mkdtempSync(path.join(tmpdir(), "sparekey-screenshots-"));
const server = await launchServer({
  environment: { DATA_DIR: dataDir },
  logFile: path.join(dataDir, "server.log"),
});
const { setupToken = "" } = await server.ready;
const browser = await chromium.launch({
  executablePath: findChromium(),
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"],
});
try {
  await walk(await openPage(browser));
  await walkMethods(browser, { origin: server.baseURL, password: PASSWORD });
  await walkAdministration(browser, {
    origin: server.baseURL,
    password: PASSWORD,
    sql: server.sql,
  });
} finally {
  await browser.close();
  await server.stop();
  rmSync(dataDir, { recursive: true, force: true });
}
console.log(`The pictures are in ${PICTURES}/.`);

function openPage(on: Browser): Promise<Page> {
  return on.newPage({ baseURL: server.baseURL, deviceScaleFactor: 2, locale: "en-US" });
}

async function walk(page: Page): Promise<void> {
  const click = (name: string) => page.getByRole("button", { name, exact: true }).click();
  const follow = (name: string) => page.getByRole("link", { name, exact: true }).click();
  const fill = (name: string, value: string) => page.getByLabel(name, { exact: true }).fill(value);
  const see = (text: string | RegExp) => page.getByText(text).first().waitFor();
  const shoot = (name: string) => takePictures(page, name);

  await page.goto("/");
  await see("Create the first administrator");
  await shoot("setup");
  await fill("Setup token", setupToken);
  await fill("Name", "Ada Admin");
  await fill("Email", "ada@example.test");
  await fill("Password", "password12345!");
  await click("Create administrator");
  await see("attackers try first");
  await shoot("setup-refused-password");
  await fill("Password", PASSWORD);
  await click("Create administrator");
  await see("Account Settings");
  await click("Log out");
  await see("You are logged out.");
  await shoot("login");

  await follow("Create account");
  await see("Create your account");
  await shoot("signup");
  await fill("Name", "Sam Walker");
  await fill("Email", "sam@example.test");
  await fill("Password", PASSWORD);
  await click("Create account");
  await see("Account Settings");
  await shoot("account-password-only");
  await page.goto(await findMailLink({ dataDir }, "sam@example.test", /Verify your address/));
  await see("Verify your address");
  await shoot("verify-address");
  await click("Verify address");
  await see("is verified");
  await shoot("address-verified");
  await page.goto("/account");
  await follow("Setup Multi-Factor Authentication");
  await see("Your password is the first step");
  await shoot("mfa-nothing-added");
  await click("Add Recovery Codes");
  await see("Recovery codes are a spare");
  await shoot("codes-need-another-method");

  await page.goto("/account/mfa/authenticator-app");
  await see("You need an authenticator app");
  await shoot("app-before");
  await click("Add Authenticator App");
  await see("Setup key");
  await shoot("app-to-scan");
  const setupKey = (await page.locator("code").textContent()) ?? "";
  await fill("Verification code", "000000");
  await click("Verify");
  await see("That code isn’t right");
  await shoot("app-wrong-code");
  await fill("Verification code", new Phone(setupKey).code());
  await click("Verify");
  await see("Your authenticator app is added");
  await shoot("mfa-app-added");
  await page.goto("/account");
  await see("you would be locked out");
  await shoot("account-no-codes");

  await page.goto("/account/mfa");
  await click("Add Recovery Codes");
  await see("Your ten recovery codes");
  const codes = await page.getByRole("listitem").locator("code").allInnerTexts();
  await shoot("ten-codes");
  await page.emulateMedia({ media: "print", colorScheme: "light" });
  await page.pdf({ path: path.join(PICTURES, "printed-sheet.pdf"), format: "A4" });
  await page.setViewportSize({ width: 720, height: 1018 });
  await page.screenshot({ path: path.join(PICTURES, "printed-sheet.png") });
  await page.emulateMedia({ media: "screen" });
  await click("Done");
  await see(/Tick .I have saved/);
  await shoot("ten-codes-not-ticked");
  await page.getByRole("checkbox").check();
  await click("Done");
  await see("Your recovery codes are marked as saved");
  await shoot("mfa-all-added");
  await page.goto("/account");
  await see("could get in without your phone");
  await shoot("account-protected");
  await page.goto("/account/password");
  await see("Change your password");
  await shoot("change-password");
  await page.goto("/account/activity");
  await see("the newest first");
  await shoot("activity");
  await page.goto("/account/sessions");
  await see("This browser");
  await shoot("sessions");
  await page.goto("/account/addresses");
  await see("New email");
  await shoot("addresses");
  await page.goto("/account/delete");
  await see("Delete your account");
  await shoot("delete-account");
  await page.goto("/account/mfa/authenticator-app/remove");
  await see("Your password alone will open this account");
  await shoot("remove-app");
  await page.goto("/account/mfa/authenticator-app/lost");
  await see("Report your authenticator app lost");
  await shoot("report-app-lost");
  await page.goto("/account/mfa/recovery-codes/revoke");
  await see("Revoke");
  await shoot("codes-revoke");
  await page.goto("/account/verify/authenticator-app?return=/account/password");
  await see("verify once more");
  await shoot("step-up-app");
  await page.goto("/account/verify/methods?return=/account/password");
  await see("Use any of the methods");
  await shoot("step-up-methods");
  await page.goto("/account/verify/recovery-codes?return=/account/password");
  await see("uses up one recovery code");
  await shoot("step-up-code");
  await page.goto("/account");
  await click("Log out");
  await see("You are logged out.");

  const giveGarbage = async () => {
    await fill("Email", "sam@example.test");
    await fill("Password", "not it");
    await click("Log in");
    await see("don’t match an account");
  };
  await giveGarbage();
  await shoot("login-refused");
  await logIn();
  await shoot("enter-app-code");
  await fill("Verification code", "12345");
  await click("Verify");
  await see("has six digits");
  await shoot("enter-app-code-refused");
  await follow("Choose Another Verification Method");
  await see("Use any of the methods");
  await shoot("choose-method");
  await follow("Recovery Codes");
  await see("Use a code from set A");
  await shoot("enter-recovery-code");
  const [first = "", second = ""] = codes;
  await fill("Recovery code", `${first.slice(0, -1)}${first.endsWith("0") ? "1" : "0"}`);
  await click("Verify");
  await see("has a typo");
  await shoot("enter-recovery-code-typo");
  await fill("Recovery code", first);
  await click("Verify");
  await see("You used code 1 of set A");
  await shoot("recovered");
  await follow("I lost my authenticator");
  await see("Replace your lost authenticator");
  await shoot("replace-lost-app");
  await page.goto("/account");
  await see("some steps stay closed");
  await shoot("account-restricted");
  await page.goto("/account/mfa/authenticator-app/remove");
  await see("needs a method that you added before");
  await shoot("step-up-restricted");
  await page.goto("/account/mfa/recovery-codes");
  await see("Generate a new set");
  await shoot("codes-replace");
  await click("Generate New Codes");
  await see("Your ten recovery codes");
  await shoot("ten-codes-beside-the-old");
  page.once("dialog", (dialog) => dialog.accept());
  await page.goto("/account/mfa/recovery-codes");
  await see("Discard set B");
  await shoot("codes-two-sets");
  await page.goto("/account/mfa");
  await see("Your password is the first step");
  await shoot("mfa-two-sets");
  await page.goto("/account");
  await see("marked as saved");
  await shoot("account-codes-unsaved");
  await page.goto("/account/mfa/recovery-codes");
  await click("Mark set B as saved");
  await see("marked as saved");
  await page.goto("/account/mfa/recovery-codes");
  await see("Previous sets");
  await shoot("codes-previous-sets");

  await page.goto("/account");
  await click("Log out");
  await see("You are logged out.");
  await logIn();
  await follow("Choose Another Verification Method");
  await follow("Recovery Codes");
  await see("Use a code from set B");
  await fill("Recovery code", second);
  await click("Verify");
  await see("Codes of set A were replaced");
  await shoot("enter-recovery-code-replaced");
  await page.goto("/login/verify/lost");
  await see("Report it lost");
  await shoot("login-report-lost");
  await page.goto("/forgot");
  await see("Reset your password");
  await shoot("forgot");
  await fill("Email", "sam@example.test");
  await click("Send link");
  await see("belongs to an account");
  await shoot("forgot-sent");
  await page.goto(await findMailLink({ dataDir }, "sam@example.test", /Reset your password/));
  await see("New password");
  await shoot("reset");
  await page.goto("/address/link?token=none");
  await shoot("dead-link");
  await page.goto("/help/recovery-codes");
  await shoot("help");
  await page.goto("/nowhere");
  await shoot("not-found");
  await page.goto("/login?why=expired");
  await shoot("login-expired");

  async function logIn() {
    await fill("Email", "sam@example.test");
    await fill("Password", PASSWORD);
    await click("Log in");
    await see("Enter the code from your app");
  }
}

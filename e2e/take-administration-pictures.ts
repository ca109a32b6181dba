import type { Browser } from "@playwright/test";
import { Phone } from "./phone";
import type { Sql } from "./servers";
import { takePictures } from "./take-pictures";

/** Walks through the administration as its first administrator, and takes the picture of each screen. */
export async function walkAdministration(
  browser: Browser,
  { origin, password, sql }: { origin: string; password: string; sql: Sql },
): Promise<void> {
  const page = await browser.newPage({ baseURL: origin, deviceScaleFactor: 2, locale: "en-US" });
  const click = (name: string) => page.getByRole("button", { name, exact: true }).click();
  const follow = (name: string) => page.getByRole("link", { name, exact: true }).click();
  const fill = (name: string, value: string) => page.getByLabel(name, { exact: true }).fill(value);
  const see = (text: string | RegExp) => page.getByText(text).first().waitFor();
  const shoot = (name: string) => takePictures(page, name);

  await page.goto("/login");
  await fill("Email", "ada@example.test");
  await fill("Password", password);
  await click("Log in");
  await see("Add a verification method to go on");
  await shoot("account-must-enroll");
  await page.goto("/account/mfa/authenticator-app");
  await click("Add Authenticator App");
  await see("Setup key");
  const phone = new Phone((await page.locator("code").textContent()) ?? "");
  await fill("Verification code", phone.code());
  await click("Verify");
  await see("Your authenticator app is added");
  // A chart of one day shows nothing: the picture has a month of it.
  await sql(`INSERT INTO "EnrollmentDay" ("day", "noMethod", "oneMethod", "several", "withCodes")
    SELECT current_date - 30 + n, 4 - n / 10, n / 7, n / 15, n / 9 FROM generate_series(0, 29) n
    ON CONFLICT DO NOTHING`);
  await page.goto("/admin");
  await see("Who would be locked out");
  await shoot("enrollment");
  await page.goto("/admin?search=nobody");
  await see("Nobody matches");
  await shoot("enrollment-nobody");
  await page.goto("/admin/remind");
  await see("A reminder goes to people");
  await shoot("remind");
  await page.goto("/admin?search=sam");
  await follow("Sam Walker");
  await see("If this person is locked out");
  await shoot("person");
  for (const [name, title] of [
    ["Temporary code", "temporary-code"],
    ["Reset MFA", "reset-mfa"],
    ["Disable account", "disable-account"],
  ] as const) {
    await follow(name);
    await see("Reason");
    await shoot(title);
    await page.goBack();
  }
  for (const [path, title] of [
    ["/admin/policy", "policy"],
    ["/admin/invitations", "invitations"],
    ["/admin/requests", "requests"],
    ["/admin/audit", "audit-log"],
  ] as const) {
    await page.goto(path);
    await page.getByRole("heading", { level: 1 }).waitFor();
    await shoot(title);
  }
  await page.close();
}

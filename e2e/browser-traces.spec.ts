import type { Page } from "@playwright/test";
import { expect, lendCookies, test } from "./journeys";
import {
  addRecoveryCodes,
  button,
  chooseRecoveryCodes,
  confirmSaved,
  enrollAuthenticatorApp,
  enterPassword,
  enterRecoveryCode,
  field,
  heading,
  logOut,
  signUp,
  somebodyNew,
  told,
} from "./people";

// What a browser keeps does not depend on the database: one project looks.
const ON_ONE = { tag: "@postgres" };

test(
  "HD-05 no address and no store of the browser ever holds a secret",
  ON_ONE,
  async ({ page }) => {
    const person = somebodyNew();
    const addresses: string[] = [];
    page.on("request", (request) => addresses.push(request.url(), request.headers().referer ?? ""));
    page.on("framenavigated", (frame) => addresses.push(frame.url()));
    const kept: string[] = [];
    await signUp(page, person);
    const phone = await enrollAuthenticatorApp(page);
    kept.push(await dumpStores(page));
    const codes = await addRecoveryCodes(page);
    kept.push(await dumpStores(page));
    await confirmSaved(page);
    await logOut(page);
    await enterPassword(page, person);
    await expect(field(page, "Verification code")).toBeVisible();
    const cookies = (await page.context().cookies()).map(({ value }) => value);
    await chooseRecoveryCodes(page);
    await enterRecoveryCode(page, codes[0] ?? "");
    await expect(heading(page, "You’re in")).toBeVisible();
    cookies.push(...(await page.context().cookies()).map(({ value }) => value));
    kept.push(await dumpStores(page));
    expect(kept.join()).toContain('"cookies":""'); // scripts see no cookie

    const secrets = [...codes, ...codes.map(bare), person.password, phone.setupKey, ...cookies];
    for (const secret of secrets) {
      expect(addresses.filter((address) => decodeURIComponent(address).includes(secret))).toEqual(
        [],
      );
      expect(kept.filter((dump) => dump.includes(secret))).toEqual([]);
    }
  },
);

test(
  "HD-06 RC-16 once the codes are left, Back, Forward and Reload find none, nor in a script",
  ON_ONE,
  async ({ page, context, prepare }) => {
    const person = await prepare.withApp();
    await lendCookies(person.browser, context);
    page.on("dialog", (dialog) => dialog.accept());
    await page.goto("/account");
    await page.getByRole("link", { name: "Manage Multi-Factor Authentication" }).click();
    await expect(heading(page, "Multi-Factor Authentication")).toBeVisible();
    const codes = await addRecoveryCodes(page);
    await page.getByRole("link", { name: "Password" }).first().click();
    await expect(heading(page, "Change your password")).toBeVisible();
    await expectNoCode(page, codes);
    for (const move of ["goBack", "goForward", "goBack", "reload"] as const) {
      await page[move]();
      await expect(page.getByRole("main")).toBeVisible();
      await expectNoCode(page, codes);
    }
    await page.goto("/account/mfa/recovery-codes");
    await expect(told(page, /not marked as saved/)).toBeVisible();
    await expectNoCode(page, codes);
  },
);

test(
  "HD-06 a page kept by the browser loses its codes as it is left, and says so when it comes back",
  ON_ONE,
  async ({ page, context, prepare }) => {
    const person = await prepare.withApp();
    await lendCookies(person.browser, context);
    await page.goto("/account/mfa");
    const codes = await addRecoveryCodes(page);
    const frozen = await page.evaluate(() => {
      window.dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }));
      return document.documentElement.outerHTML; // what would be frozen
    });
    for (const code of codes) expect(frozen).not.toContain(code);
    await page.evaluate(() => {
      window.dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
    });
    await expect(told(page, /codes were hidden when you left the page/)).toBeVisible();
    await expectNoCode(page, codes);
  },
);

test(
  "HD-06 the codes of an answer read without scripts in the page's own source are wiped too",
  ON_ONE,
  async ({ page, context, prepare }) => {
    const person = await prepare.withApp();
    await lendCookies(person.browser, context);
    // The form is sent before its scripts have run, as on a slow line; the answer then runs them.
    await page.route("**/*.js", (route) => route.abort());
    await page.goto("/account/mfa");
    const codesPage = page.waitForResponse((response) => response.request().method() === "POST");
    await page.unroute("**/*.js");
    await button(page, "Add Recovery Codes").click();
    await codesPage;
    const list = page.getByRole("list", { name: "Recovery codes" });
    await expect(list.getByRole("listitem")).toHaveCount(10);
    await expect(button(page, "Copy")).toBeVisible(); // the scripts run
    const codes = await list.getByRole("code").allTextContents();
    expect(await page.content()).toContain(codes[0]);
    const left = await page.evaluate(() => {
      window.dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }));
      return document.documentElement.outerHTML;
    });
    for (const code of codes) expect(left).not.toContain(code);
  },
);

test(
  "HD-08 copying, downloading and printing ask no server, and the file's address is revoked",
  ON_ONE,
  async ({ page, context, prepare }) => {
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    const person = await prepare.withApp();
    await lendCookies(person.browser, context);
    await page.addInitScript(() => {
      window.print = () => undefined;
      const revoke = URL.revokeObjectURL.bind(URL);
      URL.revokeObjectURL = (url) => {
        document.documentElement.setAttribute("data-revoked", url);
        revoke(url);
      };
    });
    await page.goto("/account/mfa");
    await addRecoveryCodes(page);
    await page.waitForLoadState("networkidle");
    const requests: string[] = [];
    page.on("request", (request) => requests.push(request.url()));
    await button(page, "Copy").click();
    const downloading = page.waitForEvent("download");
    await button(page, "Download").click();
    const download = await downloading;
    await button(page, "Print").click();
    expect(download.url()).toMatch(/^blob:/);
    expect(download.suggestedFilename()).not.toContain(person.email.split("@")[0]);
    await expect(page.locator("html")).toHaveAttribute("data-revoked", download.url());
    expect(requests.filter((url) => !url.startsWith("blob:"))).toEqual([]);
  },
);

test(
  "HD-07 AX-12 the code's field is not remembered by the browser",
  ON_ONE,
  async ({ page, prepare }) => {
    const person = await prepare.withCodes();
    await page.goto("/login");
    await enterPassword(page, person);
    await chooseRecoveryCodes(page);
    await expect(field(page, "Recovery code")).toHaveAttribute("autocomplete", "off");
  },
);

const bare = (code: string) => code.replaceAll("-", "");

async function expectNoCode(page: Page, codes: string[]): Promise<void> {
  const html = await page.content();
  const scripts = await page.evaluate(() =>
    Array.from(document.scripts, ({ textContent }) => textContent).join(),
  );
  for (const code of codes) {
    expect(html).not.toContain(code);
    expect(scripts).not.toContain(code);
  }
}

/** Everything a script could find again later. */
async function dumpStores(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const databases = await indexedDB.databases();
    const caches = await Promise.all(
      (await window.caches.keys()).map(async (name) => {
        const requests = await (await window.caches.open(name)).keys();
        return requests.map(({ url }) => url);
      }),
    );
    return JSON.stringify({
      local: { ...localStorage },
      session: { ...sessionStorage },
      databases,
      caches,
      history: history.state,
      name: window.name,
      cookies: document.cookie,
    });
  });
}

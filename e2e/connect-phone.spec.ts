import type { Page } from "@playwright/test";
import { age, countRows } from "./database";
import { examine } from "./examine";
import { expect, lendCookies, test } from "./journeys";
import { findMail } from "./mailbox";
import { button, field, heading, logOut, told } from "./people";
import type { Answer } from "./plain-browser";
import { PlainBrowser } from "./plain-browser";
import { verifyAddressOf } from "./prepared-people";
import {
  accountsOn,
  beginConnecting,
  confirmOnPhone,
  connectInAccount,
  connectPhone,
  openPhone,
  scanWithCameraApp,
  showPhrase,
  typePhrase,
} from "./sparekey-phone";

test("PU-05 LC-10 LC-02 a phone is connected by its camera, confirmed on both sides, and the owner is told by mail", async ({
  page,
  context,
  browser,
  prepare,
  portal,
}) => {
  const person = await prepare.member();
  await verifyAddressOf(person, portal);
  await lendCookies(person.browser, context);
  const phone = await connectPhone(browser, { account: page, email: person.email });
  const phones = page.getByRole("list", { name: "Connected phones" });
  await expect(phones).toContainText("Chrome on Android");
  await expect(accountsOn(phone)).toHaveText([new RegExp(`${person.email}.*Connected`)]);
  await findMail(portal, person.email, /Sparekey Authenticator was connected/);
  const [row] = await portal.sql(
    `SELECT "amr", "aal" FROM "Session" WHERE "userId" = (SELECT "id" FROM "User" WHERE "email" = $1)`,
    [person.email],
  );
  expect(row).toEqual({ amr: ["pwd", "mca", "mfa"], aal: 2 });
  await phone.context().close();
});

test("LC-10 a phone without a camera shows a phrase, which is typed forgivingly and works once", async ({
  page,
  context,
  browser,
  prepare,
  portal: { baseURL },
}) => {
  const person = await prepare.withApp();
  await lendCookies(person.browser, context);
  const phone = await openPhone(browser, baseURL);
  const phrase = await showPhrase(phone);
  await beginConnecting(page);
  await typePhrase(page, phrase.replace(/^\w+/, "qwertz"));
  const typed = field(page, "Phrase from your phone");
  await expect(typed).toHaveAccessibleDescription(/“qwertz” is none of the words/);
  await expect(typed).toHaveValue(/^qwertz/);
  await typePhrase(page, "river puzzle amused stone");
  await expect(typed).toHaveAccessibleDescription(/No phone shows this phrase/);
  await typePhrase(page, ` ${phrase.toUpperCase().replaceAll(" ", "-")} `);
  await expect(heading(page, "Now confirm on your phone")).toBeVisible();
  await connectInAccount(page, await confirmOnPhone(phone, person.email));
  await expect(told(page, /Your phone is connected/)).toBeVisible();
  await expect(accountsOn(phone)).toHaveCount(1);

  await beginConnecting(page);
  await typePhrase(page, phrase);
  await expect(typed).toHaveAccessibleDescription(/No phone shows this phrase/);
  await phone.context().close();
});

test("LC-10 a picture that one phone scanned is of no use to another, and none after ten minutes", async ({
  page,
  context,
  browser,
  prepare,
  portal: { baseURL, sql },
}) => {
  const person = await prepare.withApp();
  await lendCookies(person.browser, context);
  const address = await beginConnecting(page);
  const [phone, thief] = [await openPhone(browser, baseURL), await openPhone(browser, baseURL)];
  await scanWithCameraApp(phone, address);
  await expect(heading(phone, "Connect this phone?")).toBeVisible();
  await scanWithCameraApp(thief, address);
  await expect(told(thief, /no longer valid/)).toBeVisible();
  await expect(accountsOn(thief)).toHaveCount(0);

  const pairing = { table: "Pairing", columns: ["expiresAt"], email: person.email, minutes: 10 };
  await age(sql, pairing);
  await button(phone, "Confirm").click();
  await expect(told(phone, /declined in the account, or the ten minutes are over/)).toBeVisible();
  await expect(told(page, /the ten minutes are over/)).toBeVisible();
  const late = await beginConnecting(page);
  await age(sql, pairing);
  await scanWithCameraApp(phone, late);
  await expect(told(phone, /no longer valid/)).toBeVisible();
  expect(await countRows(sql, "SparekeyAuthenticator", person.email)).toBe(0);
  await Promise.all([phone, thief].map((one) => one.context().close()));
});

test("declined on the phone, or in the account, nothing is connected, and the other side says so", async ({
  page,
  context,
  browser,
  prepare,
  portal: { baseURL, sql },
}) => {
  const person = await prepare.withApp();
  await lendCookies(person.browser, context);
  const phone = await openPhone(browser, baseURL);
  await scanWithCameraApp(phone, await beginConnecting(page));
  await expect(heading(phone, "Connect this phone?")).toBeVisible();
  await expect(heading(page, "Now confirm on your phone")).toBeVisible();
  await button(phone, "Decline").click();
  await expect(told(phone, /Nothing was connected/)).toBeVisible();
  await expect(told(page, /it was declined on the phone/)).toBeVisible();

  await scanWithCameraApp(phone, await beginConnecting(page));
  await confirmOnPhone(phone, person.email);
  await button(page, "Don’t connect").click();
  await expect(told(page, /That phone was not connected/)).toBeVisible();
  await expect(told(phone, /declined in the account/)).toBeVisible();
  await expect(accountsOn(phone)).toHaveCount(0);
  expect(await countRows(sql, "SparekeyAuthenticator", person.email)).toBe(0);
  await phone.context().close();
});

test("AX-13 without scripts in the account, “Continue” asks how far the phone is", async ({
  browser,
  prepare,
  portal: { baseURL },
}) => {
  const person = await prepare.withApp();
  const context = await browser.newContext({ javaScriptEnabled: false, baseURL });
  await lendCookies(person.browser, context);
  const page = await context.newPage();
  await page.goto("/account/mfa");
  await button(page, "Add Sparekey Authenticator").click();
  await expect(page).toHaveURL("/account/mfa/notification");
  await expect(page.getByRole("img", { name: /^QR code/ })).toBeVisible();
  await button(page, "Continue").click();
  await expect(told(page, /No phone has scanned the QR code yet/)).toBeVisible();
  const phone = await openPhone(browser, baseURL);
  await typePhrase(page, await showPhrase(phone));
  await expect(heading(page, "Now confirm on your phone")).toBeVisible();
  await button(page, "Continue").click();
  await expect(told(page, /Your phone has not confirmed yet/)).toBeVisible();
  const checkNumber = await confirmOnPhone(phone, person.email);
  await button(page, "Continue").click();
  await connectInAccount(page, checkNumber);
  await expect(told(page, /Your phone is connected/)).toBeVisible();
  await expect(accountsOn(phone)).toHaveCount(1);
  await Promise.all([phone.context(), context].map((one) => one.close()));
});

test("a phone that is closed after it confirmed is connected all the same, and one whose clock is a day off too", async ({
  page,
  context,
  browser,
  prepare,
  portal: { baseURL },
}) => {
  const person = await prepare.withApp();
  await lendCookies(person.browser, context);
  const phone = await openPhone(browser, baseURL);
  await phone.clock.setSystemTime(Date.now() + 24 * 3_600_000);
  await scanWithCameraApp(phone, await beginConnecting(page));
  const checkNumber = await confirmOnPhone(phone, person.email);
  await phone.goto("about:blank");
  await connectInAccount(page, checkNumber);
  await expect(told(page, /Your phone is connected/)).toBeVisible();
  await phone.goto("/authenticator");
  await expect(told(phone, /This phone is connected to/)).toBeVisible();
  await phone.reload();
  await expect(accountsOn(phone)).toContainText(["Connected"]);

  await phone.goto(await beginConnecting(page)); // in the page that is open: only the fragment changes
  await expect(told(phone, /is connected to this account already/)).toBeVisible();
  await expect(phone).not.toHaveURL(/#/);
  await phone.context().close();
});

test("LC-10 a confirmation that got lost is pressed again, also after the phone was closed, and can be taken back", async ({
  page,
  context,
  browser,
  prepare,
  portal: { baseURL, sql },
}) => {
  const person = await prepare.withApp();
  await lendCookies(person.browser, context);
  const phone = await openPhone(browser, baseURL);
  await phone.addInitScript(() => {
    navigator.storage.persist = async () => {
      sessionStorage.setItem("persist", "asked");
      return true;
    };
  });
  const lost = "**/authenticator/pairings/decide";
  await phone.route(lost, (route) => route.abort());
  await scanWithCameraApp(phone, await beginConnecting(page));
  await expect(heading(phone, "Connect this phone?")).toBeFocused();
  expect(await phone.evaluate(() => sessionStorage.getItem("persist"))).toBeNull();
  await button(phone, "Confirm").click();
  await expect(told(phone, /can’t be reached.*press again/)).toBeVisible();
  expect(await phone.evaluate(() => sessionStorage.getItem("persist"))).toBe("asked");
  await examine(phone);
  await phone.goto("about:blank");
  await phone.unroute(lost);
  await phone.goto("/authenticator");
  const checkNumber = await confirmOnPhone(phone, person.email);
  await expect(heading(page, "Is this your phone?")).toBeVisible();
  expect(checkNumber).toMatch(/^\d{4}$/);

  await button(phone, "Cancel").click();
  const outcome = phone.getByRole("status").filter({ hasText: /Nothing was connected/ });
  await expect(outcome).toBeFocused(); // AX-10
  await button(page, "Connect").click();
  await expect(told(page, /it was declined on the phone/)).toBeVisible();
  expect(await countRows(sql, "SparekeyAuthenticator", person.email)).toBe(0);
  await phone.reload();
  await expect(heading(phone, "Connect this phone")).toBeVisible();

  await phone.route(lost, async (route) => {
    await route.fetch();
    await route.abort(); // the portal heard it, and its answer is lost
  });
  await scanWithCameraApp(phone, await beginConnecting(page));
  await button(phone, "Confirm").click();
  await expect(told(phone, /press again/)).toBeVisible();
  await button(page, "Connect").click();
  await expect(told(page, /Your phone is connected/)).toBeVisible();
  await phone.unroute(lost);
  await button(phone, "Confirm").click();
  await expect(told(phone, /This phone is connected to/)).toBeVisible();
  await phone.context().close();
});

test("HD-05 PU-05 the secret is out of the address at once, and the phone keeps a key that no script can read, and nothing else", async ({
  page,
  context,
  browser,
  prepare,
  portal: { baseURL },
}) => {
  const person = await prepare.member();
  await lendCookies(person.browser, context);
  const address = await beginConnecting(page);
  const secret = address.split("=")[1] ?? "";
  const phone = await openPhone(browser, baseURL);
  const asked: string[] = [];
  phone.on("request", (request) =>
    asked.push(
      request.url(),
      JSON.stringify(request.headers()),
      request.failure()?.errorText ?? "",
    ),
  );
  await scanWithCameraApp(phone, address);
  await expect(heading(phone, "Connect this phone?")).toBeVisible();
  await expect(phone).toHaveURL(`${baseURL}/authenticator`);
  const dumps = [await dumpPhone(phone)];
  await connectInAccount(page, await confirmOnPhone(phone, person.email));
  await expect(accountsOn(phone)).toHaveCount(1);
  await phone.reload();
  await expect(accountsOn(phone)).toHaveCount(1);
  dumps.push(await dumpPhone(phone));
  await phone.goBack();
  dumps.push(phone.url());
  expect(asked.filter((text) => text.includes(secret))).toEqual([]);
  expect(dumps.join()).not.toContain(secret);
  expect(JSON.parse(dumps[1] ?? "")).toMatchObject({
    local: {},
    session: {},
    caches: [],
    cookies: "",
    databases: ["sparekey-authenticator"],
    accounts: [
      {
        fields: ["connectedAt", "email", "id", "name", "privateKey", "publicKey", "userId"],
        privateKey: { type: "private", extractable: false, usages: ["sign"] },
        exported: "refused",
      },
    ],
  });
  await phone.context().close();
});

test("SE-15 logging out clears the cache and leaves the key of an authenticator in the same browser", async ({
  page,
  context,
  prepare,
}) => {
  const person = await prepare.withApp();
  await lendCookies(person.browser, context);
  const phone = await context.newPage();
  await scanWithCameraApp(phone, await beginConnecting(page));
  await connectInAccount(page, await confirmOnPhone(phone, person.email));
  await expect(accountsOn(phone)).toHaveCount(1);
  const answered = page.waitForResponse((response) => response.url().endsWith("/logout"));
  await logOut(page);
  expect(await (await answered).headerValue("clear-site-data")).toBe('"cache"');
  await phone.reload();
  await expect(accountsOn(phone)).toContainText(["Connected"]);
});

test("PU-05 NX-02 a session's cookie alone moves no phone, nor does a call from elsewhere or a GET", async ({
  page,
  context,
  browser,
  prepare,
  portal: { baseURL, sql },
}) => {
  const person = await prepare.withApp();
  await lendCookies(person.browser, context);
  const phone = await connectPhone(browser, { account: page, email: person.email });
  const [{ id: authenticatorId } = { id: "" }] = await sql(
    `SELECT "id" FROM "SparekeyAuthenticator"
     WHERE "userId" = (SELECT "id" FROM "User" WHERE "email" = $1)`,
    [person.email],
  );
  const post = (path: string, body: object, headers = {}): Promise<Answer> =>
    person.browser.send({
      path: `/authenticator/${path}`,
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
  const { nonce } = JSON.parse((await post("nonces", { authenticatorId })).body);
  const signature = "A".repeat(86);
  for (const path of ["account", "forget"]) {
    expect((await post(path, { authenticatorId })).status, path).toBe(400);
    const forged = await post(path, { authenticatorId, nonce, signature });
    expect([forged.status, forged.body], path).toEqual([401, '{"reason":"signature"}']);
    const foreign = { origin: "https://evil.example" };
    expect((await post(path, { authenticatorId, nonce, signature }, foreign)).status).toBe(403);
    expect((await person.browser.send({ path: `/authenticator/${path}` })).status).toBe(405);
    const old = await post(path, { authenticatorId, nonce: `1.${"A".repeat(43)}`, signature });
    expect(old.status, path).toBe(409);
    expect(old.headers["cache-control"]).toBe("no-store");
  }
  const nobody = new PlainBrowser(baseURL);
  const status = await nobody.send({ path: "/account/mfa/notification/status" });
  expect([status.status, status.body]).toEqual([404, '{"state":"over"}']);
  await phone.reload();
  await expect(accountsOn(phone)).toContainText(["Connected"]);
  await phone.context().close();
});

test("a phone forgets an account and its owner is told; the last method it forgets only for itself", async ({
  page,
  context,
  browser,
  prepare,
  portal,
}) => {
  const person = await prepare.withApp();
  await verifyAddressOf(person, portal);
  await lendCookies(person.browser, context);
  const phone = await connectPhone(browser, { account: page, email: person.email });
  await forget(phone, person.email);
  await expect(told(phone, /is no longer connected to/)).toBeVisible();
  await expect(accountsOn(phone)).toHaveCount(0);
  await findMail(portal, person.email, /Sparekey Authenticator was removed/);
  await page.goto("/account/mfa");
  await expect(page.getByRole("list", { name: "Connected phones" })).toHaveCount(0);

  const other = await prepare.member();
  await context.clearCookies();
  await lendCookies(other.browser, context);
  await scanWithCameraApp(phone, await beginConnecting(page));
  await connectInAccount(page, await confirmOnPhone(phone, other.email));
  await forget(phone, other.email);
  await expect(told(phone, /only verification method/)).toBeVisible();
  await button(phone, "Keep it").click();
  await expect(accountsOn(phone)).toHaveCount(1);
  await forget(phone, other.email);
  await button(phone, "Forget it here all the same").click();
  await expect(accountsOn(phone)).toHaveCount(0);
  await page.goto("/account/mfa");
  await expect(page.getByRole("list", { name: "Connected phones" })).toBeVisible();
  await phone.context().close();
});

test("a phone says that it was removed, reported lost, is offline, or keeps nothing", async ({
  page,
  context,
  browser,
  prepare,
  portal: { baseURL, sql },
}) => {
  const person = await prepare.withApp();
  await lendCookies(person.browser, context);
  const phone = await connectPhone(browser, { account: page, email: person.email });
  const set = (column: "suspendedAt" | "removedAt", value: "now()" | "NULL") =>
    sql(
      `UPDATE "SparekeyAuthenticator" SET "${column}" = ${value}
       WHERE "userId" = (SELECT "id" FROM "User" WHERE "email" = $1)`,
      [person.email],
    );
  await set("suspendedAt", "now()");
  await phone.reload();
  await expect(told(phone, /reported lost/)).toBeVisible();
  await set("suspendedAt", "NULL");
  await set("removedAt", "now()");
  await phone.reload();
  await expect(told(phone, /no longer knows this phone/)).toBeVisible();
  await phone.context().setOffline(true);
  await expect(told(phone, /You’re offline/)).toBeVisible();
  await phone.context().setOffline(false);
  await forget(phone, person.email);
  await expect(accountsOn(phone)).toHaveCount(0);
  await phone.context().close();

  const withoutStore = await openPhone(browser, baseURL);
  await withoutStore.addInitScript(() => {
    indexedDB.open = () => {
      throw new DOMException("private", "SecurityError");
    };
  });
  await withoutStore.goto("/authenticator");
  await expect(told(withoutStore, /keeps nothing for this page/)).toBeVisible();
  await withoutStore.context().close();
});

test("an iPhone’s browser leads to the Home Screen first and spends no picture; the app there connects", async ({
  page,
  context,
  browser,
  prepare,
  portal: { baseURL },
}) => {
  const person = await prepare.withApp();
  await lendCookies(person.browser, context);
  const address = await beginConnecting(page);
  const safari = await openPhone(browser, baseURL, "iPhone 15");
  await scanWithCameraApp(safari, address);
  await expect(heading(safari, "First, put it on your Home Screen")).toBeVisible();
  await expect(safari).toHaveURL(`${baseURL}/authenticator`);
  await expect(button(safari, "Scan a QR code")).toHaveCount(0);
  const manifest = await safari.request.get("/authenticator/manifest.webmanifest");
  expect(await manifest.json()).toMatchObject({
    start_url: "/authenticator",
    display: "standalone",
  });
  await expect(safari.locator('link[rel="apple-touch-icon"]')).toHaveCount(1);
  await safari.context().close();

  const app = await openPhone(browser, baseURL, "iPhone 15");
  await app.addInitScript(() => Object.assign(navigator, { standalone: true }));
  await scanWithCameraApp(app, address);
  await connectInAccount(page, await confirmOnPhone(app, person.email));
  await expect(page.getByRole("list", { name: "Connected phones" })).toContainText("Safari on iOS");
  await app.context().close();
});

test("AX-05 AX-06 AX-08 each step passes axe in light and dark, fits 320 pixels, and breaks no policy", async ({
  page,
  context,
  browser,
  prepare,
  portal: { baseURL },
}) => {
  test.setTimeout(180_000);
  const person = await prepare.withApp();
  await lendCookies(person.browser, context);
  const phone = await openPhone(browser, baseURL, "Desktop Chrome");
  const violations: string[] = [];
  for (const one of [page, phone]) {
    one.on("console", (message) => {
      if (/Content Security Policy/i.test(message.text())) violations.push(message.text());
    });
  }
  await expect(button(phone, "Show a phrase")).toBeVisible();
  await examine(phone);
  const phrase = await showPhrase(phone);
  await examine(phone);
  await beginConnecting(page);
  await examine(page);
  await typePhrase(page, phrase);
  await expect(heading(page, "Now confirm on your phone")).toBeFocused();
  await examine(page);
  await expect(heading(phone, "Connect this phone?")).toBeFocused();
  await examine(phone);
  const checkNumber = await confirmOnPhone(phone, person.email);
  await examine(phone);
  await expect(heading(page, "Is this your phone?")).toBeFocused();
  await examine(page);
  await connectInAccount(page, checkNumber);
  await expect(told(page, /Your phone is connected/)).toBeVisible();
  await examine(page);
  await expect(accountsOn(phone)).toContainText(["Connected"]);
  await examine(phone);
  await button(phone, `Forget this account ${person.email}`).click();
  await examine(phone);
  expect(violations).toEqual([]);
  await phone.context().close();
});

test("PU-06 mail is no verification method", async ({ prepare, portal: { baseURL } }) => {
  const person = await prepare.withCodes();
  const browser = new PlainBrowser(baseURL);
  const { email, password } = person;
  await browser.press(await browser.open("/login"), "Log in", { email, password });
  const { body } = await browser.open("/login/verify/methods");
  const links = [...body.matchAll(/href="\/login\/verify\/([\w-]+)"/g)].map(([, name]) => name);
  expect(links.filter((name) => name !== "lost")).toEqual(["authenticator-app", "recovery-codes"]);
  const account = await person.browser.open("/account/mfa");
  expect(account.body).not.toMatch(/Add (an )?(e-?mail|address)/i);
});

async function forget(phone: Page, email: string): Promise<void> {
  await button(phone, `Forget this account ${email}`).click();
  await button(phone, "Forget it").click();
}

/** Everything that a script on the phone could find. */
async function dumpPhone(phone: Page): Promise<string> {
  return phone.evaluate(async () => {
    const names = (await indexedDB.databases()).map(({ name }) => name);
    const accounts = await new Promise<Record<string, unknown>[]>((resolve, reject) => {
      const opening = indexedDB.open("sparekey-authenticator");
      opening.onerror = reject;
      opening.onsuccess = () => {
        const database = opening.result;
        if (!database.objectStoreNames.contains("accounts")) return resolve([]);
        const reading = database.transaction("accounts").objectStore("accounts").getAll();
        reading.onsuccess = () => resolve(reading.result);
        database.close();
      };
    });
    const described = accounts.map(async (account) => {
      const key = account.privateKey as CryptoKey;
      const exported = await crypto.subtle.exportKey("jwk", key).catch(() => "refused");
      const { type, extractable, usages } = key;
      const privateKey = { type, extractable, usages };
      return { fields: Object.keys(account).sort(), ...account, privateKey, exported };
    });
    return JSON.stringify({
      local: { ...localStorage },
      session: { ...sessionStorage },
      caches: await caches.keys(),
      cookies: document.cookie,
      history: history.state,
      databases: names,
      accounts: await Promise.all(described),
    });
  });
}

import { readFileSync } from "node:fs";
import { readBuiltConfig } from "./build";
import { dumpDatabase } from "./database";
import { expect, lendCookies, test } from "./journeys";
import {
  addRecoveryCodes,
  button,
  chooseRecoveryCodes,
  confirmSaved,
  enterPassword,
  enterRecoveryCode,
  heading,
} from "./people";
import { PlainBrowser } from "./plain-browser";
import { notedSecrets } from "./secrets-of-the-run";

const PUBLIC = ["/login", "/signup", "/help/recovery-codes", "/nowhere", "/healthz", "/icon.svg"];

test("HD-01 HD-03 every answer carries the security headers", async ({
  prepare,
  portal: { baseURL },
}) => {
  const { browser } = await prepare.member();
  const html = (await browser.send({ path: "/account" })).body;
  const script = /\/_next\/static\/[^"\\]+\.js/.exec(html)?.[0] ?? "";
  for (const path of [...PUBLIC, "/account", "/api/auth/session", script]) {
    const { headers } = await browser.send({ path });
    expect(headers["strict-transport-security"], path).toMatch(/max-age=63072000; includeSubDom/);
    expect(headers["x-content-type-options"], path).toBe("nosniff");
    expect(headers["referrer-policy"], path).toBe("same-origin");
    expect(headers["cross-origin-opener-policy"], path).toBe("same-origin");
    expect(headers["permissions-policy"], path).toContain("publickey-credentials-get=(self)");
    expect(headers["x-powered-by"], path).toBeUndefined();
  }
  expect(baseURL).toMatch(/^http:/);
});

test("HD-02 the policy allows only scripts with a nonce that is new each time, and injected ones do not run", async ({
  page,
  portal: { baseURL },
}) => {
  const stranger = new PlainBrowser(baseURL);
  const policies: string[] = [];
  for (let round = 0; round < 2; round += 1) {
    const { headers } = await stranger.send({ path: "/login" });
    policies.push(headers["content-security-policy"] ?? "");
  }
  for (const policy of policies) {
    expect(policy).toContain("'strict-dynamic'");
    for (const rule of ["object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"]) {
      expect(policy).toContain(rule);
    }
    expect(policy).not.toMatch(/unsafe-(inline|eval)/);
  }
  expect(policies[0]).not.toBe(policies[1]);
  await page.goto("/login");
  const ran = await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "document.body.dataset.attacked = 'yes'";
    const html = `<img src="x" onerror="document.body.dataset.attacked = 'yes'">`;
    document.body.insertAdjacentHTML("beforeend", html);
    document.body.insertAdjacentHTML("beforeend", script.outerHTML);
    return new Promise((resolve) => setTimeout(() => resolve(document.body.dataset.attacked), 500));
  });
  expect(ran).toBeUndefined();
});

test("HD-04 what may hold a secret is never cached", async ({ prepare, portal: { baseURL } }) => {
  const { browser } = await prepare.withApp();
  const page = await browser.open("/account/mfa/recovery-codes");
  const shown = await browser.press(page, "Add Recovery Codes");
  expect(shown.headers["cache-control"]).toContain("no-store");
  for (const path of ["/account", "/account/mfa", "/login", "/api/auth/session", "/readyz"]) {
    expect((await browser.send({ path })).headers["cache-control"], path).toContain("no-store");
    const rsc = await browser.open(path, { rsc: "1" });
    expect(rsc.headers["cache-control"], path).toContain("no-store");
  }
  expect(baseURL).toContain("localhost");
});

test("NX-03 NX-04 forms are small, no other origin is allowed, and the actions' key is fixed", () => {
  const { bodySizeLimit, allowedOrigins } = readBuiltConfig().experimental.serverActions;
  expect(bodySizeLimit).toBe("64kb");
  expect(allowedOrigins ?? []).toEqual([]);
  const manifest = readFileSync(".next/server/server-reference-manifest.json", "utf8");
  expect(JSON.parse(manifest).encryptionKey).toMatch(/^[A-Za-z0-9+/=]{40,}$/);
});

test("HD-06 after the codes are left, Back, Forward and Reload find none of them", async ({
  prepare,
  page,
  context,
}) => {
  const person = await prepare.withApp();
  await lendCookies(person.browser, context);
  await page.goto("/account/mfa/recovery-codes");
  const codes = await addRecoveryCodes(page);
  await page.evaluate(() => window.dispatchEvent(new PageTransitionEvent("pagehide")));
  await expect(page.getByText("can’t be shown again")).toBeVisible();
  const holdsNone = () =>
    // A page that is just coming back may load itself anew under the question.
    expect(async () => expect(await holdsCode()).toBe(false)).toPass({ timeout: 10_000 });
  const holdsCode = () =>
    page.evaluate((all) => {
      const html = document.documentElement.outerHTML;
      return all.some((code) => html.includes(code) || html.includes(code.replaceAll("-", "")));
    }, codes);
  await holdsNone();
  await page.goto("/help/recovery-codes");
  await page.goBack();
  await expect(heading(page, "Recovery Codes")).toBeVisible();
  await holdsNone();
  await page.goForward();
  await expect(heading(page, "Recovery codes")).toBeVisible();
  await holdsNone();
  await page.goBack();
  await expect(heading(page, "Recovery Codes")).toBeVisible();
  await holdsNone();
  await page.reload();
  await holdsNone();
});

test("HD-05 HD-07 HD-08 LG-02 OT-03 no secret of a whole run is in a store, a log, the database or an address", async ({
  prepare,
  page,
  context,
  portal: { sql, logFiles, baseURL },
}) => {
  test.setTimeout(120_000);
  const person = await prepare.withApp();
  const addresses: string[] = [];
  page.on("request", (request) => addresses.push(request.url()));
  await lendCookies(person.browser, context);
  await page.goto("/account/mfa/recovery-codes");
  const codes = await addRecoveryCodes(page);
  const download = page.waitForEvent("download");
  await button(page, "Download").click();
  const file = await download;
  expect(file.url()).toMatch(/^blob:/);
  expect(file.suggestedFilename()).toMatch(/^sparekey-localhost-set-A-\d{4}-\d\d-\d\d\.txt$/);
  await confirmSaved(page);
  await button(page, "Log out").click();
  await expect(heading(page, "Log in")).toBeVisible();
  await enterPassword(page, person);
  await chooseRecoveryCodes(page);
  await enterRecoveryCode(page, codes[3] ?? "");
  await expect(heading(page, "Account Settings")).toBeVisible();

  const stores = await page.evaluate(async () => {
    const databases = await indexedDB.databases();
    const caches = await window.caches.keys();
    const state = JSON.stringify([history.state, { ...localStorage }, { ...sessionStorage }]);
    return { databases, caches, state };
  });
  expect(stores.databases).toEqual([]);
  expect(stores.caches).toEqual([]);
  const places = {
    stores: stores.state,
    addresses: addresses.join("\n"),
    database: await dumpDatabase(sql),
    logs: logFiles.map((log) => readFileSync(log, "utf8")).join("\n"),
  };
  const secrets = notedSecrets().filter((secret) => secret.length >= 8);
  expect(secrets.length).toBeGreaterThan(12);
  for (const [place, content] of Object.entries(places)) {
    const found = secrets.filter(
      (secret) => content.includes(secret) || content.includes(secret.replaceAll("-", "")),
    );
    expect(found, place).toEqual([]);
  }
  expect(addresses.filter((address) => !address.startsWith(baseURL))).toEqual(
    addresses.filter((address) => address.startsWith("blob:")),
  );
});

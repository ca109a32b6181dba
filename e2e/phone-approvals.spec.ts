import type { Browser, Page } from "@playwright/test";
import { age } from "./database";
import { examine } from "./examine";
import { expect, lendCookies, test } from "./journeys";
import {
  button,
  enterPassword,
  field,
  heading,
  link,
  logOut,
  type Person,
  signUp,
  somebodyNew,
  told,
} from "./people";
import { letTimeStepsPass, readQr } from "./phone";
import {
  beginConnecting,
  confirmOnPhone,
  connectInAccount,
  connectPhone,
  openPhone,
  scanWithCameraApp,
} from "./sparekey-phone";

const NUMBER = "Number on the login screen";

test("PU-01 PU-07 a phone whose page is open shows who logs in from where, and approves with the number", async ({
  page,
  browser,
  portal: { baseURL },
}) => {
  const { person, phone } = await connected(page, browser);
  await logIn(page, person);
  await expect(heading(phone, "Is this you logging in?")).toBeVisible();
  const card = phone.getByRole("region", { name: "Is this you logging in?" });
  for (const [name, value] of [
    ["Account", person.email],
    ["Portal", baseURL],
    ["Browser", /on Linux$/],
    ["Network address", "127.0.0.1"],
    ["Time", /\d:\d\d/],
  ] as const) {
    await expect(card.getByText(name, { exact: true })).toBeVisible();
    await expect(card.getByRole("definition").filter({ hasText: value })).toHaveCount(1);
  }
  await button(phone, "Approve").click();
  await expect(told(phone, /Enter the six digits/)).toBeVisible();
  await expect(field(phone, NUMBER)).toBeFocused();
  const number = await readNumber(page);
  await field(phone, NUMBER).fill(number === "000000" ? "111111" : "000000");
  await button(phone, "Approve").click();
  await expect(told(phone, /isn.t the number on the login screen/)).toBeVisible();
  await field(phone, NUMBER).fill(`${number.slice(0, 3)} ${number.slice(3)}`);
  await button(phone, "Approve").click();
  await expect(phone.getByRole("status").getByText(/^Approved\./)).toBeVisible();
  await expect(heading(phone, "Waiting for your answer")).toBeFocused(); // AX-10
  await expect(told(phone, /Nothing waits for your answer/)).toBeVisible();
  await expect(heading(page, "Account Settings")).toBeVisible();
  await phone.context().close();
});

test("AX-03 a phone that scans the picture on the login screen has no digits to copy", async ({
  page,
  browser,
}) => {
  const { person, phone } = await connected(page, browser);
  await logIn(page, person);
  const address = await readQr(page.getByRole("img", { name: /QR/ }));
  await scanWithCameraApp(phone, address);
  await expect(field(phone, NUMBER)).toHaveValue(await readNumber(page));
  await expect(phone).not.toHaveURL(/#/);
  await button(phone, "Approve").click();
  await expect(heading(page, "Account Settings")).toBeVisible();
  await expect(phone.getByRole("status").getByText(/^Approved\./)).toBeVisible();
  await expect(told(phone, /belongs to nothing that waits/)).toHaveCount(0);
  await logOut(page);
  await logIn(page, person);
  await expect(button(phone, "Approve")).toBeVisible();
  await expect(phone.getByText(/^Approved\./)).toHaveCount(0); // said of the one before
  await phone.context().close();
});

test("PU-07 a login that another method completes leaves the phone at once", async ({
  page,
  context,
  browser,
  prepare,
  portal: { sql },
}) => {
  const person = await prepare.withApp();
  await lendCookies(person.browser, context);
  const phone = await connectPhone(browser, { account: page, email: person.email });
  await page.goto("/account");
  await logOut(page);
  await logIn(page, person);
  await expect(button(phone, "Approve")).toBeVisible();
  await field(phone, NUMBER).focus();
  await page.goto("/login/verify/authenticator-app");
  await letTimeStepsPass(sql, person.email);
  await field(page, "Verification code").fill(person.phone.code());
  await button(page, "Verify").click();
  await expect(heading(page, "Account Settings")).toBeVisible();
  await expect(told(phone, /Nothing waits for your answer/)).toBeVisible();
  await expect(told(phone, /That request is over/)).toBeVisible();
  await expect(link(phone, "Choose a new password")).toBeVisible();
  await expect(heading(phone, "Waiting for your answer")).toBeFocused(); // AX-10
  await phone.context().close();
});

test("PU-07 “This wasn't me” counts also when whoever began the login has left it", async ({
  page,
  browser,
  portal: { sql },
}) => {
  const { person, phone } = await connected(page, browser);
  await phone.route("**/authenticator/requests", (route) =>
    route.request().postDataJSON().known?.length > 0 ? undefined : route.continue(),
  ); // what it shows then, it goes on showing
  await logIn(page, person);
  await expect(
    told(page, /^Open Sparekey Authenticator on Chrome on Android\. Enter this number there/),
  ).toBeVisible(); // it has no notifications
  await expect(button(phone, "This wasn't me")).toBeVisible();
  await button(page, "Start over").click();
  await expect(heading(page, "Log in")).toBeVisible();
  await button(phone, "This wasn't me").click();
  await expect(phone.getByRole("status").getByText(/^Denied\./)).toBeVisible();
  const [event] = await sql(
    `SELECT "type" FROM "AuditEvent" WHERE "type" = 'notification_denied'
     AND "userId" = (SELECT "id" FROM "User" WHERE "email" = $1)`,
    [person.email],
  );
  expect(event).toBeDefined();
  await phone.context().close();
});

test("a phone of many accounts leaves connections for the rest, and asks again when one is lost", async ({
  browser,
  portal: { baseURL },
}) => {
  const phone = await openPhone(browser, baseURL);
  await phone.clock.install();
  await keepAccounts(phone, 5);
  let isDead = false;
  await phone.route("**/authenticator/nonces", (route) =>
    isDead ? undefined : route.fulfill({ json: NONCE }),
  );
  await phone.route("**/authenticator/account", (route) => {
    const { authenticatorId: email } = route.request().postDataJSON(); // as they are kept
    return route.fulfill({ json: { state: "connected", name: "", account: { email }, ...NONCE } });
  });
  const resting: string[] = [];
  const looking = new Set<string>();
  await phone.route("**/authenticator/requests", (route) => {
    const { authenticatorId, known } = route.request().postDataJSON();
    if (known) return void resting.push(authenticatorId); // and never answered
    looking.add(authenticatorId);
    return route.fulfill({ json: { requests: [], ...NONCE } });
  });
  await phone.reload();
  await expect.poll(() => looking.size).toBe(5);
  await phone.clock.runFor(2_000);
  await expect.poll(() => resting.length).toBe(3);
  await phone.clock.runFor(12_000);
  expect(resting).toHaveLength(3);
  isDead = true; // the connection is: whatever asks on it hears nothing
  await phone.clock.runFor(30_000);
  isDead = false;
  await phone.clock.runFor(40_000);
  await expect.poll(() => resting.length).toBe(6);
  expect(new Set(resting).size).toBe(3);
  await phone.context().close();
});

test("PU-07 T15 “This wasn't me” on the phone ends the login and advises a new password on both sides", async ({
  page,
  browser,
}) => {
  const { person, phone } = await connected(page, browser);
  await logIn(page, person);
  await button(phone, "This wasn't me").click();
  await expect(phone.getByRole("status").getByText(/^Denied\./)).toBeVisible();
  await expect(link(phone, "Choose a new password")).toBeVisible();
  await expect(page.getByRole("status").getByText("Denied on your phone")).toBeVisible();
  await expect(link(page, "Choose a new password")).toBeVisible();
  await phone.context().close();
});

test("PU-03 what has expired disappears from the phone, and what comes next shows up", async ({
  page,
  browser,
  portal: { sql },
}) => {
  const { person, phone } = await connected(page, browser);
  await logIn(page, person);
  await expect(button(phone, "Approve")).toBeVisible();
  await age(sql, { ...OF_REQUEST, email: person.email, minutes: 2 });
  await phone.reload();
  await expect(told(phone, /Nothing waits for your answer/)).toBeVisible();
  await page.reload();
  await button(page, "Send notification").click();
  await expect(button(phone, "Approve")).toBeVisible();
  await phone.context().close();
});

test("PU-05 a phone serves several accounts, each with a key of its own", async ({
  page,
  browser,
}) => {
  const first = await connected(page, browser);
  const context = await browser.newContext({ baseURL: new URL(page.url()).origin });
  const account = await context.newPage();
  const second = somebodyNew();
  await signUp(account, second);
  await scanWithCameraApp(first.phone, await beginConnecting(account));
  await connectInAccount(account, await confirmOnPhone(first.phone, second.email));
  await expect(told(account, /Your phone is connected/)).toBeVisible();
  await logOut(account);
  await logIn(account, second);
  await logIn(page, first.person);
  await expect(button(first.phone, "Approve")).toHaveCount(2);
  for (const { person, at } of [
    { person: second, at: account },
    { person: first.person, at: page },
  ]) {
    const card = first.phone.getByRole("region").filter({ hasText: person.email });
    await card.getByRole("textbox", { name: NUMBER }).fill(await readNumber(at));
    await card.getByRole("button", { name: "Approve" }).click();
    await expect(heading(at, "Account Settings")).toBeVisible();
  }
  await first.phone.context().close();
  await context.close();
});

test("AX-05 AX-06 AX-08 every state of a notification passes axe in light and dark, and fits 320 pixels", async ({
  page,
  browser,
  portal: { sql },
}) => {
  const { person, phone } = await connected(page, browser);
  await logIn(page, person);
  await button(page, "Didn't receive a notification?").click();
  await examine(page);
  await button(phone, "Approve").click();
  await expect(told(phone, /Enter the six digits/)).toBeVisible();
  await examine(phone);
  await age(sql, { ...OF_REQUEST, email: person.email, minutes: 2 });
  await page.reload();
  await expect(button(page, "Send notification")).toBeVisible();
  await examine(page);
  await button(page, "Send notification").click();
  await expect(told(phone, /Enter the six digits/)).toHaveCount(0); // said of the one before
  await button(phone, "This wasn't me").click();
  await expect(phone.getByRole("status").getByText(/^Denied\./)).toBeVisible();
  await examine(phone);
  await expect(page.getByRole("status").getByText("Denied on your phone")).toBeVisible();
  await examine(page);
  await phone.context().close();
});

const OF_REQUEST = { table: "ApprovalRequest", columns: ["createdAt", "expiresAt"] };

/** A new person with a connected phone, logged out. */
async function connected(page: Page, browser: Browser): Promise<{ person: Person; phone: Page }> {
  const person = somebodyNew();
  await signUp(page, person);
  const phone = await connectPhone(browser, { account: page, email: person.email });
  await page.goto("/account");
  await logOut(page);
  return { person, phone };
}

async function logIn(page: Page, person: Person): Promise<void> {
  await page.goto("/login");
  await enterPassword(page, person);
  await expect(heading(page, "Approve the notification")).toBeVisible();
}

const NONCE = { nonce: "1.nonce" };

/** Puts accounts on a phone that no portal knows. */
async function keepAccounts(phone: Page, count: number): Promise<void> {
  await phone.evaluate(
    async (accounts) => {
      const algorithm = { name: "ECDSA", namedCurve: "P-256" };
      const kept = await Promise.all(
        accounts.map(async (id) => {
          const keys = await crypto.subtle.generateKey(algorithm, false, ["sign", "verify"]);
          const { privateKey, publicKey } = keys as CryptoKeyPair;
          return { id, userId: id, email: id, name: "", privateKey, publicKey, connectedAt: 1 };
        }),
      );
      await new Promise((resolve) => {
        const opened = indexedDB.open("sparekey-authenticator", 1);
        // The page makes it too; this may come first.
        opened.onupgradeneeded = () =>
          opened.result.createObjectStore("accounts", { keyPath: "id" });
        opened.onsuccess = () => {
          const change = opened.result.transaction("accounts", "readwrite");
          for (const account of kept) change.objectStore("accounts").put(account);
          change.oncomplete = () => {
            opened.result.close();
            resolve(undefined);
          };
        };
      });
    },
    Array.from({ length: count }, (_, place) => `account-${place}`),
  );
}

/** The six digits as the screen shows them. */
async function readNumber(page: Page): Promise<string> {
  const shown = page.getByRole("img", { name: /^Number:( \d){6}$/ });
  return ((await shown.textContent()) ?? "").replace(/\D/g, "");
}

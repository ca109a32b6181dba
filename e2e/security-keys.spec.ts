import type { Page } from "@playwright/test";
import { age, countRows } from "./database";
import { examine } from "./examine";
import { expect, lendCookies, test } from "./journeys";
import { findMail } from "./mailbox";
import {
  button,
  enterPassword,
  field,
  heading,
  link,
  logOut,
  type Person,
  passwordField,
  signUp,
  somebodyNew,
  told,
} from "./people";
import { verifyAddressOf } from "./prepared-people";
import { freePort, type Sql } from "./servers";
import { storeKey } from "./stored-methods";
import { VirtualKey } from "./virtual-key";

const ADD = "Add Security Key or Passkey";
const USE = "Use security key or passkey";

test("WA-13 AM-01 SE-12 a first security key is added by its name, and then asked for after the password", async ({
  page,
  portal: { sql },
}) => {
  const person = somebodyNew();
  const key = await VirtualKey.securityKey(page);
  await signUp(page, person);
  await page.goto("/account/mfa");
  await button(page, ADD).click();
  await expect(heading(page, "Add a security key or passkey")).toBeFocused();
  await field(page, "Name").fill("Blue key");
  await button(page, ADD).click();
  await expect(told(page, /security key or passkey is added/)).toBeVisible();
  const keys = page.getByRole("list", { name: "Your security keys and passkeys" });
  await expect(keys.getByRole("listitem")).toHaveText(/Blue key.*On one device.*Not used yet/);
  expect(await key.credentials()).toHaveLength(1);
  expect(await amrOf(sql, person)).toEqual([["pwd", "hwk", "mfa"]]);

  await logOut(page);
  await enterPassword(page, person);
  await expect(heading(page, USE.replace("Use", "Use your"))).toBeVisible();
  await expect(told(page, /a key you added: Blue key/)).toBeVisible();
  await expect(link(page, "Choose Another Verification Method")).toBeVisible();
  expect(await countRows(sql, "Session", person.email)).toBe(0);
  await button(page, USE).click();
  await expect(heading(page, "Account Settings")).toBeVisible();
  expect(await amrOf(sql, person)).toEqual([["pwd", "hwk", "mfa"]]);
  await page.goto("/account/mfa");
  await expect(keys.getByRole("listitem")).toHaveText(/Last used .* with Chrom\w+ on Linux, /);
});

test("WA-13 WA-04 T03 a passkey logs in without a password, also while the password waits, and only when it verifies its person", async ({
  page,
  portal: { sql },
}) => {
  const person = somebodyNew();
  await suggestNothing(page);
  const device = await VirtualKey.device(page);
  await signUp(page, person);
  await addKey(page, "");
  await expect(
    page.getByRole("paragraph").filter({ hasText: /Passkey of Chrom\w+ on Linux/ }),
  ).toBeVisible();
  await logOut(page);
  await page.context().clearCookies();
  for (let time = 0; time < 6; time += 1) {
    await page.goto("/login");
    await enterPassword(page, { ...person, password: "not my password at all" });
    await expect(told(page, /don’t match an account|Too many tries/)).toBeVisible();
  }
  await expect(told(page, /Too many tries failed/)).toBeVisible();
  await page.goto("/login?return=%2Faccount%2Fsessions");
  await button(page, "Use a passkey").click();
  await expect(heading(page, "Sessions")).toBeVisible();
  expect(await amrOf(sql, person)).toEqual([["hwk", "mfa"]]);

  await logOut(page);
  await device.recognizePerson(false);
  await page.goto("/login");
  await button(page, "Use a passkey").click();
  await expect(told(page, /cancelled, or your browser found no key/)).toBeVisible();
  expect(await countRows(sql, "Session", person.email)).toBe(0);
});

test("WA-13 a browser that suggests passkeys in the address field lets its person in with one", async ({
  page,
  portal: { sql },
}) => {
  const person = somebodyNew();
  await VirtualKey.device(page);
  await signUp(page, person);
  await addKey(page, "Laptop");
  await button(page, "Log out").click();
  // The login page has the browser suggest the passkey, and its person takes it.
  await expect(heading(page, "Account Settings")).toBeVisible();
  expect(await amrOf(sql, person)).toEqual([["hwk", "mfa"]]);
});

test("WA-12 nothing on the login page, and no question for a passkey, depends on who is asked about", async ({
  page,
  portal: { baseURL },
}) => {
  await page.goto("/login");
  await expect(field(page, "Email")).toHaveAttribute("autocomplete", "username webauthn");
  const questions = [];
  for (const body of ["", JSON.stringify({ email: "ada@example.test" }), "email=nobody@x.test"]) {
    const response = await page.request.post("/login/passkey", {
      headers: { origin: baseURL },
      data: body,
    });
    expect(response.status()).toBe(200);
    expect(response.headers()["cache-control"]).toBe("no-store");
    const { challenge, ...options } = await response.json();
    expect(Buffer.from(challenge, "base64url")).toHaveLength(32);
    questions.push(options);
  }
  for (const options of questions)
    expect(options).toEqual({
      rpId: "localhost",
      allowCredentials: [],
      timeout: 300_000,
      userVerification: "required",
    });
  const foreign = await page.request.post("/login/passkey", {
    headers: { origin: "https://evil.example" },
  });
  expect(foreign.status()).toBe(403);
  expect((await page.request.get("/login/passkey")).status()).toBe(405);
});

test("SE-07 SE-08 a step-up asks for the key, and the name that was typed is still there after it", async ({
  page,
  portal: { sql },
}) => {
  const person = somebodyNew();
  await VirtualKey.securityKey(page);
  await signUp(page, person);
  await addKey(page, "Blue key");
  await page.goto("/account/mfa/security-key");
  await field(page, "Name").fill("Second key");
  await makeOld(sql, person);
  await button(page, ADD).click();
  await expect(heading(page, "Use your security key or passkey")).toBeVisible();
  await expect(told(page, /verify once more that it’s you/)).toBeVisible();
  await button(page, USE).click();
  await expect(heading(page, "Add a security key or passkey")).toBeVisible();
  await expect(field(page, "Name")).toHaveValue("Second key");
  expect(await amrOf(sql, person)).toEqual([["pwd", "hwk", "mfa"]]);
});

test("WA-11 a device that has a key for the account is told apart, and so is a dialog that was left", async ({
  page,
}) => {
  const person = somebodyNew();
  const device = await VirtualKey.device(page);
  await signUp(page, person);
  await addKey(page, "Laptop");
  await page.goto("/account/mfa/security-key");
  await button(page, ADD).click();
  await expect(told(page, /This device has a key for your account already/)).toBeVisible();
  await device.unplug();
  await page.goto("/account/mfa/security-key");
  await field(page, "Name").fill("x".repeat(41));
  await button(page, ADD).click();
  await expect(field(page, "Name")).toHaveAccessibleDescription(/at most 40 characters/);
  await expect(field(page, "Name")).toHaveValue("x".repeat(41));
});

test("WA-03 WA-08 an answer made for another site, or changed on its way, is refused by the real action", async ({
  page,
  portal: { baseURL, sql },
}) => {
  const person = somebodyNew();
  await suggestNothing(page);
  await VirtualKey.device(page);
  await signUp(page, person);
  await addKey(page, "Laptop");
  await logOut(page);
  for (const origin of ["https://evil.example", baseURL.replace("localhost", "127.0.0.1")]) {
    await page.goto("/login");
    await enterPassword(page, person);
    await expect(button(page, USE)).toBeVisible();
    await changeAnswers(page, { origin });
    await button(page, USE).click();
    await expect(told(page, /That answer wasn’t right/)).toBeVisible();
    await page.unrouteAll();
    await page.goto("/login");
    await changeAnswers(page, { origin });
    await button(page, "Use a passkey").click();
    await expect(told(page, /That passkey is not accepted here/)).toBeVisible();
    await page.unrouteAll();
  }
  expect(await countRows(sql, "Session", person.email)).toBe(0);
  // Under the machine's address, no page of the portal is shown at all.
  await page.goto(`${baseURL.replace("localhost", "127.0.0.1")}/login`);
  expect(page.url()).toBe(`${baseURL}/login`);
});

test("WA-09 a copy of a key is refused, and its person told by mail", async ({ page, portal }) => {
  const { sql } = portal;
  const person = somebodyNew();
  const key = await VirtualKey.securityKey(page);
  await signUp(page, person);
  await verifyAddressOf(person, portal);
  await addKey(page, "Blue key");
  const [copied] = await key.credentials();
  await logOut(page);
  await enterPassword(page, person);
  await button(page, USE).click();
  await expect(heading(page, "Account Settings")).toBeVisible();
  await logOut(page);
  if (!copied) throw new Error("The key holds nothing.");
  await key.hold({ ...copied, signCount: 0 });
  await enterPassword(page, person);
  await button(page, USE).click();
  await expect(told(page, /a copy of it exists/)).toBeVisible();
  expect(await countRows(sql, "Session", person.email)).toBe(0);
  const [event] = await sql(
    `SELECT "methodName" FROM "AuditEvent" WHERE "type" = 'security_key_copied'
     AND "userId" = (SELECT "id" FROM "User" WHERE "email" = $1)`,
    [person.email],
  );
  expect(event).toEqual({ methodName: "Blue key" });
  const mail = await findMail(portal, person.email, /security key may have been copied/);
  expect(mail.text).toContain("Blue key");
});

test("WA-15 WA-16 a key that was removed is refused, and its browser is told to forget it", async ({
  page,
  portal,
}) => {
  const person = somebodyNew();
  const device = await VirtualKey.device(page);
  await signUp(page, person);
  await addKey(page, "Laptop");
  const [held] = await device.credentials();
  const laptop = toBase64url(held?.credentialId);
  await storeKey(portal, person, "Blue key");
  await suggestNothing(page);
  await noteSignals(page);
  await page.goto("/account/mfa");
  const accepted = { rpId: "localhost", allAcceptedCredentialIds: [laptop, expect.any(String)] };
  await expect.poll(() => readSignals(page)).toEqual([expect.objectContaining(accepted)]);
  await link(page, "Remove Laptop").click();
  await button(page, "Remove security key").click();
  await expect(told(page, /That security key is removed/)).toBeVisible();
  const signals = async () => JSON.stringify((await readSignals(page)).at(-1));
  await expect.poll(signals).toContain("allAcceptedCredentialIds");
  await expect.poll(signals).not.toContain(laptop);
  expect((await readSignals(page)).at(-1)).toMatchObject({
    allAcceptedCredentialIds: [expect.any(String)],
  });
  await logOut(page);
  await button(page, "Use a passkey").click();
  await expect(told(page, /That passkey is not accepted here/)).toBeVisible();
  await expect
    .poll(() => readSignals(page))
    .toMatchObject([{ rpId: "localhost", credentialId: laptop }]);
});

test("AX-10 AX-07 adding a key and logging in with it work by keyboard alone, and say what they wait for", async ({
  page,
}) => {
  const person = somebodyNew();
  const key = await VirtualKey.securityKey(page);
  await signUp(page, person);
  await page.goto("/account/mfa/security-key");
  await field(page, "Name").focus();
  await page.keyboard.type("Blue key");
  await page.keyboard.press("Enter");
  await expect(told(page, /security key or passkey is added/)).toBeVisible();
  await logOut(page);
  await key.beTouched(false);
  await enterPassword(page, person);
  await expect(button(page, USE)).toBeVisible();
  await tabTo(page, USE);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("status").filter({ hasText: "Waiting for your key" })).toBeVisible();
  await key.beTouched(true);
  await button(page, USE).click();
  await expect(heading(page, "Account Settings")).toBeVisible();
});

test("AX-05 AX-06 AX-08 every screen of security keys passes axe in light and dark, and fits 320 pixels", async ({
  page,
  portal: { sql },
}) => {
  const person = somebodyNew();
  await VirtualKey.securityKey(page);
  await signUp(page, person);
  await addKey(page, "A name as long as a name of a key can be");
  await examine(page);
  await page.goto("/account/mfa/security-key");
  await field(page, "Name").fill("x".repeat(41));
  await button(page, ADD).click();
  await expect(told(page, /at most 40 characters/)).toBeVisible();
  await examine(page);
  await makeOld(sql, person);
  await page.goto("/account/verify?return=%2Faccount");
  await expect(button(page, USE)).toBeVisible();
  await examine(page);
  await page.goto("/account");
  await logOut(page);
  await expect(button(page, "Use a passkey")).toBeVisible();
  await examine(page);
  await enterPassword(page, person);
  await expect(button(page, USE)).toBeVisible();
  await examine(page);
});

test("WA-12 without scripts, the screens say that a key needs them and offer the other methods", async ({
  page,
  context,
  prepare,
  browser,
  portal: { baseURL },
}) => {
  const member = await prepare.member();
  await lendCookies(member.browser, context);
  await VirtualKey.securityKey(page);
  await addKey(page, "Blue key");
  const state = await context.storageState();
  const plain = await browser.newContext({
    javaScriptEnabled: false,
    storageState: state,
    baseURL,
  });
  const bare = await plain.newPage();
  await bare.goto("/account/mfa");
  await button(bare, ADD).click();
  await expect(told(bare, /Adding a key works only where scripts are allowed/)).toBeVisible();
  await button(bare, "Log out").click();
  await expect(button(bare, "Use a passkey")).toHaveCount(0);
  await enterPassword(bare, member);
  await expect(told(bare, /works only where scripts are allowed/)).toBeVisible();
  await expect(link(bare, "Choose Another Verification Method")).toBeVisible();
  await plain.close();
});

test("WA-03 under a bare address keys are not offered, and the card says why", async ({
  launch,
  freshEnvironment,
  page,
}) => {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const { setupToken = "" } = await launch({
    environment: { ...freshEnvironment, APP_URL: origin },
    port,
  });
  const person = somebodyNew();
  await page.goto(`${origin}/setup`);
  await field(page, "Setup token").fill(setupToken);
  await field(page, "Name").fill(person.name);
  await field(page, "Email").fill(person.email);
  await passwordField(page).fill(person.password);
  await button(page, "Create administrator").click();
  await expect(heading(page, "Account Settings")).toBeVisible();
  for (const path of ["/account/mfa", "/account/mfa/security-key"]) {
    await page.goto(origin + path);
    await expect(told(page, /only over https, or on the computer itself/)).toBeVisible();
    await expect(button(page, ADD)).toHaveCount(0);
  }
  await logOut(page);
  await expect(field(page, "Email")).toBeVisible();
  await expect(button(page, "Use a passkey")).toHaveCount(0);
  const refused = await page.request.post(`${origin}/login/passkey`, { headers: { origin } });
  expect(refused.status()).toBe(404);
});

test("AM-02 password managers learn where passkeys are added and managed", async ({
  page,
  portal: { baseURL },
}) => {
  const response = await page.request.get("/.well-known/passkey-endpoints", { maxRedirects: 0 });
  expect(response.status()).toBe(200);
  expect(response.headers()["content-type"]).toMatch(/^application\/json/);
  expect(await response.json()).toEqual({
    enroll: `${baseURL}/account/mfa/security-key`,
    manage: `${baseURL}/account/mfa`,
  });
});

/** Adds a key of a logged-in person, whose virtual key is plugged in. */
async function addKey(page: Page, name: string): Promise<void> {
  await page.goto("/account/mfa/security-key");
  await field(page, "Name").fill(name);
  await button(page, ADD).click();
  await expect(told(page, /security key or passkey is added/)).toBeVisible();
}

/** Has the browser suggest no passkeys by itself, as some don't: what is left is the button. */
async function suggestNothing(page: Page): Promise<void> {
  await page.addInitScript(() =>
    Object.assign(PublicKeyCredential, { isConditionalMediationAvailable: async () => false }),
  );
}

async function makeOld(sql: Sql, { email }: Person): Promise<void> {
  await age(sql, { table: "Session", columns: ["authTime"], email, minutes: 11 });
}

/** The methods of each session of a person. */
async function amrOf(sql: Sql, { email }: Person): Promise<unknown[]> {
  const rows = await sql(
    `SELECT "amr" FROM "Session" WHERE "userId" = (SELECT "id" FROM "User" WHERE "email" = $1)`,
    [email],
  );
  return rows.map(({ amr }) => amr);
}

/** Changes what the browser says a key signed, on its way to the server. */
async function changeAnswers(page: Page, lie: { origin: string }): Promise<void> {
  await page.route("**/login**", async (route) => {
    const body = route.request().postData();
    if (!body?.includes("clientDataJSON")) return route.continue();
    const changed = body.replace(/"clientDataJSON":"([\w-]+)"/, (_, said: string) => {
      const data = { ...JSON.parse(Buffer.from(said, "base64url").toString()), ...lie };
      const text = Buffer.from(JSON.stringify(data)).toString("base64url");
      return `"clientDataJSON":"${text}"`;
    });
    expect(changed).not.toBe(body);
    await route.continue({ postData: changed });
  });
}

/** Has the page note what it tells the browser about its keys, whatever the browser makes of it. */
async function noteSignals(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const said: unknown[] = [];
    Object.assign(window, { said });
    const note = async (what: unknown) => void said.push(what);
    Object.assign(PublicKeyCredential, {
      signalAllAcceptedCredentials: note,
      signalUnknownCredential: note,
    });
  });
}

const readSignals = (page: Page) =>
  page.evaluate(() => (window as unknown as { said: unknown[] }).said);

const toBase64url = (base64 = "") => Buffer.from(base64, "base64").toString("base64url");

async function tabTo(page: Page, name: string): Promise<void> {
  const target = button(page, name);
  for (let presses = 0; presses < 20; presses += 1) {
    await page.keyboard.press("Tab");
    if (await target.evaluate((element) => element === document.activeElement)) return;
  }
  throw new Error(`"${name}" is not reached by the keyboard.`);
}

import { findChanges, takeSnapshot } from "./database";
import type { Portal } from "./fixtures";
import { textOf } from "./html";
import { expect, test } from "./journeys";
import { findMail, findMailLink, readMailbox } from "./mailbox";
import {
  button,
  enterPassword,
  field,
  heading,
  link,
  type Person,
  passwordField,
  somebodyNew,
  told,
} from "./people";
import { composeSubmission, PlainBrowser, parseSetCookie } from "./plain-browser";
import { givePassword, prepareMember, prepareWithApp, verifyAddressOf } from "./prepared-people";
import { noteSecret } from "./secrets-of-the-run";
import type { Sql } from "./servers";

const RESET = /^Reset your password$/;

test("PW-11 a forgotten password is set anew through a mailed link; the next login still asks for the app, and the link is used", async ({
  page,
  prepare,
  portal,
}) => {
  const person = await prepare.withApp();
  await verifyAddressOf(person, portal);
  await page.goto("/login");
  await link(page, "Forgot your password?").click();
  await expect(heading(page, "Reset your password")).toBeVisible();
  await expect(field(page, "Email")).toHaveValue("");
  await field(page, "Email").fill(person.email);
  await button(page, "Send link").click();
  await expect(
    page.getByRole("status").getByText(`If ${person.email} belongs to an account`),
  ).toBeVisible();

  const mailed = await findMailLink(portal, person.email, RESET);
  await page.goto(mailed);
  await expect(heading(page, "Choose a new password")).toBeVisible();
  expect(page.url()).toBe(`${portal.baseURL}/reset`);
  expect(await page.content()).not.toContain(tokenOf(mailed));
  expect(
    await page.evaluate(() => JSON.stringify([document.referrer, history.state])),
  ).not.toContain(tokenOf(mailed));
  await expect(passwordField(page, "New password")).toHaveAttribute("autocomplete", "new-password");
  await passwordField(page, "New password").fill("fourteen-chars");
  await button(page, "Set new password").click();
  await expect(told(page, /has 14 characters\. Use at least 15/)).toBeVisible();
  const renewed = another(person);
  await passwordField(page, "New password").fill(renewed.password);
  await button(page, "Set new password").click();
  await expect(heading(page, "Log in")).toBeVisible();
  await expect(told(page, /Your new password is set/)).toBeVisible();

  expect((await person.browser.open("/account")).path).toMatch(/^\/login/);
  await enterPassword(page, renewed);
  await expect(field(page, "Verification code")).toBeVisible();
  expect((await givePassword(person, portal.baseURL)).page.path).toBe("/login");
  await findMail(portal, person.email, /Your password was reset/);
  await page.goto(mailed);
  await expect(heading(page, "This link was used or is over")).toBeVisible();
  await link(page, "Send a new link").click();
  await expect(heading(page, "Reset your password")).toBeVisible();
});

test("PW-11 the same without scripts, where a redirect moves the token from the address into a cookie, and a look changes nothing", async ({
  portal,
}) => {
  const person = await prepareMember(portal.baseURL);
  await verifyAddressOf(person, portal);
  const mailed = await askForLink(person, portal);
  await expectMailsSent(portal.sql);
  const before = await takeSnapshot(portal.sql);
  const browser = new PlainBrowser(portal.baseURL);
  for (const method of ["HEAD", "GET", "GET"]) {
    const answer = await browser.send({ path: mailed, method });
    expect(answer.status).toBe(303);
    expect(answer.headers.location).toBe(`${portal.baseURL}/reset`);
    expect(answer.headers["cache-control"]).toBe("no-store");
    expect(answer.headers["referrer-policy"]).toBe("same-origin");
    const [cookie, ...others] = answer.setCookies.map(parseSetCookie);
    expect(others).toEqual([]);
    expect(cookie).toMatchObject({
      name: "sparekey-link",
      value: tokenOf(mailed),
      attributes: { path: "/", samesite: "lax", "max-age": "3600" },
    });
    expect(cookie?.attributes).toHaveProperty("httponly");
  }
  const page = await browser.open("/reset");
  await browser.open("/reset", { RSC: "1" });
  expect(page.body).not.toContain(tokenOf(mailed));
  expect(page.headers["cache-control"]).toMatch(/no-store/);
  expect(await findChanges(portal.sql, before)).toEqual({});

  const renewed = another(person);
  const refused = await browser.press(page, "Set new password", { next: person.email });
  expect(textOf(refused.body)).toMatch(/easy to guess/);
  const posts = [0, 1].map(() =>
    browser.copy().press(page, "Set new password", { next: renewed.password }),
  );
  const paths = (await Promise.all(posts)).map(({ path }) => path);
  expect(paths.toSorted()).toEqual(["/login?why=reset", "/reset"]);
  expect((await givePassword(renewed, portal.baseURL)).page.path).toBe("/account");
  const again = await browser.open(mailed);
  expect(textOf(again.body)).toContain("This link was used or is over");
});

test("PW-11 the link leads to APP_URL, whatever host the request for it names", async ({
  portal,
}) => {
  const person = await prepareMember(portal.baseURL);
  await verifyAddressOf(person, portal);
  const forged = {
    host: "evil.example",
    "x-forwarded-host": "evil.example",
    forwarded: "host=evil.example",
  };
  const browser = new PlainBrowser(portal.baseURL);
  const post = composeSubmission(await browser.open("/forgot"), "Send link", {
    email: person.email,
  });
  const { status } = await browser.send({ ...post, headers: forged });
  expect(status).toBe(200);
  const mail = await findMail(portal, person.email, RESET);
  expect(mail.links.length).toBeGreaterThan(0);
  for (const address of mail.links) expect(new URL(address).origin).toBe(portal.baseURL);
  expect(mail.text + mail.html).not.toContain("evil.example");
  const mailed = await findMailLink(portal, person.email, RESET);
  for (const headers of [forged, { "x-forwarded-host": "evil.example" }]) {
    const answer = await browser.send({ path: mailed, headers });
    expect(answer.headers.location).toMatch(`${portal.baseURL}/reset`);
  }
});

test("PW-11 a link is over after an hour", async ({ portal }) => {
  const person = await prepareMember(portal.baseURL);
  await verifyAddressOf(person, portal);
  const mailed = await askForLink(person, portal);
  const browser = new PlainBrowser(portal.baseURL);
  const page = await browser.open(mailed);
  await portal.sql(
    `UPDATE "MailLink" SET "expiresAt" = "expiresAt" - interval '60 minutes'
     WHERE "userId" = (SELECT "id" FROM "User" WHERE "email" = $1)`,
    [person.email],
  );
  const late = await browser.press(page, "Set new password", { next: another(person).password });
  expect(textOf(late.body)).toContain("This link was used or is over");
  expect((await givePassword(person, portal.baseURL)).page.path).toBe("/account");
});

test("TH-10 asking for a link answers alike for a known, an unverified and an unknown address", async ({
  portal,
}) => {
  const owner = await prepareMember(portal.baseURL);
  await verifyAddressOf(owner, portal);
  const unverified = await prepareMember(portal.baseURL);
  const answers = [];
  for (const { email } of [owner, unverified, somebodyNew()]) {
    const browser = new PlainBrowser(portal.baseURL);
    const post = composeSubmission(await browser.open("/forgot"), "Send link", { email });
    const { status, headers, setCookies, body } = await browser.send(post);
    const names = Object.keys(headers).toSorted();
    answers.push({ status, names, setCookies, text: textOf(body).replaceAll(email, "…") });
  }
  const [first] = answers;
  expect(first?.text).toContain("If … belongs to an account, a link is on its way.");
  for (const answer of answers) expect(answer).toEqual(first);
  const subjects = (await readMailbox(portal, unverified.email)).map(({ subject }) => subject);
  expect(new Set(subjects)).toEqual(new Set(["Verify your address"]));
});

test("RC-12 no recovery code sets a password, nor opens the page that does", async ({
  prepare,
  portal,
}) => {
  const person = await prepare.withCodes();
  await verifyAddressOf(person, portal);
  const [first = "", second = ""] = person.codes;
  const browser = new PlainBrowser(portal.baseURL);
  for (const token of [first, second, `${first}${second}`]) {
    const page = await browser.open(`/reset/link?token=${token}`);
    expect(textOf(page.body)).toContain("This link was used or is over");
  }
  for (const password of [first, second, `${first} ${second}`]) {
    const { page } = await givePassword({ ...person, password }, portal.baseURL);
    expect(page.path).toBe("/login");
  }
  const mailed = await askForLink(person, portal);
  const renewed = another(person);
  await browser.press(await browser.open(mailed), "Set new password", { next: renewed.password });
  const login = await givePassword(renewed, portal.baseURL);
  const codes = await login.browser.open("/login/verify/recovery-codes");
  const done = await login.browser.press(codes, "Verify", { code: first });
  expect(done.path).toMatch(/^\/account/);
});

test("PW-11 TH-02 a reset ends logins that were half done", async ({ portal }) => {
  const person = await prepareWithApp(portal.baseURL);
  await verifyAddressOf(person, portal);
  const { browser } = await givePassword(person, portal.baseURL);
  const fresh = new PlainBrowser(portal.baseURL);
  const page = await fresh.open(await askForLink(person, portal));
  await fresh.press(page, "Set new password", { next: another(person).password });
  expect((await browser.open("/login/verify/authenticator-app")).path).toBe("/login?why=expired");
});

test("AM-03 AM-04 password managers find the page that changes a password, and nothing where nothing is", async ({
  prepare,
  portal,
}) => {
  const browser = new PlainBrowser(portal.baseURL);
  const answer = await browser.send({ path: "/.well-known/change-password" });
  expect(answer.status).toBe(303);
  expect(answer.headers.location).toBe("/account/password");
  const { status } = await browser.send({
    path: "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200",
  });
  expect(status).toBe(404);
  const member = await prepare.member();
  const found = await member.browser.open("/.well-known/change-password");
  expect(found.path).toBe("/account/password");
});

/** The same person with a new password. */
function another(person: Person): Person {
  const { password } = somebodyNew();
  return { ...person, password };
}

async function askForLink({ email }: Person, portal: Portal) {
  const browser = new PlainBrowser(portal.baseURL);
  await browser.press(await browser.open("/forgot"), "Send link", { email });
  return findMailLink(portal, email, RESET);
}

function tokenOf(mailed: string): string {
  const token = new URLSearchParams(mailed.split("?")[1]).get("token") ?? "";
  expect(token).toMatch(/^[\w-]{43}$/);
  noteSecret(token);
  return token;
}

/** A mail's row is written once more when it has left. */
async function expectMailsSent(sql: Sql): Promise<void> {
  const unsent = async () =>
    (await sql(`SELECT count(*)::int AS "n" FROM "Mail" WHERE "sentAt" IS NULL`))[0]?.n;
  await expect.poll(unsent).toBe(0);
}

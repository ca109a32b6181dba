import type { Page } from "@playwright/test";
import { age, findChanges, takeSnapshot } from "./database";
import type { Portal } from "./fixtures";
import { textOf } from "./html";
import { expect, lendCookies, test } from "./journeys";
import { findMail, findMailLink, readMailbox } from "./mailbox";
import { button, field, heading, link, told } from "./people";
import { PlainBrowser } from "./plain-browser";
import { givePassword, logInWithCodePlainly, type Prepared } from "./prepared-people";

const PATH = "/account/addresses";
const VERIFY_NEW = /Verify this address/;
const CONFIRM = /Confirm the change of your addresses/;

test("LC-03 AX-11 an address is added, verified by its link, told like the first, and removed by its own word", async ({
  page,
  context,
  prepare,
  portal,
}) => {
  const person = await prepareVerified(prepare, portal);
  const other = `other.${person.email}`;
  await lendCookies(person.browser, context);
  await page.goto("/account");
  await link(page, "Addresses").click();
  await expect(heading(page, "Addresses")).toBeVisible();
  await field(page, "Email").fill("nobody");
  await button(page, "Add address").click();
  await expect(field(page, "Email")).toHaveAccessibleDescription(/e-mail address like/);
  await field(page, "Email").fill(person.email.toUpperCase());
  await button(page, "Add address").click();
  await expect(told(page, /one of your addresses already/)).toBeVisible();
  await field(page, "Email").fill(other);
  await button(page, "Add address").click();
  await expect(told(page, /The address is added/)).toBeVisible();
  await expect(field(page, "Email")).toHaveValue("");
  await expect(told(page, /Not verified yet, link sent/)).toBeVisible();
  await findMail(portal, person.email, /An address was added/);

  await followInPage(page, portal, { to: other, subject: VERIFY_NEW });
  await button(page, "Verify address").click();
  await expect(heading(page, "Your address is verified")).toBeVisible();
  await page.goto(PATH);
  await expect(told(page, /Verified since/)).toHaveCount(2);

  await told(page, new RegExp(`^Remove ${other}$`)).click();
  await expect(told(page, /gets no more notices. We mail it a link/)).toBeVisible();
  await button(page, `Remove address ${other}`).click();
  await expect(told(page, /This address is about to be removed/)).toBeVisible();
  for (const to of [person.email, other]) {
    await findMail(portal, to, /A change of your addresses was requested/);
  }
  await followInPage(page, portal, { to: other, subject: CONFIRM });
  await expect(heading(page, "Removal of this address")).toBeVisible();
  await button(page, "Confirm the change").click();
  await expect(heading(page, "The address is removed")).toBeVisible();
  for (const to of [person.email, other]) {
    await findMail(portal, to, /An address was removed/);
  }
  await link(page, "Go to your addresses").click();
  await expect(told(page, /Verified since/)).toHaveCount(1);
});

test("the login address changes when both links were followed: the new one logs in, the old one does not", async ({
  page,
  context,
  prepare,
  portal,
}) => {
  const person = await prepareVerified(prepare, portal);
  const elsewhere = await givePassword(person, person.browser.origin);
  const next = `new.${person.email}`;
  await lendCookies(person.browser, context);
  await page.goto(PATH);
  await field(page, "New email").fill(next);
  await button(page, "Change address").click();
  await expect(told(page, /is about to become/)).toContainText(next);

  await followInPage(page, portal, { to: person.email, subject: CONFIRM });
  await expect(heading(page, "Change of the login address")).toBeVisible();
  for (const fact of [person.email, next, person.name, /Chrome on Linux/]) {
    await expect(page.getByRole("main")).toContainText(fact);
  }
  await button(page, "Confirm the change").click();
  await expect(heading(page, "Thank you: one more link")).toBeVisible();
  expect((await elsewhere.browser.open("/account")).path).toBe("/account");

  await followInPage(page, portal, { to: next, subject: VERIFY_NEW });
  await button(page, "Verify address").click();
  for (const to of [person.email, next]) {
    await findMail(portal, to, /Your login address was changed/);
  }
  await page.goto("/account");
  await expect(told(page, new RegExp(`^${next}$`))).toBeVisible();
  expect((await elsewhere.browser.open("/account")).path).toMatch(/^\/login/);
  expect((await givePassword(person, person.browser.origin)).page.path).toBe("/login");
  const renamed = { ...person, email: next };
  expect((await givePassword(renamed, person.browser.origin)).page.path).toBe("/account");
});

test("AX-13 without scripts: a change is asked for, seen at the old address, and cancelled there, once", async ({
  prepare,
  portal,
}) => {
  const person = await prepareVerified(prepare, portal);
  const next = `new.${person.email}`;
  const asked = await person.browser.press(await person.browser.open(PATH), "Change address", {
    email: next,
  });
  expect(textOf(asked.body)).toContain(`is about to become ${next}`);
  const stranger = new PlainBrowser(portal.baseURL);
  const address = await findMailLink(portal, person.email, CONFIRM);

  const before = await takeSnapshot(portal.sql);
  const shown = await stranger.open(address);
  expect(shown.path).toBe("/address/change");
  for (const fact of [person.email, next, person.name]) expect(textOf(shown.body)).toContain(fact);
  await stranger.send({ path: address, method: "HEAD" });
  await stranger.open("/address/change");
  expect(await findChanges(portal.sql, before)).toEqual({});

  const second = stranger.copy();
  const cancelled = await stranger.press(shown, "Cancel the change");
  expect(textOf(cancelled.body)).toContain("The change is cancelled");
  const late = await second.press(shown, "Confirm the change");
  expect(textOf(late.body)).toContain("This link no longer works");
  expect(textOf((await second.open(address)).body)).toContain("This link no longer works");
  await findMail(portal, person.email, /A change of your addresses was cancelled/);
  const verification = await stranger.open(await findMailLink(portal, next, VERIFY_NEW));
  expect(textOf(verification.body)).not.toContain(person.name);
});

test("a change is cancelled in the account, also by a session that may not ask for one", async ({
  prepare,
  portal,
}) => {
  const person = await prepare.withCodes();
  await verifyLogin(person, portal);
  const next = `new.${person.email}`;
  await person.browser.press(await person.browser.open(PATH), "Change address", { email: next });
  const browser = await logInWithCodePlainly(person, person.codes[0] ?? "", portal.baseURL);
  const cancelled = await browser.press(await browser.open(PATH), "Cancel the change");
  expect(textOf(cancelled.body)).toContain("The change is cancelled");
});

test("SE-07 a stale or restricted session changes no address, whatever its page still shows", async ({
  prepare,
  portal,
}) => {
  const person = await prepare.withCodes();
  await verifyLogin(person, portal);
  const restricted = await logInWithCodePlainly(person, person.codes[0] ?? "", portal.baseURL);
  const pages = [
    [person.browser, await person.browser.open(PATH)],
    [restricted, await restricted.open(PATH)],
  ] as const;
  await portal.sql(
    `UPDATE "Session" SET "authTime" = now() - interval '11 minutes'
     WHERE "userId" = (SELECT "id" FROM "User" WHERE "email" = $1) AND NOT ('recovery' = ANY("amr"))`,
    [person.email],
  );
  const rows = () => portal.sql(`SELECT "id" FROM "Address" ORDER BY "id"`);
  const before = await rows();
  for (const [browser, form] of pages) {
    const address = `x.${person.email}`;
    for (const [name, fields] of [
      ["Add address", { address }],
      ["Change address", { email: address }],
    ] as const) {
      const { path } = await browser.press(form, name, fields);
      expect(path, name).toMatch(/^\/account\/verify/);
    }
  }
  expect(await rows()).toEqual(before);
});

test("72 hours after it was asked for, a verified change needs no answer from the old address", async ({
  prepare,
  portal,
}) => {
  const person = await prepareVerified(prepare, portal);
  const { browser } = person;
  const next = `new.${person.email}`;
  await browser.press(await browser.open(PATH), "Change address", { email: next });
  await age(portal.sql, {
    table: "AddressChange",
    columns: ["requestedAt", "dueAt"],
    email: person.email,
    minutes: 72 * 60,
  });
  await verifyByLink(portal, { to: next, subject: VERIFY_NEW });
  await findMail(portal, next, /Your login address was changed/);
  expect(textOf((await browser.open("/account")).body)).toContain(next);
});

test("TH-10 asking for somebody else's address shows nothing of it, and tells its owner alone", async ({
  prepare,
  portal,
}) => {
  const owner = await prepareVerified(prepare, portal);
  const person = await prepareVerified(prepare, portal);
  const words = async (email: string) => {
    const asked = await person.browser.press(await person.browser.open(PATH), "Change address", {
      email,
    });
    return textOf(asked.body).replaceAll(email, "…");
  };
  const ofNobody = await words(`nobody.${person.email}`);
  expect(await words(owner.email)).toBe(ofNobody);
  await findMail(portal, owner.email, /You already have an account/);
  const subjects = (await readMailbox(portal, owner.email)).map(({ subject }) => subject);
  expect(subjects.filter((subject) => VERIFY_NEW.test(subject))).toEqual([]);
});

test("AX-10 an address is added and taken back by keyboard alone", async ({
  page,
  context,
  prepare,
  portal,
}) => {
  const person = await prepareVerified(prepare, portal);
  const other = `other.${person.email}`;
  await lendCookies(person.browser, context);
  await page.goto(PATH);
  await tabTo(page, "Email");
  await page.keyboard.type(other);
  await page.keyboard.press("Enter");
  await expect(told(page, /The address is added/)).toBeVisible();
  await tabTo(page, `Remove ${other}`);
  await page.keyboard.press("Enter");
  await tabTo(page, `Remove address ${other}`);
  await page.keyboard.press("Enter");
  await expect(told(page, /The address is removed/)).toBeVisible();
});

type Prepare = { member: () => Promise<Prepared> };

/** A person whose login address is verified by the link of the sign-up. */
async function prepareVerified(prepare: Prepare, portal: Portal): Promise<Prepared> {
  const person = await prepare.member();
  await verifyLogin(person, portal);
  return person;
}

const verifyLogin = ({ email }: Prepared, portal: Portal) =>
  verifyByLink(portal, { to: email, subject: /Verify your address/ });

/** Follows the link of a mail in a browser that nobody is logged in to. */
async function verifyByLink(
  portal: Portal,
  { to, subject }: { to: string; subject: RegExp },
): Promise<void> {
  const browser = new PlainBrowser(portal.baseURL);
  const question = await browser.open(await findMailLink(portal, to, subject));
  const answer = await browser.press(question, "Verify address");
  expect(answer.path).toBe("/address/verify?done=verified");
}

async function followInPage(
  page: Page,
  portal: Portal,
  { to, subject }: { to: string; subject: RegExp },
): Promise<void> {
  await page.goto(await findMailLink(portal, to, subject));
  expect(page.url()).not.toContain("token");
}

/** Presses Tab until the control of this name has the focus. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 40; presses += 1) {
    await page.keyboard.press("Tab");
    const isThere = await page.evaluate((wanted) => {
      const element = document.activeElement;
      const labels = element instanceof HTMLInputElement ? [...(element.labels ?? [])] : [];
      return [element?.textContent, ...labels.map((label) => label.textContent)].includes(wanted);
    }, name);
    if (isThere) return;
  }
  throw new Error(`"${name}" is not reached by the keyboard.`);
}

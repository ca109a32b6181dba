import { textOf } from "./html";
import { expect, test } from "./journeys";
import { findMail, findMailLink, readMailbox } from "./mailbox";
import {
  button,
  enterPassword,
  heading,
  link,
  logOut,
  type Person,
  signUp,
  somebodyNew,
  told,
} from "./people";
import { composeSubmission, PlainBrowser } from "./plain-browser";
import { prepareMember, verifyAddressOf } from "./prepared-people";
import { noteSecret } from "./secrets-of-the-run";

const VERIFY = /^Verify your address/;

test("PW-11 a new account asks to verify its address, sends the link again three times an hour at most, and is verified by the newest", async ({
  page,
  portal,
}) => {
  const person = somebodyNew();
  await signUp(page, person);
  await expect(told(page, new RegExp(`We sent a link to ${person.email}`))).toBeVisible();
  await expect(told(page, /released after 7 days, on \d+ \w+ \d{4}/)).toBeVisible();
  const first = await findMailLink(portal, person.email, VERIFY);
  await button(page, "Send again").click();
  await expect(page.getByRole("status").getByText(/new link is on its way/)).toBeVisible();
  await button(page, "Send again").click();
  await expect.poll(async () => (await readMailbox(portal, person.email)).length).toBe(3);
  await button(page, "Send again").click();
  await expect(page.getByRole("alert").getByText(/at most 3 of these mails an hour/)).toBeVisible();
  expect(await readMailbox(portal, person.email)).toHaveLength(3);

  await page.goto(first);
  await expect(heading(page, "This link was used or is over")).toBeVisible();
  const newest = await findMailLink(portal, person.email, VERIFY);
  await page.goto(newest);
  await expect(heading(page, "Verify your address")).toBeVisible();
  expect(page.url()).toBe(`${portal.baseURL}/address/verify`);
  const token = new URLSearchParams(newest.split("?")[1]).get("token") ?? "";
  noteSecret(token);
  expect(await page.content()).not.toContain(token);
  await expect(page.getByRole("definition").first()).toHaveText(person.name);
  await expect(told(page, /^Chrom\w+ on \w+$/)).toBeVisible();
  await button(page, "Verify address").click();
  await expect(heading(page, "Your address is verified")).toBeVisible();
  await link(page, "Go to your account").click();
  await expect(heading(page, "Account Settings")).toBeVisible();
  await expect(told(page, /We sent a link/)).toHaveCount(0);
});

test("PW-11 the link works without scripts in a browser that is not logged in, once", async ({
  portal,
}) => {
  const person = await prepareMember(portal.baseURL);
  const mailed = await findMailLink(portal, person.email, VERIFY);
  const browser = new PlainBrowser(portal.baseURL);
  const page = await browser.open(mailed);
  expect(page.path).toBe("/address/verify");
  expect(textOf((await person.browser.open("/account")).body)).toContain("We sent a link");
  const done = await browser.press(page, "Verify address");
  expect(textOf(done.body)).toContain("Your address is verified");
  expect(done.body).toContain('href="/login"');
  expect(textOf((await person.browser.open("/account")).body)).not.toContain("We sent a link");
  expect(textOf((await browser.open(mailed)).body)).toContain("This link was used or is over");
  const resent = await person.browser.open("/account");
  expect(() => composeSubmission(resent, "Send again")).toThrow();
});

test("T29 whoever reads the mailbox deletes an account that a stranger made with the address", async ({
  page,
  portal,
}) => {
  const stranger = await prepareMember(portal.baseURL);
  await page.goto(await findMailLink(portal, stranger.email, VERIFY));
  await expect(told(page, new RegExp(stranger.name))).toBeVisible();
  await button(page, "I didn’t create this account").click();
  await expect(heading(page, "The account was deleted")).toBeVisible();
  expect((await stranger.browser.open("/account")).path).toMatch(/^\/login/);
  await page.goto("/login");
  await enterPassword(page, stranger);
  await expect(told(page, /don.t match an account/)).toBeVisible();
});

test("T29 a stranger who signed up first with the victim's address loses that account when the victim verifies", async ({
  page,
  portal,
}) => {
  const stranger = await prepareMember(portal.baseURL);
  const victim: Person = { ...somebodyNew(), email: stranger.email };
  await signUp(page, victim);
  await expect(told(page, new RegExp(victim.name))).toBeVisible();
  await expect.poll(async () => (await readMailbox(portal, victim.email)).length).toBe(2);
  await page.goto(await findMailLink(portal, victim.email, VERIFY));
  await expect(page.getByRole("definition").first()).toHaveText(victim.name);
  await button(page, "Verify address").click();
  await expect(heading(page, "Your address is verified")).toBeVisible();
  expect((await stranger.browser.open("/account")).path).toMatch(/^\/login/);
  await page.goto("/account");
  await logOut(page);
  await enterPassword(page, victim);
  await expect(heading(page, "Account Settings")).toBeVisible();
});

test("TH-10 signing up with somebody's address looks alike, tells the owner by mail, and never gets a link", async ({
  portal,
}) => {
  const owner = await prepareMember(portal.baseURL);
  await verifyAddressOf(owner, portal);
  const seen = [];
  for (const email of [owner.email, somebodyNew().email]) {
    const person = { ...somebodyNew(), email };
    const browser = new PlainBrowser(portal.baseURL);
    const post = composeSubmission(await browser.open("/signup"), "Create account", person);
    const { status, headers, setCookies } = await browser.send(post);
    const account = await browser.open("/account");
    const again = await browser.press(account, "Send again");
    const texts = [account, again].map(({ body }) =>
      textOf(body).replaceAll(email, "…").replaceAll(person.name, "…"),
    );
    const { location } = headers;
    seen.push({ status, location, cookies: setCookies.length, texts });
  }
  expect(seen[0]?.texts[0]).toContain("We sent a link to …");
  expect(seen[0]?.texts[1]).toContain("A new link is on its way to …");
  expect(seen[0]).toEqual(seen[1]);
  await findMail(portal, owner.email, /You already have an account/);
  const subjects = (await readMailbox(portal, owner.email)).map(({ subject }) => subject);
  expect(subjects.toSorted()).toEqual(["Verify your address", "You already have an account"]);
});

test("TH-09 after too many wrong links a right one waits, says so, and works when the wait is over", {
  tag: "@postgres",
}, async ({ prepare, launch, portal }) => {
  const person = await prepare.member();
  const mailed = await findMailLink(portal, person.email, VERIFY);
  const { baseURL } = await launch({
    environment: { ...portal.environment, FAILURES_PER_ADDRESS: "1" },
  });
  const browser = new PlainBrowser(baseURL);
  const page = await browser.open(mailed);
  const guesser = new PlainBrowser(baseURL, [["sparekey-link", "A".repeat(43)]]);
  await guesser.press(page, "Verify address");
  const waiting = await browser.press(page, "Verify address");
  expect(textOf(waiting.body)).toContain("Try again in ten minutes");
  expect(waiting.body).toContain('href="/address/verify"');
  const again = browser.copy(portal.baseURL); // a server with a higher limit
  const done = await again.press(await again.open("/address/verify"), "Verify address");
  expect(textOf(done.body)).toContain("Your address is verified");
  expect(textOf((await again.open("/address/change?done=later")).body)).toContain("It still works");
});

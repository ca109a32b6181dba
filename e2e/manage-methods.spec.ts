import { expect, lendCookies, test } from "./journeys";
import { button, field, heading, link, told } from "./people";
import { PlainBrowser } from "./plain-browser";
import { givePassword, logInWithCodePlainly } from "./prepared-people";
import { storeKey, storePhone } from "./stored-methods";

test("WA-15 AX-11 a security key is named and removed, by a page that says what goes on working", async ({
  page,
  context,
  prepare,
  portal,
}) => {
  const person = await prepare.withCodes();
  await storeKey(portal, person, "Blue key");
  await lendCookies(person.browser, context);
  await page.goto("/account/mfa");
  await link(page, "Rename Blue key").click();
  await field(page, "Name").fill("  ");
  await button(page, "Save name").click();
  await expect(field(page, "Name")).toHaveAccessibleDescription(/1 to 40 characters/);
  await field(page, "Name").fill("Green key");
  await button(page, "Save name").click();
  await expect(told(page, /The name is saved/)).toBeVisible();

  await link(page, "Remove Green key").click();
  await expect(heading(page, "Remove this security key")).toBeVisible();
  await expect(told(page, /Green key can’t verify a login any more/)).toBeVisible();
  await button(page, "Remove security key").click();
  await expect(told(page, /That security key is removed/)).toBeVisible();
  await expect(link(page, "Remove Green key")).toHaveCount(0);
});

test("a login begins with the method that the person chose, and the others stay one step away", async ({
  page,
  context,
  prepare,
  portal,
}) => {
  const person = await prepare.withCodes();
  await storePhone(portal, person, "My phone");
  await lendCookies(person.browser, context);
  await page.goto("/account/mfa");
  await page.getByRole("radio", { name: "Authenticator App" }).check();
  await button(page, "Save").click();
  await expect(told(page, /login begins with your authenticator app/)).toBeVisible();

  const browser = new PlainBrowser(portal.baseURL);
  const step = await browser.press(await browser.open("/login"), "Log in", {
    email: person.email,
    password: person.password,
  });
  expect(step.path).toBe("/login/verify/authenticator-app");
  const methods = await browser.open("/login/verify/methods");
  expect(methods.body).toContain("Sparekey Authenticator on My phone");
});

test("LC-05 a lost phone is reported at the login, refused there, and turned on again after a login with a code", async ({
  prepare,
  portal,
}) => {
  const person = await prepare.withCodes();
  await storePhone(portal, person, "My phone");
  const { browser } = await givePassword(person, portal.baseURL);
  const asked = await browser.open("/login/verify/lost");
  const reported = await browser.press(asked, "Report My phone lost");
  expect(reported.body).toContain("Its approvals are not accepted");
  const methods = await browser.open("/login/verify/methods");
  expect(methods.body).toContain("not accepted");

  const inside = await logInWithCodePlainly(person, person.codes[0] ?? "", portal.baseURL);
  const cards = await inside.open("/account/mfa");
  const back = await inside.open(await findHref(cards.body, /lost\?id=[0-9a-f-]+/));
  const lifted = await inside.press(back, "Turn it on again");
  expect(lifted.path).toBe("/account/mfa?done=lifted-notification");
});

test("LC-08 another person's phone and key have no page here", async ({ prepare, portal }) => {
  const [owner, stranger] = [await prepare.withCodes(), await prepare.withCodes()];
  const ids = {
    notification: await storePhone(portal, owner, "My phone"),
    "security-key": await storeKey(portal, owner, "My key"),
  };
  for (const [method, id] of Object.entries(ids)) {
    for (const screen of ["rename", "remove"]) {
      const page = await stranger.browser.open(`/account/mfa/${method}/${screen}?id=${id}`);
      expect(page.path).toBe("/account/mfa");
      expect(page.body).not.toContain("My ");
    }
  }
});

const findHref = (body: string, pattern: RegExp) => {
  const found = new RegExp(`href="([^"]*${pattern.source})"`).exec(body)?.[1];
  if (!found) throw new Error(`The page links to nothing like ${pattern}.`);
  return found;
};

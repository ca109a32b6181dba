import { textOf } from "./html";
import { expect, test } from "./journeys";
import {
  button,
  enterPassword,
  field,
  heading,
  logOut,
  passwordField,
  signUp,
  somebodyNew,
  told,
} from "./people";
import { PlainBrowser } from "./plain-browser";
import { givePassword } from "./prepared-people";
import { noteSecret } from "./secrets-of-the-run";

test("PW-01 PW-05 fourteen characters and guessable passwords are refused with the reason, fifteen pass", async ({
  page,
}) => {
  const person = somebodyNew();
  await page.goto("/signup");
  await field(page, "Name").fill(person.name);
  await field(page, "Email").fill(person.email);
  const refused = async (password: string, reason: RegExp) => {
    await passwordField(page).fill(password);
    await button(page, "Create account").click();
    await expect(told(page, reason)).toBeVisible();
    await expect(passwordField(page)).toHaveValue("");
    await expect(field(page, "Email")).toHaveValue(person.email);
  };
  await refused("fourteen-chars", /has 14 characters\. Use at least 15/);
  await refused("salesforce12345!", /lists that attackers try first/);
  await refused(`${person.email}`, /easy to guess/);
  await refused("abababababababab", /a pattern that is easy to guess/);
  await passwordField(page).fill("ten quiet owls!"); // exactly fifteen, and of no special kinds
  await button(page, "Create account").click();
  await expect(heading(page, "Account Settings")).toBeVisible();
});

test("PW-02 PW-03 a password counts whole, in any script, however its letters are composed", async ({
  portal: { baseURL },
}) => {
  const emoji = [..."🦦🪶🌂🧭🪁🫖🧶🦔"].join("").repeat(7);
  const passwords = [
    { chosen: `${emoji}🐌🍐🎻🪵🥁🚲🦉🌾`, typed: `${emoji}🐌🍐🎻🪵🥁🚲🦉🌾` },
    {
      chosen: "caf\u00e9 au lait \u00e0 No\u00ebl",
      typed: "cafe\u0301 au lait a\u0300 Noe\u0308l",
    },
    { chosen: `${"grey otter ".repeat(9)}X`, typed: `${"grey otter ".repeat(9)}X` },
  ];
  for (const { chosen, typed } of passwords) {
    noteSecret(chosen);
    const person = { ...somebodyNew(), password: chosen };
    const browser = new PlainBrowser(baseURL);
    const made = await browser.press(await browser.open("/signup"), "Create account", person);
    expect(made.path, chosen).toBe("/account");
    const { page } = await givePassword({ ...person, password: typed }, baseURL);
    expect(page.path, chosen).toBe("/account");
    const shorter = [...chosen].slice(0, -1).join("");
    const other = await givePassword({ ...person, password: `${shorter}Y` }, baseURL);
    expect(textOf(other.page.body), chosen).toMatch(/don.t match an account/);
  }
});

test("PW-06 passwords can be pasted, and shown before they are sent", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const person = somebodyNew();
  await signUp(page, person);
  await logOut(page);
  await page.evaluate((text) => navigator.clipboard.writeText(text), person.password);
  await field(page, "Email").fill(person.email);
  await passwordField(page).focus();
  await page.keyboard.press("ControlOrMeta+V");
  await expect(passwordField(page)).toHaveAttribute("type", "password");
  await button(page, "Show").click();
  await expect(passwordField(page)).toHaveAttribute("type", "text");
  await expect(passwordField(page)).toHaveValue(person.password);
  await button(page, "Hide").click();
  await expect(passwordField(page)).toHaveAttribute("type", "password");
  await button(page, "Log in").click();
  await expect(heading(page, "Account Settings")).toBeVisible();
});

test("T29 the address is told apart neither by case nor by width, and whoever signs up with a look-alike gets nothing of its owner's", async ({
  page,
}) => {
  const person = somebodyNew();
  await signUp(page, person);
  await logOut(page);
  const wide = person.email.replace("r", "\uff52").toUpperCase();
  await signUp(page, { name: "Somebody else", email: wide, password: `${person.password} too` });
  await expect(told(page, new RegExp(`We sent a link to ${person.email}`))).toBeVisible();
  await logOut(page);
  await enterPassword(page, { ...person, email: wide });
  await expect(heading(page, "Account Settings")).toBeVisible();
  await expect(told(page, new RegExp(person.name))).toBeVisible();
});

import { age } from "./database";
import { textOf } from "./html";
import { expect, lendCookies, test } from "./journeys";
import { button, heading, told } from "./people";
import { letTimeStepsPass } from "./phone";
import { composeSubmission } from "./plain-browser";
import { givePassword, logInWithCodePlainly } from "./prepared-people";

test("SE-10 a person sees where they are logged in, ends one session, then all others", async ({
  page,
  context,
  prepare,
  portal: { baseURL, secondURL = baseURL },
}) => {
  const person = await prepare.member();
  const elsewhere = [
    (await givePassword(person, secondURL)).browser,
    (await givePassword(person, baseURL)).browser,
    (await givePassword(person, baseURL)).browser,
  ];
  await lendCookies(person.browser, context);
  await page.goto("/account");
  await page.getByRole("navigation").getByRole("link", { name: "Sessions" }).click();
  await expect(heading(page, "Sessions")).toBeVisible();
  const sessions = page.getByRole("list", { name: "Sessions" }).getByRole("listitem");
  await expect(sessions).toHaveCount(4);
  await expect(sessions.first().getByText("This browser")).toBeVisible();
  await expect(sessions.first().getByRole("button")).toHaveCount(0);
  await expect(sessions.nth(1).getByText("127.0.0.1")).toBeVisible();

  await sessions.nth(1).getByRole("button", { name: "End session" }).click();
  await expect(page.getByRole("status").getByText("That session is ended.")).toBeVisible();
  await expect(sessions).toHaveCount(3);
  const paths = async () =>
    Promise.all(elsewhere.map(async (browser) => (await browser.open("/account")).path));
  expect((await paths()).filter((path) => path === "/account")).toHaveLength(2);

  await button(page, "End all other sessions").click();
  await expect(page.getByRole("status").getByText("All other sessions are ended.")).toBeVisible();
  await expect(sessions).toHaveCount(1);
  await expect(told(page, /No other browser is logged in/)).toBeVisible();
  for (const path of await paths()) expect(path).toMatch(/^\/login/);
  await page.reload();
  await expect(heading(page, "Sessions")).toBeVisible();
});

test("SE-10 LC-08 without scripts too; another person's session cannot be ended, nor one twice", async ({
  prepare,
  portal: { baseURL },
}) => {
  const person = await prepare.member();
  const stranger = await prepare.member();
  const { browser: other } = await givePassword(person, baseURL);
  const page = await person.browser.open("/account/sessions");
  const strangersPage = await stranger.browser.open("/account/sessions");
  await givePassword(stranger, baseURL);
  const listed = await stranger.browser.open("/account/sessions");
  expect(() => composeSubmission(strangersPage, "End session")).toThrow();
  const { body } = composeSubmission(listed, "End session");
  const theirs = body instanceof FormData ? `${body.get("session")}` : "";
  expect(theirs).toMatch(/^[\da-f-]{36}$/);
  for (const session of [theirs, "no id", ""]) {
    const answer = await person.browser.press(page, "End session", { session });
    expect(textOf(answer.body)).toContain("That session had ended already.");
  }
  expect((await stranger.browser.open("/account")).path).toBe("/account");

  const ended = await person.browser.press(page, "End session");
  expect(textOf(ended.body)).toContain("That session is ended.");
  expect((await other.open("/account")).path).toMatch(/^\/login/);
  const again = await person.browser.press(page, "End session");
  expect(textOf(again.body)).toContain("That session had ended already.");
});

test("SE-02 SE-10 a session at rest is listed in words, and ended so that the password resumes it no more", async ({
  prepare,
  portal: { sql, baseURL },
}) => {
  const person = await prepare.withApp();
  const { email } = person;
  const { browser: stolen, page: step } = await givePassword(person, baseURL);
  await letTimeStepsPass(sql, email);
  await stolen.press(step, "Verify", { code: person.phone.code() });
  await sql(
    `UPDATE "Session" SET "lastSeenAt" = "lastSeenAt" - interval '61 minutes'
     WHERE "createdAt" = (SELECT max("createdAt") FROM "Session")`,
  );
  const page = await person.browser.open("/account/sessions");
  expect(textOf(page.body)).toContain("Not used for over an hour.");
  const ended = await person.browser.press(page, "End session");
  expect(textOf(ended.body)).toContain("That session is ended.");
  const login = await stolen.open("/login");
  const again = await stolen.press(login, "Log in", { email, password: person.password });
  expect(again.path).toMatch(/^\/login\/verify/);
});

test("SE-09 after a change of methods or codes the other sessions are offered to be ended, where there are any", async ({
  prepare,
  portal: { baseURL },
}) => {
  const person = await prepare.withCodes();
  const { browser } = person;
  const offer = "See where else you are logged in, and end other sessions";
  const after = async (path: string) => textOf((await browser.open(path)).body);
  expect(await after("/account/mfa?done=saved")).not.toContain(offer);
  await logInWithCodePlainly(person, person.codes[0] ?? "", baseURL);
  for (const done of ["app", "key", "phone", "saved", "removed-security-key"]) {
    expect(await after(`/account/mfa?done=${done}`), done).toContain(offer);
  }
  expect(await after("/account/mfa?done=renamed")).not.toContain(offer);
  const revoke = await browser.open("/account/mfa/recovery-codes/revoke");
  const revoked = await browser.press(revoke, "Revoke codes");
  expect(textOf(revoked.body)).toContain(offer);
});

test("SE-07 SE-10 an old login has to be proved again before it sees or ends sessions", async ({
  prepare,
  portal: { sql, baseURL },
}) => {
  const person = await prepare.withApp();
  const { email } = person;
  const { browser: other, page: step } = await givePassword(person, baseURL);
  await sql(`UPDATE "AuthenticatorApp" SET "lastUsedStep" = "lastUsedStep" - 5`);
  await other.press(step, "Verify", { code: person.phone.code() });
  const page = await person.browser.open("/account/sessions");
  await age(sql, { table: "Session", columns: ["authTime"], email, minutes: 11 });
  expect((await person.browser.open("/account/sessions")).path).toContain("/account/verify");
  const refused = await person.browser.press(page, "End session");
  expect(refused.path).toContain("/account/verify");
  expect((await other.open("/account")).path).toBe("/account");
});

import { age } from "./database";
import { textOf } from "./html";
import { expect, lendCookies, test } from "./journeys";
import { button, field, heading, link, passwordField, told } from "./people";
import type { WithCodes } from "./prepared-people";
import type { Sql } from "./servers";

const MINUTES = 11; // a proof is fresh for ten

test("SE-07 SE-08 with an old login new codes ask for the app first, and then the person is back where they were", async ({
  page,
  context,
  prepare,
  portal: { sql },
}) => {
  const person = await prepare.withCodes();
  await makeOld(sql, person);
  await lendCookies(person.browser, context);
  await page.goto("/account/mfa/recovery-codes");
  await button(page, "Generate New Codes").click();
  await expect(heading(page, "Enter the code from your app")).toBeVisible();
  await expect(told(page, /verify once more that it’s you/)).toBeVisible();
  await field(page, "Verification code").fill(person.phone.code());
  await button(page, "Verify").click();
  await expect(heading(page, "Recovery Codes")).toBeVisible();
  await button(page, "Generate New Codes").click();
  await expect(heading(page, "Your ten recovery codes")).toBeVisible();
});

test("SE-07 what was typed is still there after the step-up, without scripts too, and never a password", async ({
  prepare,
  portal: { sql },
}) => {
  const person = await prepare.withCodes();
  const { browser } = person;
  const form = await browser.open("/account/addresses");
  await makeOld(sql, person);
  const step = await browser.press(form, "Change address", { email: "new.place@example.test" });
  expect(step.path).toBe("/account/verify/authenticator-app?return=%2Faccount%2Faddresses");
  const back = await browser.press(step, "Verify", { code: person.phone.code() });
  expect(back.path).toBe("/account/addresses");
  expect(back.body).toContain('value="new.place@example.test"');
  const [kept] = await sql(
    `SELECT encode("sealedForm", 'escape') AS "text" FROM "LoginChallenge" WHERE "sealedForm" IS NOT NULL
     AND "userId" = (SELECT "id" FROM "User" WHERE "email" = $1)`,
    [person.email],
  );
  expect(kept?.text).not.toContain("new.place");

  const passwords = await browser.open("/account/password");
  await makeOld(sql, person);
  const asked = await browser.press(passwords, "Change password", {
    current: person.password,
    next: `${person.password} more`,
  });
  expect(asked.path).toContain("/account/verify/");
  const returned = await browser.press(asked, "Verify", { code: person.phone.code() });
  expect(returned.path).toBe("/account/password");
  expect(returned.body).not.toContain(person.password);
});

test("SE-08 T09 a stolen session that is old gets no codes, no seed and no other method for the password alone", async ({
  prepare,
  portal: { sql },
}) => {
  const person = await prepare.withCodes();
  await makeOld(sql, person);
  const { browser } = person;
  const page = await browser.open("/account/verify/password?return=/account/mfa");
  const answer = await browser.press(page, "Verify", { password: person.password });
  expect(answer.path).toBe("/account/verify/authenticator-app?return=%2Faccount%2Fmfa");
  const codes = await browser.press(
    await browser.open("/account/mfa/recovery-codes"),
    "Generate New Codes",
  );
  expect(codes.path).toMatch(/^\/account\/verify\//);
  const app = await browser.press(
    await browser.open("/account/mfa/authenticator-app"),
    "Add Authenticator App",
  );
  expect(app.path).toMatch(/^\/account\/verify\//);
  expect(app.body).not.toMatch(/[A-Z2-7]{32}/);
});

test("SE-07 a person without a method steps up with the password", async ({
  page,
  context,
  prepare,
  portal: { sql },
}) => {
  const member = await prepare.member();
  await age(sql, {
    table: "Session",
    columns: ["authTime"],
    email: member.email,
    minutes: MINUTES,
  });
  await lendCookies(member.browser, context);
  await page.goto("/account/password");
  await expect(heading(page, "Enter your password")).toBeVisible();
  await passwordField(page).fill("not the right one");
  await button(page, "Verify").click();
  await expect(told(page, /isn’t your current password/)).toBeVisible();
  await passwordField(page).fill(member.password);
  await button(page, "Verify").click();
  await expect(heading(page, "Change your password")).toBeVisible();
});

test("SE-07 any enrolled method will do: a recovery code is spent and says what it closes", async ({
  page,
  context,
  prepare,
  portal: { sql },
}) => {
  const person = await prepare.withCodes();
  await makeOld(sql, person);
  await lendCookies(person.browser, context);
  await page.goto("/account/password");
  await link(page, "Choose Another Verification Method").click();
  await link(page, "Recovery Codes").click();
  await expect(told(page, /uses up one recovery code/)).toBeVisible();
  await field(page, "Recovery code").fill(person.codes[0] ?? "");
  await button(page, "Verify").click();
  await expect(heading(page, "Change your password")).toBeVisible();
  await page.goto("/account/mfa/authenticator-app/remove");
  await expect(told(page, /You logged in with a recovery code/)).toBeVisible();
});

test("NA-08 SE-07 a step-up leads to no other place than this portal", async ({
  prepare,
  portal: { sql },
}) => {
  const person = await prepare.withCodes();
  for (const lure of ["//evil.example", "https://evil.example", "/\\evil.example"]) {
    await makeOld(sql, person);
    const step = await person.browser.open(
      `/account/verify/authenticator-app?return=${encodeURIComponent(lure)}`,
    );
    const back = await person.browser.press(step, "Verify", { code: person.phone.code() });
    expect(back.path, lure).toBe("/account");
  }
});

test("SE-12 T09 the step-up of one session is none for another", async ({
  prepare,
  portal: { sql, baseURL },
}) => {
  const person = await prepare.withCodes();
  await makeOld(sql, person);
  const thief = person.browser.copy(baseURL);
  const step = await person.browser.open("/account/verify/authenticator-app");
  await person.browser.press(step, "Verify", { code: person.phone.code() });
  expect((await thief.open("/account")).path).toMatch(/^\/login/);
  expect(textOf((await person.browser.open("/account/password")).body)).toContain(
    "Change your password",
  );
});

/** Lets the login of a person's sessions be older than a fresh proof may be, and their app's last code unused. */
async function makeOld(sql: Sql, { email }: WithCodes): Promise<void> {
  await age(sql, { table: "Session", columns: ["authTime"], email, minutes: MINUTES });
  await sql(
    `UPDATE "AuthenticatorApp" SET "lastUsedStep" = "lastUsedStep" - 4
     WHERE "userId" = (SELECT "id" FROM "User" WHERE "email" = $1)`,
    [email],
  );
}

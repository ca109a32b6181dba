import { age, countRows, countSpentCodes } from "./database";
import { textOf } from "./html";
import { expect, lendCookies, test } from "./journeys";
import {
  button,
  confirmSaved,
  enterRecoveryCode,
  field,
  heading,
  link,
  readTenCodes,
  scanPicture,
  stepUpWithApp,
  told,
} from "./people";
import {
  givePassword,
  logInWithCodePlainly,
  reachRecoveryCodes,
  type WithCodes,
} from "./prepared-people";

const RECOVERED = "/account/recovered";

test("RC-10 RC-19 after a login with a code the person learns which one, how many are left, and is offered a new set", async ({
  page,
  context,
  prepare,
  portal: { baseURL },
}) => {
  const person = await prepare.withCodes();
  const { browser } = await reachRecoveryCodes(person, baseURL);
  await lendCookies(browser, context);
  await page.goto("/login/verify/recovery-codes");
  await enterRecoveryCode(page, person.codes[2] ?? "");
  await expect(heading(page, "You’re in")).toBeVisible();
  await expect(told(page, /You used code 3 of set A\./)).toBeVisible();
  await expect(told(page, /9 of 10 codes left in set A/)).toBeVisible();
  await link(page, "Make a new set").click();
  await button(page, "Generate New Codes").click();
  const codes = await readTenCodes(page);
  expect(codes[0]).toMatch(/^B1/);
  await confirmSaved(page);
  await expect(told(page, /10 of 10 codes left/)).toBeVisible();
});

test("SE-12 RC-10 I lost my authenticator: the old app and the old codes end when the new app is verified, not before", async ({
  page,
  context,
  prepare,
  portal: { baseURL, sql },
}) => {
  const person = await prepare.withCodes();
  const browser = await logInWithCodePlainly(person, person.codes[0] ?? "", baseURL);
  await lendCookies(browser, context);
  await page.goto(RECOVERED);
  await link(page, "I lost my authenticator").click();
  await expect(told(page, /and so do the codes of set A/)).toBeVisible();
  await button(page, "Add Authenticator App").click();
  const phone = await scanPicture(page);

  // Half-way nothing has changed: the old app and the old codes still log in.
  const half = await givePassword(person, baseURL);
  await age(sql, {
    table: "AuthenticatorApp",
    columns: ["lastUsedAt"],
    email: person.email,
    minutes: 2,
  });
  await sql(
    `UPDATE "AuthenticatorApp" SET "lastUsedStep" = "lastUsedStep" - 4 WHERE "verifiedAt" IS NOT NULL
     AND "userId" = (SELECT "id" FROM "User" WHERE "email" = $1)`,
    [person.email],
  );
  const entered = await half.browser.press(half.page, "Verify", { code: person.phone.code() });
  expect(entered.path).toBe("/account");

  const after = await reachRecoveryCodes(person, baseURL);
  // A new phone takes its time to be set up: the proof is asked for again, and it is still a replacement.
  await age(sql, { table: "Session", columns: ["authTime"], email: person.email, minutes: 11 });
  await field(page, "Verification code").fill(phone.code());
  await button(page, "Verify").click();
  await stepUpWithApp(page, { sql, person });
  await expect(told(page, /and so do the codes of set A/)).toBeVisible();
  await button(page, "Add Authenticator App").click();
  const scannedAgain = await scanPicture(page);
  await field(page, "Verification code").fill(scannedAgain.code());
  await button(page, "Verify").click();
  await expect(told(page, /The lost one no longer works/)).toBeVisible();
  const old = await after.browser.press(after.page, "Verify", { code: person.codes[1] ?? "" });
  expect(textOf(old.body)).toMatch(/Codes of set A ended on .* when a lost method was replaced/);
  const app = await after.browser.open("/login/verify/authenticator-app");
  const refused = await after.browser.press(app, "Verify", { code: person.phone.code() });
  expect(refused.path).toBe("/login/verify/authenticator-app");
  await button(page, "Add Recovery Codes").click();
  expect((await readTenCodes(page))[0]).toMatch(/^B1/);
});

test("SE-12 three days long a login with an app that was added after a recovery code cannot remove it", async ({
  prepare,
  portal: { baseURL, sql },
}) => {
  const person = await prepare.withCodes();
  const browser = await logInWithCodePlainly(person, person.codes[0] ?? "", baseURL);
  const begun = await browser.press(
    await browser.open("/account/recovered/authenticator-app"),
    "Add Authenticator App",
  );
  const key = /<code[^>]*>([A-Z2-7]{32})<\/code>/.exec(begun.body)?.[1] ?? "";
  const { Phone } = await import("./phone");
  const phone = new Phone(key);
  const added = await browser.press(begun, "Verify", { code: phone.code() });
  expect(added.path).toBe("/account/mfa?done=lost");
  const refused = await browser.open("/account/mfa/authenticator-app/remove");
  expect(refused.path).toMatch(/^\/account\/verify\/authenticator-app\?.*why=restricted/);
  expect(textOf(refused.body)).toContain("Not yet possible");
  await sql(
    `UPDATE "AuthenticatorApp" SET "probationUntil" = now() - interval '1 second',
       "lastUsedStep" = "lastUsedStep" - 4
     WHERE "removedAt" IS NULL AND "userId" = (SELECT "id" FROM "User" WHERE "email" = $1)`,
    [person.email],
  );
  const step = await browser.open("/account/mfa/authenticator-app/remove");
  const opened = await browser.press(step, "Verify", { code: phone.code() });
  expect(opened.path).toBe("/account/mfa/authenticator-app/remove");
  expect(textOf(opened.body)).toContain("Your password alone will open this account");
});

test("RC-19 three left warns, and none left is a gate that only a new set, a new app or the old app opens", async ({
  prepare,
  portal: { baseURL },
}) => {
  const person = await prepare.withCodes();
  for (const code of person.codes.slice(0, 6)) await logInWithCodePlainly(person, code, baseURL);
  const low = await logInWithCodePlainly(person, person.codes[6] ?? "", baseURL);
  expect(textOf((await low.open(RECOVERED)).body)).toContain("Only 3 codes are left");
  expect((await low.open("/account")).path).toBe("/account");
  for (const code of person.codes.slice(7, 9)) await logInWithCodePlainly(person, code, baseURL);
  const last = await logInWithCodePlainly(person, person.codes[9] ?? "", baseURL);
  for (const path of ["/account", "/account/password", "/account/activity", "/account/sessions"]) {
    expect((await last.open(path)).path, path).toBe(RECOVERED);
  }
  const gate = textOf((await last.open(RECOVERED)).body);
  expect(gate).toContain("That was your last recovery code");
  expect(gate).not.toContain("Go on to Account Settings");
  const deadline = /Do this before \d\d:\d\d UTC: 9 minutes are left/;
  for (const path of [RECOVERED, `${RECOVERED}/authenticator-app`, "/account/mfa/recovery-codes"]) {
    expect(textOf((await last.open(path)).body), path).toMatch(deadline);
  }
  const made = await last.press(
    await last.open("/account/mfa/recovery-codes"),
    "Generate New Codes",
  );
  expect(textOf(made.body)).toContain("Your ten recovery codes");
  expect((await last.open("/account")).path).toBe("/account");
});

test("SE-07 RC-19 after the last code the page says when its ten minutes were over, and what is left to do", async ({
  prepare,
  portal: { baseURL, sql },
}) => {
  const person = await prepare.withCodes();
  const { email } = person;
  await sql(
    `UPDATE "RecoveryCode" SET "usedAt" = now() WHERE "number" > 1
     AND "userId" = (SELECT "id" FROM "User" WHERE "email" = $1)`,
    [email],
  );
  const last = await logInWithCodePlainly(person, person.codes[0] ?? "", baseURL);
  await age(sql, { table: "Session", columns: ["authTime"], email, minutes: 11 });
  const gate = textOf((await last.open(RECOVERED)).body);
  expect(gate).toMatch(/this login could do this were over at \d\d:\d\d UTC/);
  expect(gate).toContain("ask an administrator of this portal for help");
});

test("RC-05 a browser that lost the answer sends the code again and gets in, with one session", async ({
  prepare,
  portal: { baseURL, sql },
}) => {
  const person = await prepare.withCodes();
  const sessions = await countRows(sql, "Session", person.email);
  const { browser, page } = await reachRecoveryCodes(person, baseURL);
  const lost = browser.copy(); // what came back never reaches `browser`
  expect((await lost.press(page, "Verify", { code: person.codes[0] ?? "" })).path).toBe(RECOVERED);
  const again = await browser.press(page, "Verify", { code: person.codes[0] ?? "" });
  expect(again.path).toBe(RECOVERED);
  expect((await lost.open("/account")).path).toMatch(/^\/login/);
  expect(await countRows(sql, "Session", person.email)).toBe(sessions + 1);
  expect(await countSpentCodes(sql, person.email)).toBe(1);
});

test("SE-12 a restricted session is refused each act that could keep the owner out, on the page and in the action", async ({
  prepare,
  portal: { baseURL, sql },
}) => {
  const person = await prepare.withCodes();
  const restricted = await logInWithCodePlainly(person, person.codes[0] ?? "", baseURL);
  await makeAppUsableAgain(person);
  const pages = [
    ["/account/mfa/authenticator-app/remove", "Remove authenticator app"],
    ["/account/mfa/recovery-codes/revoke", "Revoke codes"],
    ["/account/delete", "Delete account"],
  ] as const;
  for (const [path, name] of pages) {
    expect((await restricted.open(path)).path, path).toMatch(/^\/account\/verify\/.*restricted/);
    // The form of an unrestricted session, sent with the cookies of the restricted one.
    const form = await person.browser.open(path);
    const answer = await restricted.press(form, name, { understood: "on" });
    expect(answer.path, path).toMatch(/^\/account\/verify\/.*restricted/);
  }
  expect(await countRows(sql, "Session", person.email)).toBe(2);
  const [kept] = await sql(
    `SELECT (SELECT count(*)::int FROM "AuthenticatorApp" a WHERE a."userId" = u."id" AND "removedAt" IS NULL) AS "apps",
       (SELECT count(*)::int FROM "RecoveryCodeSet" s WHERE s."userId" = u."id" AND "endedAt" IS NULL) AS "sets"
     FROM "User" u WHERE "email" = $1`,
    [person.email],
  );
  expect(kept).toEqual({ apps: 1, sets: 1 });

  async function makeAppUsableAgain({ email }: WithCodes): Promise<void> {
    await sql(
      `UPDATE "AuthenticatorApp" SET "lastUsedStep" = "lastUsedStep" - 4
       WHERE "userId" = (SELECT "id" FROM "User" WHERE "email" = $1)`,
      [email],
    );
  }
});

import { listRoutes } from "./build";
import { age, readFailures } from "./database";
import { textOf } from "./html";
import { expect, lendCookies, test } from "./journeys";
import { button, enterPassword, field, heading, logOut, scanPicture, told } from "./people";
import { letTimeStepsPass, Phone } from "./phone";
import { composeSubmission, type PlainBrowser } from "./plain-browser";
import {
  givePassword,
  logInWithCodePlainly,
  prepareWithApp,
  readSetupKey,
} from "./prepared-people";

test("OT-08 an enrollment that was begun and left changes nothing, and its seed opens nothing", async ({
  page,
  context,
  prepare,
  portal: { sql },
}) => {
  const person = await prepare.member();
  await lendCookies(person.browser, context);
  await page.goto("/account/mfa");
  await button(page, "Add Authenticator App").click();
  await scanPicture(page);
  await page.goto("/account");
  await logOut(page);
  await enterPassword(page, person);
  await expect(heading(page, "Account Settings")).toBeVisible();

  const other = await prepare.withApp();
  const form = await other.browser.open("/account/mfa/authenticator-app");
  const begun = await other.browser.press(form, "Add Authenticator App");
  const pending = new Phone(readSetupKey(begun));
  await letTimeStepsPass(sql, other.email);
  const login = await givePassword(other, other.browser.origin);
  const refused = await login.browser.press(login.page, "Verify", { code: pending.code() });
  expect(textOf(refused.body)).toMatch(/code isn.t right/);
  const { path } = await login.browser.press(refused, "Verify", { code: other.phone.code() });
  expect(path).toBe("/account");
});

test("OT-11 picture and key are in answers to POST alone, for ten minutes, and never leave for a third party", async ({
  page,
  context,
  prepare,
  portal: { sql, baseURL },
}) => {
  const person = await prepare.member();
  await lendCookies(person.browser, context);
  const hosts = new Set<string>();
  page.on("request", (request) => hosts.add(new URL(request.url()).origin));
  await page.goto("/account/mfa");
  await button(page, "Add Authenticator App").click();
  const phone = await scanPicture(page);
  expect([...hosts].filter((host) => host !== baseURL && !host.startsWith("null"))).toEqual([]);
  await expect(page.getByRole("main").getByRole("code")).toHaveText(phone.setupKey);
  const selected = await page
    .getByRole("main")
    .getByRole("code")
    .evaluate((key) => getComputedStyle(key).userSelect);
  expect(selected).toBe("all");

  for (const route of listRoutes()) {
    for (const headers of [undefined, { RSC: "1" }]) {
      const { body } = await person.browser.open(route, headers);
      expect(body.includes(phone.setupKey) || body.includes("otpauth"), route).toBe(false);
    }
  }

  await age(sql, {
    table: "AuthenticatorApp",
    columns: ["pendingUntil"],
    email: person.email,
    minutes: 10,
  });
  await field(page, "Verification code").fill(phone.code());
  await button(page, "Verify").click();
  await expect(told(page, /no longer valid/)).toBeVisible();
  const [row] = await sql(
    `SELECT count("verifiedAt")::int AS "verified" FROM "AuthenticatorApp"
     WHERE "userId" = (SELECT "id" FROM "User" WHERE "email" = $1)`,
    [person.email],
  );
  expect(row).toEqual({ verified: 0 });
});

test("OT-12 OT-05 a phone whose clock is off gets the same words as a guess: check its time", async ({
  prepare,
  portal: { sql, baseURL },
}) => {
  const person = await prepare.withApp();
  await letTimeStepsPass(sql, person.email);
  const login = await givePassword(person, baseURL);
  const says = async (code: string) =>
    textOf((await login.browser.press(login.page, "Verify", { code })).body);
  const guessed = await says(person.phone.wrongCode());
  expect(guessed).toContain("your phone sets its time automatically");
  expect(await says(person.phone.code(+2))).toBe(guessed);
  expect(await says(person.phone.code(-3))).toBe(guessed);
  expect(await readFailures(sql, person.email, "authenticator-app")).toBe(3);
});

test("OT-04 the same six digits do not log in twice; what is said is to wait for the next", async ({
  prepare,
  portal: { sql, baseURL },
}) => {
  const person = await prepare.withApp();
  await letTimeStepsPass(sql, person.email);
  const code = person.phone.code();
  const first = await givePassword(person, baseURL);
  expect((await first.browser.press(first.page, "Verify", { code })).path).toBe("/account");
  const second = await givePassword(person, baseURL);
  const refused = await second.browser.press(second.page, "Verify", { code });
  expect(textOf(refused.body)).toContain("That code was just used. Wait for the next code");
  expect(await readFailures(sql, person.email, "authenticator-app")).toBe(0);
});

test("OT-03 the seed of another person's app opens nothing here", async ({ prepare, portal }) => {
  const person = await prepare.withApp();
  const stranger = await prepareWithApp(portal.baseURL);
  // As an attacker with the database would: the victim's row gets the seed of the attacker's app.
  await portal.sql(
    `UPDATE "AuthenticatorApp" SET ("sealedSeed", "keyId", "lastUsedStep") =
       (SELECT "sealedSeed", "keyId", NULL::int FROM "AuthenticatorApp"
        WHERE "userId" = (SELECT "id" FROM "User" WHERE "email" = $2))
     WHERE "userId" = (SELECT "id" FROM "User" WHERE "email" = $1)`,
    [person.email, stranger.email],
  );
  const login = await givePassword(person, portal.baseURL);
  const answer = await login.browser.send({
    ...composeSubmission(login.page, "Verify", { code: stranger.phone.code() }),
  });
  expect(answer.setCookies.some((line) => /session=[^;]/.test(line))).toBe(false);
  expect((await login.browser.open("/account")).path).toMatch(/^\/login/);
});

test("OT-10 RC-08 a method turned off by failures is bound again only after a login with another", async ({
  prepare,
  portal: { sql, baseURL },
}) => {
  const person = await prepare.withCodes();
  const begin = async (browser: PlainBrowser) =>
    browser.press(await browser.open("/account/mfa/authenticator-app"), "Add Authenticator App");
  await sql(
    `INSERT INTO "Throttle" ("subject", "method", "failures", "nextAttemptAt", "lastAttemptAt")
     SELECT "id"::text, 'authenticator-app', 100, 'epoch', now() FROM "User" WHERE "email" = $1
     ON CONFLICT ("subject", "method", "lane") DO UPDATE SET "failures" = 100`,
    [person.email],
  );
  const refused = await begin(person.browser);
  expect(textOf(refused.body)).toContain("log in with your other method");
  expect(textOf(refused.body)).not.toContain("Setup key");

  const recovered = await logInWithCodePlainly(person, person.codes[0] ?? "", baseURL);
  expect(textOf((await begin(recovered)).body)).toContain("Setup key");
  for (const method of ["hwk", "mca"]) {
    await sql(
      `UPDATE "Session" SET "amr" = string_to_array('pwd,mfa,' || $2, ',')
       WHERE "userId" = (SELECT "id" FROM "User" WHERE "email" = $1)`,
      [person.email, method],
    );
    expect(textOf((await begin(person.browser)).body), method).toContain("Setup key");
  }
});

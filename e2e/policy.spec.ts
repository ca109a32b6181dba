import { age, forgetPolicies } from "./database";
import { examine } from "./examine";
import { textOf } from "./html";
import { expect, lendCookies, test } from "./journeys";
import { button, chooseRecoveryCodes, enterPassword, heading, link, told } from "./people";
import { letTimeStepsPass } from "./phone";
import { composeSubmission } from "./plain-browser";
import {
  enrollApp,
  givePassword,
  prepareAdministrator,
  reachRecoveryCodes,
  type WithApp,
  type WithCodes,
} from "./prepared-people";
import { noteSecret } from "./secrets-of-the-run";
import type { Sql } from "./servers";

const CONFIRM = "/admin/policy/confirm";
const MINUTES = 11; // a proof is fresh for ten

test.beforeEach(async ({ portal: { sql } }) => {
  await forgetPolicies(sql);
});
test.afterAll(async ({ portal: { sql } }) => {
  await forgetPolicies(sql);
});

test("LC-09 an administrator sees how many people a change touches before it holds", async ({
  page,
  context,
  prepare,
  portal: { sql, baseURL },
}) => {
  const administrator = await prepareAdministrator(baseURL, sql);
  await prepare.member();
  await lendCookies(administrator.browser, context);
  await page.goto("/admin/policy");
  await expect(told(page, /Nobody has changed the policy yet/)).toBeVisible();
  await expect(page.getByRole("radio", { name: "Required for administrators" })).toBeChecked();
  await examine(page);
  await page.getByRole("radio", { name: "Required for everyone" }).check();
  await page.getByLabel("Days to add a verification method").fill("91");
  await page.getByRole("checkbox", { name: "Notification" }).uncheck();
  await button(page, "Save policy").click();
  await expect(told(page, /Enter a number of days from 0 to 90/)).toBeVisible();
  await expect(page.getByRole("radio", { name: "Required for everyone" })).toBeChecked();
  await expect(page.getByRole("checkbox", { name: "Notification" })).not.toBeChecked();
  await examine(page);
  await page.getByLabel("Days to add a verification method").fill("14");
  await button(page, "Save policy").click();
  await expect(heading(page, "Change the policy?")).toBeVisible();
  await expect(
    told(page, /^\d+ (person has|people have) no verification method that counts; they have until/),
  ).toBeVisible();
  await examine(page);
  expect(await sql(`SELECT 1 AS "one" FROM "Policy"`)).toEqual([]);
  await button(page, "Confirm").click();
  await expect(told(page, /The policy is changed/)).toBeVisible();
  await expect(told(page, new RegExp(`Changed by ${administrator.name} on`))).toBeVisible();
  await expect(page.getByRole("radio", { name: "Required for everyone" })).toBeChecked();
  await expect(told(page, /Who needs it: Required for everyone/)).toBeVisible();
  await examine(page);
});

test("LC-09 SE-07 an old login proves itself first and keeps what was chosen, without scripts too", async ({
  portal: { sql, baseURL },
}) => {
  const administrator = await prepareAdministrator(baseURL, sql);
  const { browser, phone } = administrator;
  const form = await browser.open("/admin/policy");
  await makeOld(sql, administrator);
  const step = await browser.press(form, "Save policy", {
    requirement: "everyone",
    lowCodes: "7",
    notification: undefined,
  });
  expect(step.path).toContain("/account/verify/authenticator-app");
  const back = await browser.press(step, "Verify", { code: phone.code() });
  expect(back.path).toBe("/admin/policy");
  const review = await browser.press(back, "Save policy");
  expect(review.path).toContain(CONFIRM);
  expect(textOf(review.body)).toContain("After: 7 codes left");
  await makeOld(sql, administrator);
  const again = await browser.press(review, "Confirm");
  expect(again.path).toContain("/account/verify/authenticator-app");
  expect(await sql(`SELECT 1 AS "one" FROM "Policy"`)).toEqual([]);
  const shown = await browser.press(again, "Verify", { code: phone.code() });
  expect(shown.path).toContain(CONFIRM);
  const saved = await browser.press(shown, "Confirm");
  expect(saved.path).toBe("/admin/policy?done=saved");
  const [policy] = await sql(`SELECT "requirement", "lowCodes", "methods" FROM "Policy"`);
  expect(policy).toEqual({
    requirement: "everyone",
    lowCodes: 7,
    methods: ["security-key", "authenticator-app", "recovery-codes"],
  });
  const log = await browser.open("/admin/audit?type=policy_changed");
  expect(textOf(log.body)).toContain("Warning: 7 codes left (before: 3 codes left)");
  const people = textOf((await browser.open("/admin")).body);
  expect(people).toContain("policy doesn’t accept notifications");
  expect(people).not.toContain("policy doesn’t accept security keys");
  await putPolicy(sql, { methods: "authenticator-app,recovery-codes" });
  const refusing = textOf((await browser.open("/admin")).body);
  expect(refusing).toContain("policy doesn’t accept security keys");
});

test("LC-09 of two administrators the second is told what the first changed, and overwrites nothing unseen", async ({
  page,
  context,
  portal: { sql, baseURL },
}) => {
  const first = await prepareAdministrator(baseURL, sql);
  const second = await prepareAdministrator(baseURL, sql);
  await lendCookies(second.browser, context);
  await page.goto("/admin/policy");
  await page.getByLabel("Warn people when this many codes or fewer are left").fill("5");
  await button(page, "Save policy").click();
  await expect(heading(page, "Change the policy?")).toBeVisible();
  const review = await first.browser.press(
    await first.browser.open("/admin/policy"),
    "Save policy",
    { graceDays: "30" },
  );
  expect((await first.browser.press(review, "Confirm")).path).toBe("/admin/policy?done=saved");
  await button(page, "Confirm").click();
  await expect(told(page, new RegExp(`${first.name} changed the policy on`))).toBeVisible();
  await expect(told(page, /Days to add a method: 30 days/)).toBeVisible();
  await examine(page);
  const versions = () => sql(`SELECT "graceDays", "lowCodes" FROM "Policy" ORDER BY "at"`);
  expect(await versions()).toEqual([{ graceDays: 30, lowCodes: 3 }]);
});

test("LC-08 LC-09 the policy is for administrators alone", async ({
  prepare,
  portal: { sql, baseURL },
}) => {
  const administrator = await prepareAdministrator(baseURL, sql);
  const member = await prepare.withApp();
  for (const path of ["/admin/policy", CONFIRM]) {
    expect((await member.browser.open(path)).status).toBe(403);
  }
  const form = await administrator.browser.open("/admin/policy");
  const review = await administrator.browser.press(form, "Save policy", { graceDays: "30" });
  const answer = await member.browser.send(composeSubmission(review, "Confirm"));
  expect(answer.status).toBe(303); // to the page, which answers with 403
  expect(await sql(`SELECT 1 AS "one" FROM "Policy"`)).toEqual([]);
});

test("LC-09 before the deadline a person is told the day, after it they can only enroll, codes included", async ({
  page,
  context,
  prepare,
  portal: { sql, baseURL },
}) => {
  const member = await prepare.member();
  // Verified, since an account that old with an unverified address is released.
  await sql(
    `UPDATE "User" SET "createdAt" = now() - interval '1 year', "verifiedEmail" = "email" WHERE "email" = $1`,
    [member.email],
  );
  await putPolicy(sql, { requirement: "everyone", requiredIn: "3 days", codesRequired: true });
  await page.goto("/login");
  await enterPassword(page, member);
  await expect(heading(page, "Account Settings")).toBeVisible();
  await expect(told(page, /^Add a verification method by \d/)).toBeVisible();
  await examine(page);
  await page.goto("/account/password");
  await expect(heading(page, "Change your password")).toBeVisible();

  const form = await member.browser.open("/account/password");

  await putPolicy(sql, { requirement: "everyone", codesRequired: true });
  const next = `${member.password} more`;
  noteSecret(next);
  const answer = await member.browser.press(form, "Change password", {
    current: member.password,
    next,
  });
  expect(answer.path).toBe("/account/mfa"); // nothing was changed: the old one still logs in
  await page.goto("/account/password");
  await expect(heading(page, "Multi-Factor Authentication")).toBeVisible();
  await expect(told(page, /Add a verification method to go on/)).toBeVisible();
  await examine(page);
  const later = await givePassword(member, baseURL);
  expect(later.page.path).toBe("/account");
  expect(textOf(later.page.body)).toContain("Add a verification method to go on");

  await enrollApp(later.browser);
  await lendCookies(later.browser, context);
  await page.goto("/account/activity");
  await expect(heading(page, "Multi-Factor Authentication")).toBeVisible();
  await expect(told(page, /One thing remains/)).toBeVisible();
  await link(page, "Go to recovery codes").click();
  await expect(
    heading(page, "Recovery Codes").and(page.getByRole("heading", { level: 1 })),
  ).toBeVisible();
  await button(page, "Add Recovery Codes").click();
  await page.getByRole("checkbox", { name: "I have saved these codes" }).check();
  await button(page, "Done").click();
  await expect(told(page, /marked as saved/)).toBeVisible();
  await page.goto("/account/activity");
  await expect(heading(page, "Activity")).toBeVisible();
});

test("TH-14 methods that the policy refuses are not listed, not asked for and not accepted", async ({
  page,
  prepare,
  portal: { sql, baseURL },
}) => {
  const person: WithCodes = await prepare.withCodes();
  await sql(`UPDATE "User" SET "role" = 'ADMINISTRATOR' WHERE "email" = $1`, [person.email]);
  const [code = ""] = person.codes;
  const before = await reachRecoveryCodes(person, baseURL);
  await page.goto("/login");
  await enterPassword(page, person);
  await chooseRecoveryCodes(page);

  await putPolicy(sql, { methods: "authenticator-app" });
  const answer = await before.browser.press(before.page, "Verify", { code });
  expect(textOf(answer.body)).toContain("This portal asks you for another of your methods");
  await page.reload();
  await expect(told(page, /so this one isn’t accepted/)).toBeVisible();
  await examine(page);
  await link(page, "Choose Another Verification Method").click();
  await expect(heading(page, "Choose Another Verification Method")).toBeVisible();
  await expect(link(page, "Authenticator App")).toBeVisible();
  await expect(link(page, "Recovery Codes")).toBeHidden();
  await examine(page);
  const [spent] = await sql(
    `SELECT count("usedAt")::int AS "n" FROM "RecoveryCode" WHERE "userId" = ${USER}`,
    [person.email],
  );
  expect(spent).toEqual({ n: 0 });
  const [counted] = await sql(
    `SELECT count(*)::int AS "n" FROM "Throttle" WHERE "failures" > 0 AND "subject" = ${USER}::text`,
    [person.email],
  );
  expect(counted).toEqual({ n: 0 });
  const overview = await person.browser.open("/account");
  expect(textOf(overview.body)).toContain("policy doesn’t accept recovery codes");
  const cards = await person.browser.open("/account/mfa");
  expect(textOf(cards.body)).toContain("Not accepted by this portal’s policy");

  await putPolicy(sql, { methods: "security-key" });
  const other = await reachRecoveryCodes(person, baseURL);
  const entered = await other.browser.press(other.page, "Verify", { code });
  expect(entered.path).toBe("/account/recovered"); // nobody is locked out
  expect((await other.browser.open("/account/activity")).path).toBe("/account/mfa");
});

const USER = `(SELECT "id" FROM "User" WHERE "email" = $1)`;

/** Lets a person's login be older than a fresh proof may be, and their app's last code unused. */
async function makeOld(sql: Sql, { email }: WithApp): Promise<void> {
  await age(sql, { table: "Session", columns: ["authTime"], email, minutes: MINUTES });
  await letTimeStepsPass(sql, email);
}

/** Puts a policy in force as an administrator does. */
async function putPolicy(
  sql: Sql,
  {
    requirement = "administrators",
    requiredIn = "0 days",
    methods = "security-key,notification,authenticator-app,recovery-codes",
    codesRequired = false,
  }: { requirement?: string; requiredIn?: string; methods?: string; codesRequired?: boolean },
): Promise<void> {
  await sql(
    `INSERT INTO "Policy" ("id", "at", "actorId", "requirement", "graceDays", "requiredFrom", "methods",
       "codesRequired", "lowCodes", "twoAdministrators", "temporaryCodeUses")
     VALUES (gen_random_uuid(), now(), gen_random_uuid(), $1, 14, now() + $2::interval,
       string_to_array($3, ','), $4, 3, false, 1)`,
    [requirement, requiredIn, methods, codesRequired],
  );
}

import { listRoutes } from "./build";
import { countRows, countSpentCodes, endWaits, readFailures } from "./database";
import { textOf } from "./html";
import { expect, lendCookies, test } from "./journeys";
import {
  addRecoveryCodes,
  button,
  chooseRecoveryCodes,
  confirmSaved,
  enterPassword,
  enterRecoveryCode,
  field,
  heading,
  told,
} from "./people";
import { composeSubmission } from "./plain-browser";
import { logInWithCodePlainly, RECOVERED_PATH, reachRecoveryCodes } from "./prepared-people";

test("RC-05 RC-07 RC-19 all ten codes log in once each, in any order, and then the set is used up", async ({
  prepare,
  portal: { sql, baseURL },
}) => {
  const person = await prepare.withCodes();
  const inAnyOrder = person.codes.toSorted((a, b) => a.slice(3).localeCompare(b.slice(3)));
  const unused = new Set(person.codes);
  for (const code of inAnyOrder) {
    const { browser, page } = await reachRecoveryCodes(person, baseURL);
    const next = person.codes.findIndex((one) => unused.has(one)) + 1;
    expect(textOf(page.body)).toContain(`left, the next unused is number ${next}.`);
    const { path } = await browser.press(page, "Verify", { code });
    expect(path, `code ${code}`).toBe(RECOVERED_PATH);
    unused.delete(code);
    expect(textOf((await browser.open("/account/mfa")).body)).toContain(
      `${unused.size} of 10 codes left`,
    );
  }
  const { page } = await reachRecoveryCodes(person, baseURL);
  expect(textOf(page.body)).toContain("All codes of set A are used.");
  expect(await countSpentCodes(sql, person.email)).toBe(10);
});

test("RC-05 a spent code makes no session, starts no wait, and its reuse is on record", async ({
  prepare,
  portal: { sql, baseURL },
}) => {
  const person = await prepare.withCodes();
  const [spent = "", fresh = ""] = person.codes;
  await logInWithCodePlainly(person, spent, baseURL);
  const sessions = await countRows(sql, "Session", person.email);
  const { browser, page } = await reachRecoveryCodes(person, baseURL);
  let answer = page;
  for (let time = 0; time < 7; time += 1) {
    answer = await browser.press(answer, "Verify", { code: spent });
    expect(textOf(answer.body)).toMatch(/That code isn.t valid or was already used\./);
  }
  expect(await countRows(sql, "Session", person.email)).toBe(sessions);
  expect(await readFailures(sql, person.email, "recovery-codes")).toBe(0);
  const reuses = await sql(
    `SELECT "setLetter", "codeNumber" FROM "AuditEvent" WHERE "type" = 'recovery_code_reused'
     AND "userId" = (SELECT "id" FROM "User" WHERE "email" = $1)`,
    [person.email],
  );
  expect(reuses).toEqual(Array(7).fill({ setLetter: "A", codeNumber: 1 }));
  expect((await browser.press(answer, "Verify", { code: fresh })).path).toBe(RECOVERED_PATH);
});

test("RC-08 a hundred failures turn the codes off, right ones too, and keep the second factor on", async ({
  prepare,
  portal: { sql, baseURL },
}) => {
  const person = await prepare.withCodes();
  const stranger = await prepare.withCodes();
  const { browser, page } = await reachRecoveryCodes(person, baseURL);
  const wrong = stranger.codes[0] ?? "";
  await browser.press(page, "Verify", { code: wrong });
  await sql(
    `UPDATE "Throttle" SET "failures" = 99 WHERE "subject" = (SELECT "id"::text FROM "User" WHERE "email" = $1)`,
    [person.email],
  );
  await browser.press(page, "Verify", { code: wrong });
  expect(await readFailures(sql, person.email, "recovery-codes")).toBe(100);
  await endWaits(sql);
  const refused = await browser.press(page, "Verify", { code: person.codes[0] ?? "" });
  expect(textOf(refused.body)).toContain("turned off after 100 wrong codes");
  expect(await countSpentCodes(sql, person.email)).toBe(0);
  const { path } = await browser.open("/login/verify");
  expect(path).toBe("/login/verify/authenticator-app");
});

test("RC-13 one login spends one code, also when two are sent at the same moment", async ({
  prepare,
  portal: { sql, baseURL },
}) => {
  const person = await prepare.withCodes();
  const before = await countRows(sql, "Session", person.email);
  const { browser, page } = await reachRecoveryCodes(person, baseURL);
  const tabs = [browser.copy(), browser.copy()];
  await Promise.all(
    tabs.map((tab, index) => tab.press(page, "Verify", { code: person.codes[index] ?? "" })),
  );
  expect(await countSpentCodes(sql, person.email)).toBe(1);
  expect(await countRows(sql, "Session", person.email)).toBe(before + 1);
  const late = await browser.press(page, "Verify", { code: person.codes[2] ?? "" });
  expect(late.path).toBe("/login?why=expired");
  expect(await countSpentCodes(sql, person.email)).toBe(1);
});

test("RC-16 a double click, a reload and a second tab make no second set, and show no code again", async ({
  page,
  context,
  prepare,
  portal: { sql },
}) => {
  const person = await prepare.withApp();
  await lendCookies(person.browser, context);
  const secondTab = await context.newPage();
  await secondTab.goto("/account/mfa");
  await page.goto("/account/mfa");
  await button(page, "Add Recovery Codes").dblclick();
  const list = page.getByRole("list", { name: "Recovery codes" });
  await expect(list.getByRole("listitem")).toHaveCount(10);
  const [code = ""] = await list.getByRole("code").allTextContents();

  await button(secondTab, "Add Recovery Codes").click();
  await expect(told(secondTab, /Set A was made a moment ago/)).toBeVisible();

  page.on("dialog", (dialog) => dialog.accept());
  await page.reload();
  await expect(heading(page, "Multi-Factor Authentication")).toBeVisible();
  expect(await page.content()).not.toContain(code);
  expect(await countRows(sql, "RecoveryCodeSet", person.email)).toBe(1);
  expect(await countRows(sql, "RecoveryCode", person.email)).toBe(10);
});

test("RC-16 NX-05 no page, RSC payload or JSON gives a code back after the POST that made it", async ({
  prepare,
}) => {
  const { browser, codes } = await prepare.withCodes();
  const hidden = codes.flatMap((code) => [code, code.replaceAll("-", ""), code.slice(5)]);
  const answers = [];
  for (const route of listRoutes()) {
    answers.push(await browser.open(route), await browser.open(route, { RSC: "1" }));
    answers.push(await browser.open(route, { accept: "application/json" }));
  }
  const rsc = answers.filter(({ headers }) => headers["content-type"] === "text/x-component");
  expect(rsc.length).toBeGreaterThan(5);
  for (const { path, body } of answers) {
    expect(
      hidden.filter((text) => body.includes(text)),
      path,
    ).toEqual([]);
  }
});

test("RC-18 a code is read as people write it, and a megabyte is refused before it is judged", async ({
  prepare,
  portal: { sql, baseURL },
}) => {
  const person = await prepare.withCodes();
  const [first = "", second = "", third = "", fourth = ""] = person.codes;
  const written = [
    `1. ${first.toLowerCase()}`,
    `2) ${second.replaceAll("-", " \u2013 ")}`,
    third.replaceAll("-", "\u200b").replaceAll("0", "o").replaceAll("1", "l"),
  ];
  for (const code of written) await logInWithCodePlainly(person, code, baseURL);

  const { browser, page } = await reachRecoveryCodes(person, baseURL);
  const huge = composeSubmission(page, "Verify", { code: fourth + "x".repeat(1_000_000) });
  const answer = await browser.send(huge);
  expect(answer.status).toBe(413);
  expect(answer.setCookies).toEqual([]);
  const long = await browser.press(page, "Verify", { code: fourth + " ".repeat(50) });
  expect(textOf(long.body)).toContain("longer than a recovery code");
  expect(await readFailures(sql, person.email, "recovery-codes")).toBe(0);
  expect((await browser.press(page, "Verify", { code: fourth })).path).toBe(RECOVERED_PATH);
});

test("RC-17 a typo is told in the browser without a request, and costs no attempt", async ({
  page,
  prepare,
  portal: { sql },
}) => {
  const person = await prepare.withCodes();
  const [code = ""] = person.codes;
  await page.goto("/login");
  await enterPassword(page, person);
  await chooseRecoveryCodes(page);
  const posts: string[] = [];
  page.on("request", (request) => {
    if (request.method() !== "GET") posts.push(request.url());
  });
  const swapped = code.replace(/(.)(.)$/, (_, a, b) =>
    a === b ? (b === "7" ? "78" : "77") : b + a,
  );
  await enterRecoveryCode(page, swapped);
  await expect(told(page, /has a typo.*didn.t use up an attempt/)).toBeVisible();
  await expect(field(page, "Recovery code")).toHaveValue(swapped);
  await enterRecoveryCode(page, code.replace(/-(.)/, "-U"));
  await expect(told(page, /has a typo in the 2nd group/)).toBeVisible();
  await enterRecoveryCode(page, code.slice(0, -1));
  await expect(told(page, /shorter than a recovery code/)).toBeVisible();
  await enterRecoveryCode(page, "");
  await expect(told(page, /^Enter a recovery code\.$/)).toBeVisible();
  expect(posts).toEqual([]);
  expect(await readFailures(sql, person.email, "recovery-codes")).toBe(0);
  await enterRecoveryCode(page, code);
  await expect(heading(page, "Account Settings")).toBeVisible();
});

test("leaving the ten codes unsaved warns, by a link, by Back, by closing and by Done without the tick", async ({
  page,
  context,
  prepare,
}) => {
  const person = await prepare.withApp();
  await lendCookies(person.browser, context);
  await page.goto("/account/mfa");
  await addRecoveryCodes(page);
  const dialogs: string[] = [];
  page.on("dialog", async (dialog) => {
    dialogs.push(dialog.type());
    await dialog.dismiss();
  });
  await page.getByRole("link", { name: "Overview" }).first().click();
  await expect.poll(() => dialogs).toEqual(["confirm"]);
  await page.goBack();
  await expect.poll(() => dialogs).toEqual(["confirm", "confirm"]);
  await expect(heading(page, "Your ten recovery codes")).toBeVisible();
  await page.close({ runBeforeUnload: true });
  await expect.poll(() => dialogs).toEqual(["confirm", "confirm", "beforeunload"]);
  await button(page, "Done").click();
  await expect(
    page.getByRole("status").filter({ hasText: "I have saved these codes" }),
  ).toBeVisible();
  await confirmSaved(page);
  await page.getByRole("link", { name: "Overview" }).first().click();
  await expect(heading(page, "Account Settings")).toBeVisible();
  expect(dialogs).toHaveLength(3);
});

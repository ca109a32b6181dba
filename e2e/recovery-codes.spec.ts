import { listRoutes } from "./build";
import { age, countRows, countSpentCodes, endWaits, readFailures } from "./database";
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
  readTenCodes,
  told,
} from "./people";
import { composeSubmission, type Fields } from "./plain-browser";
import {
  logInWithCodePlainly,
  RECOVERED_PATH,
  reachRecoveryCodes,
  readCodes,
  type WithCodes,
} from "./prepared-people";
import type { Sql } from "./servers";

const CODES = "/account/mfa/recovery-codes";

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

test("RC-07 RC-19 with one set used up and a newer one not yet marked as saved, every page counts the newer one", async ({
  prepare,
  portal: { baseURL },
}) => {
  const person = await prepare.withCodes();
  await person.browser.press(await person.browser.open(CODES), "Generate New Codes");
  for (const code of person.codes.slice(0, 9)) await logInWithCodePlainly(person, code, baseURL);
  const last = await logInWithCodePlainly(person, person.codes[9] ?? "", baseURL);
  const landing = textOf((await last.open(RECOVERED_PATH)).body);
  expect(landing).toContain("10 of 10 codes left in set B");
  expect(landing).toContain("Go on to Account Settings");
  const overview = textOf((await last.open("/account")).body);
  expect(overview).toContain("You are protected, but set B isn’t marked as saved");
  expect(overview).not.toContain("locked out");
  const { browser, page } = await reachRecoveryCodes(person, baseURL);
  const asked = textOf(page.body);
  expect(asked).toContain("Use a code from set B");
  expect(asked).toContain("10 left, the next unused is number 1.");
  expect(asked).not.toContain("set A");
  const listed = textOf((await browser.open("/login/verify/methods")).body);
  expect(listed).not.toContain("Set A");
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

test("RC-08 codes that failures turned off are made anew in a login with any other method, and in no other", async ({
  prepare,
  portal: { sql, baseURL },
}) => {
  const person = await prepare.withCodes();
  const { browser, page } = await reachRecoveryCodes(person, baseURL);
  const stranger = await prepare.withCodes();
  await browser.press(page, "Verify", { code: stranger.codes[0] ?? "" });
  const generate = async (method: string) => {
    const user = `(SELECT "id" FROM "User" WHERE "email" = $1)`;
    await sql(`UPDATE "Throttle" SET "failures" = 100 WHERE "subject" = ${user}::text`, [
      person.email,
    ]);
    await sql(
      `UPDATE "Session" SET "amr" = string_to_array('pwd,mfa,' || $2, ',') WHERE "userId" = ${user}`,
      [person.email, method],
    );
    const codesPage = await person.browser.open("/account/mfa/recovery-codes");
    return person.browser.press(codesPage, "Generate New Codes");
  };
  expect(textOf((await generate("recovery")).body)).toContain("log in with your other method");
  for (const method of ["hwk", "mca", "otp"]) {
    expect(readCodes(await generate(method)), method).toHaveLength(10);
    expect(await readFailures(sql, person.email, "recovery-codes"), method).toBe(0);
  }
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
  await expect(heading(page, "You’re in")).toBeVisible();
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

test("RC-14 RC-21 the old set works until the new one is marked as saved, and then no code of it does", async ({
  page,
  context,
  prepare,
  portal: { baseURL },
}) => {
  const person = await prepare.withCodes();
  await lendCookies(person.browser, context);
  await page.goto(CODES);
  const keep = "Keep set A working until I confirm that I saved set B";
  await expect(page.getByRole("radio", { name: keep })).toBeChecked();
  await expect(page.getByRole("radio", { name: "Stop set A now" })).not.toBeChecked();
  await button(page, "Generate New Codes").click();
  const codes = await readTenCodes(page);
  await expect(told(page, /Set A keeps working until you confirm/)).toBeVisible();
  await expect(told(page, /Keep them like your password.*false login page/)).toBeVisible();

  page.once("dialog", (dialog) => dialog.accept());
  await page.goto(CODES);
  await expect(heading(page, "New set")).toBeVisible();
  await expect(told(page, /Set B works, and so does set A/)).toBeVisible();
  await page.goto("/account/mfa");
  await expect(told(page, /Set B works, but is not marked as saved\. Set A works/)).toBeVisible();
  await logInWithCodePlainly(person, person.codes[0] ?? "", baseURL);

  await page.goto(CODES);
  await button(page, "Mark set B as saved").click();
  await expect(told(page, /Your recovery codes are marked as saved/)).toBeVisible();
  for (const old of person.codes.slice(1)) {
    expect(await refusalOf(person, old, baseURL)).toMatch(/set A were replaced on .* Use set B\./);
  }
  await logInWithCodePlainly(person, codes[0] ?? "", baseURL);
});

test("RC-16 RC-19 a set that is not marked as saved is told wherever a login leads, and never beside the ten codes", async ({
  page,
  context,
  prepare,
  portal: { baseURL },
}) => {
  const person = await prepare.withApp();
  await lendCookies(person.browser, context);
  const notice = told(page, /Set A isn.t marked as saved yet/);
  await page.goto(CODES);
  await button(page, "Add Recovery Codes").click();
  const codes = await readTenCodes(page);
  await expect(notice).toHaveCount(0);
  const landing = await (await logInWithCodePlainly(person, codes[0] ?? "", baseURL)).open(
    RECOVERED_PATH,
  );
  expect(textOf(landing.body)).toMatch(/Set A isn.t marked as saved yet/);

  page.once("dialog", (dialog) => dialog.accept());
  await page.goto("/account/password");
  await expect(notice).toBeVisible();
  const goTo = (name: string) =>
    page.getByRole("navigation").getByRole("link", { name, exact: true }).click();
  await goTo("Overview");
  await expect(told(page, /but set A isn.t marked as saved/)).toBeVisible();
  await expect(notice).toHaveCount(0);
  await goTo("Password");
  await page.getByRole("link", { name: "Mark as saved, or make a new set" }).click();
  await expect(heading(page, "Recovery Codes")).toBeVisible();
  await expect(notice).toHaveCount(0);
  await button(page, "Mark as saved").click();
  await expect(told(page, /Your recovery codes are marked as saved/)).toBeVisible();
  await goTo("Password");
  await expect(heading(page, "Change your password")).toBeVisible();
  await expect(notice).toHaveCount(0);
});

test("RC-16 RC-19 an unsaved set is told on the overview whatever else is amiss, and not discarded as the last that works", async ({
  prepare,
  portal: { sql },
}) => {
  const person = await prepare.withCodes();
  const { email, browser } = person;
  const textAt = async (path: string) => textOf((await browser.open(path)).body);
  const notice = /Set B isn.t marked as saved yet/;
  await generateAgain(person);
  expect(await textAt("/account")).toMatch(notice);
  expect(await textAt(CODES)).toContain("Discard set B");
  await sql(
    `UPDATE "AuthenticatorApp" SET "suspendedAt" = now()
     WHERE "userId" = (SELECT "id" FROM "User" WHERE "email" = $1)`,
    [email],
  );
  await sql(
    `UPDATE "RecoveryCode" SET "usedAt" = now() WHERE "setId" = (SELECT "id" FROM "RecoveryCodeSet"
     WHERE "letter" = 'A' AND "userId" = (SELECT "id" FROM "User" WHERE "email" = $1))`,
    [email],
  );
  expect(await textAt("/account")).toMatch(notice);
  expect(await textAt("/account")).toContain("None of your usual methods works right now");
  const codes = await textAt(CODES);
  expect(codes).toMatch(/Set B works; set A is used up.*If you did not save set B, make new codes/);
  expect(codes).not.toContain("Discard set B");
});

test("RC-14 the first use of a new code ends the old set; without a choice the old set is kept", async ({
  prepare,
  portal: { sql, baseURL },
}) => {
  const person = await prepare.withCodes();
  const codes = await generateAgain(person, { previous: undefined });
  expect(await countLiveSets(sql, person.email)).toBe(2);
  await logInWithCodePlainly(person, person.codes[3] ?? "", baseURL);
  expect(await countLiveSets(sql, person.email)).toBe(2);
  await logInWithCodePlainly(person, codes[6] ?? "", baseURL);
  expect(await countLiveSets(sql, person.email)).toBe(1);
  expect(await refusalOf(person, person.codes[4] ?? "", baseURL)).toContain("set A were replaced");
});

test("RC-14 a set that is stopped now is dead before the new codes are read", async ({
  prepare,
  portal: { sql, baseURL },
}) => {
  const person = await prepare.withCodes();
  const codes = await generateAgain(person, { previous: "stop-now" });
  expect(await countLiveSets(sql, person.email)).toBe(1);
  for (const old of person.codes) {
    expect(await refusalOf(person, old, baseURL)).toMatch(/set A were replaced on .* Use set B\./);
  }
  expect(await readFailures(sql, person.email, "recovery-codes")).toBe(0);
  await logInWithCodePlainly(person, codes[0] ?? "", baseURL);
});

test("RC-14 a new set that was not saved can be discarded, and the set in use goes on", async ({
  page,
  context,
  prepare,
  portal: { baseURL },
}) => {
  const person = await prepare.withCodes();
  const dropped = await generateAgain(person);
  await lendCookies(person.browser, context);
  await page.goto(CODES);
  await button(page, "Discard set B").click();
  await expect(told(page, /Set B is discarded/)).toBeVisible();
  await expect(heading(page, "New set")).toHaveCount(0);
  expect(await refusalOf(person, dropped[0] ?? "", baseURL)).toMatch(
    /set B were discarded on .* Use set A\./,
  );
  await logInWithCodePlainly(person, person.codes[0] ?? "", baseURL);
});

test("RC-14 a double click and a second tab replace a set once", async ({
  page,
  context,
  prepare,
  portal: { sql, baseURL },
}) => {
  const person = await prepare.withCodes();
  await lendCookies(person.browser, context);
  const secondTab = await context.newPage();
  for (const tab of [page, secondTab]) await tab.goto(CODES);
  await secondTab.getByRole("radio", { name: "Stop set A now" }).check();
  await button(page, "Generate New Codes").dblclick();
  await readTenCodes(page);
  await button(secondTab, "Generate New Codes").click();
  await expect(told(secondTab, /Set B was made a moment ago/)).toBeVisible();
  await expect(secondTab.getByRole("radio", { name: "Stop set A now" })).toBeChecked();
  expect(await countRows(sql, "RecoveryCodeSet", person.email)).toBe(2);
  await logInWithCodePlainly(person, person.codes[0] ?? "", baseURL);
});

test("RC-14 confirming, discarding and generating from three tabs at once leave two sets at most", async ({
  prepare,
  portal: { sql, baseURL, secondURL = baseURL },
}) => {
  for (let round = 0; round < 3; round += 1) {
    const person = await prepare.withCodes();
    await generateAgain(person);
    const page = await person.browser.open(CODES);
    const tab = (origin: string) => person.browser.copy(origin);
    await Promise.all([
      tab(baseURL).press(page, "Mark set B as saved"),
      tab(secondURL).press(page, "Discard set B"),
      tab(secondURL).press(page, "Generate New Codes"),
    ]);
    const live = await sql(
      `SELECT s."letter", count(c."sealedDigest")::int AS "digests"
       FROM "RecoveryCodeSet" s JOIN "RecoveryCode" c ON c."setId" = s."id"
       WHERE s."endedAt" IS NULL AND s."userId" = (SELECT "id" FROM "User" WHERE "email" = $1)
       GROUP BY s."letter" ORDER BY s."letter"`,
      [person.email],
    );
    expect(live).toHaveLength(2);
    expect(live[1]).toEqual({ letter: "C", digests: 10 });
    expect(live[0]?.digests).toBe(10);
  }
});

test("RC-14 SE-07 what was chosen for the old set is still chosen after a fresh proof", async ({
  prepare,
  portal: { sql },
}) => {
  const person = await prepare.withCodes();
  const page = await person.browser.open(CODES);
  await age(sql, { table: "Session", columns: ["authTime"], email: person.email, minutes: 11 });
  const asked = await person.browser.press(page, "Generate New Codes", { previous: "stop-now" });
  expect(asked.path).toMatch(/^\/account\/verify\/authenticator-app\?return=/);
  expect(await countRows(sql, "RecoveryCodeSet", person.email)).toBe(1);
  await age(sql, { table: "Session", columns: ["authTime"], email: person.email, minutes: -11 });
  const again = await person.browser.open(CODES);
  await person.browser.press(again, "Generate New Codes");
  expect(await countLiveSets(sql, person.email)).toBe(1);
});

test("RC-09 a session of the password alone gets a step-up, not codes, once there is an app", async ({
  prepare,
  portal: { sql },
}) => {
  const person = await prepare.withApp();
  const page = await person.browser.open(CODES);
  await sql(
    `UPDATE "Session" SET "amr" = '{pwd}', "aal" = 1
     WHERE "userId" = (SELECT "id" FROM "User" WHERE "email" = $1)`,
    [person.email],
  );
  const answer = await person.browser.press(page, "Add Recovery Codes");
  expect(answer.path).toMatch(/^\/account\/verify\/authenticator-app\?return=/);
  expect(await countRows(sql, "RecoveryCodeSet", person.email)).toBe(0);
});

test("RC-10 RC-19 after a login with a code, the owner sees when it was used, and a new set counts ten", async ({
  prepare,
  portal: { sql, baseURL },
}) => {
  const person = await prepare.withCodes();
  const browser = await logInWithCodePlainly(person, person.codes[2] ?? "", baseURL);
  await restrict(sql, person.email);
  const page = await browser.open(CODES);
  expect(textOf(page.body)).toMatch(/9 of 10 codes left.* 2 Unused 3 Used \d+ \w+ \d{4} 4 Unused/);
  for (const code of person.codes) expect(page.body).not.toContain(code);
  const shown = await browser.press(page, "Generate New Codes", { previous: "stop-now" });
  expect(readCodes(shown)).toHaveLength(10);
  expect(textOf((await browser.open("/account/mfa")).body)).toContain("10 of 10 codes left");
});

test("RC-20 AX-11 codes are revoked at once, after a page that says what that means", async ({
  page,
  context,
  prepare,
  portal: { sql, baseURL },
}) => {
  const person = await prepare.withCodes();
  await generateAgain(person);
  const login = await reachRecoveryCodes(person, baseURL);
  await lendCookies(person.browser, context);
  await page.goto(CODES);
  await page.getByRole("link", { name: "Revoke these codes" }).click();
  await expect(heading(page, "Revoke recovery codes")).toBeVisible();
  for (const letter of ["A", "B"]) {
    await expect(told(page, new RegExp(`10 unused codes of set ${letter} stop`))).toBeVisible();
  }
  await expect(told(page, /Only your other verification methods will let you in/)).toBeVisible();
  expect(await countLiveSets(sql, person.email)).toBe(2);
  await button(page, "Revoke codes").click();
  await expect(told(page, /Your recovery codes are revoked/)).toBeVisible();
  await expect(button(page, "Add Recovery Codes")).toBeVisible();
  expect(await countLiveSets(sql, person.email)).toBe(0);
  const [code = ""] = person.codes;
  const refused = await login.browser.press(login.page, "Verify", { code });
  expect(refused.path).toBe("/login/verify/recovery-codes");
  expect(textOf(refused.body)).toContain("You have no recovery codes.");
  await page.goto("/account/mfa");
  await expect(button(page, "Add Recovery Codes")).toBeVisible();
});

test("RC-20 a restricted session and a stale page revoke nothing", async ({
  prepare,
  portal: { sql },
}) => {
  const person = await prepare.withCodes();
  const stale = await person.browser.open(`${CODES}/revoke`);
  await generateAgain(person);
  const answer = await person.browser.press(stale, "Revoke codes");
  expect(textOf(answer.body)).toContain("so nothing is revoked");
  const current = await person.browser.open(`${CODES}/revoke`);
  await restrict(sql, person.email);
  for (const { path } of [
    await person.browser.open(`${CODES}/revoke`),
    await person.browser.press(current, "Revoke codes"),
  ]) {
    expect(path).toMatch(/^\/account\/verify\/.*why=restricted/);
  }
  expect(await countLiveSets(sql, person.email)).toBe(2);
});

/** Generates one more set in the person's own browser and leaves it unconfirmed. */
async function generateAgain({ browser }: WithCodes, fields: Fields = {}): Promise<string[]> {
  return readCodes(await browser.press(await browser.open(CODES), "Generate New Codes", fields));
}

/** What the login says about a code that it refuses. */
async function refusalOf(person: WithCodes, code: string, baseURL: string): Promise<string> {
  const { browser, page } = await reachRecoveryCodes(person, baseURL);
  const { path, body } = await browser.press(page, "Verify", { code });
  expect(path).toBe("/login/verify/recovery-codes");
  return textOf(body);
}

async function countLiveSets(sql: Sql, email: string) {
  const [row] = await sql(
    `SELECT count(*)::int AS "count" FROM "RecoveryCodeSet"
     WHERE "endedAt" IS NULL AND "userId" = (SELECT "id" FROM "User" WHERE "email" = $1)`,
    [email],
  );
  return row?.count;
}

/** As a login with a recovery code leaves the session. */
async function restrict(sql: Sql, email: string) {
  await sql(
    `UPDATE "Session" SET "restrictedUntil" = now() + interval '72 hours'
     WHERE "userId" = (SELECT "id" FROM "User" WHERE "email" = $1)`,
    [email],
  );
}

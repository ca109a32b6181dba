import type { Response } from "@playwright/test";
import { countRows, countSpentCodes, readFailures } from "./database";
import { textOf } from "./html";
import { expect, lendCookies, test } from "./journeys";
import { button, field, heading } from "./people";
import { letTimeStepsPass } from "./phone";
import {
  composeSubmission,
  type PlainBrowser,
  type PlainPage,
  type PlainRequest,
} from "./plain-browser";
import {
  givePassword,
  logInWithCodePlainly,
  RECOVERED_PATH,
  reachRecoveryCodes,
  type WithCodes,
} from "./prepared-people";

const RACERS = 50;

type Racer = { browser: PlainBrowser; post: PlainRequest };

test("RC-06 fifty parallel posts of one code make one session, and the next code works at once", async ({
  prepare,
  portal: { sql, baseURL },
}) => {
  const person = await prepare.withCodes();
  const sessions = await countRows(sql, "Session", person.email);
  const racers = await lineUp(person, { origins: [baseURL], code: person.codes[4] ?? "" });
  const winners = await race(racers);
  expect(winners).toHaveLength(1);
  expect(await countRows(sql, "Session", person.email)).toBe(sessions + 1);
  expect(await countSpentCodes(sql, person.email)).toBe(1);
  expect((await winners[0]?.open("/account"))?.path).toBe("/account");
  await logInWithCodePlainly(person, person.codes[5] ?? "", baseURL);
  expect(await readFailures(sql, person.email, "recovery-codes")).toBe(0);
});

test("RC-06 over two servers, fifty parallel posts of one code make one session", {
  tag: "@postgres",
}, async ({ prepare, portal: { sql, baseURL, secondURL = "" } }) => {
  const person = await prepare.withCodes();
  const sessions = await countRows(sql, "Session", person.email);
  const origins = [baseURL, secondURL];
  const racers = await lineUp(person, { origins, code: person.codes[9] ?? "" });
  const winners = await race(racers);
  expect(winners).toHaveLength(1);
  expect(await countRows(sql, "Session", person.email)).toBe(sessions + 1);
  expect(await countSpentCodes(sql, person.email)).toBe(1);
  await logInWithCodePlainly(person, person.codes[0] ?? "", secondURL);
  expect(await readFailures(sql, person.email, "recovery-codes")).toBe(0);
});

test("RC-06 two different codes at the same moment make two sessions", async ({
  prepare,
  portal: { sql, baseURL, secondURL = baseURL },
}) => {
  const person = await prepare.withCodes();
  const sessions = await countRows(sql, "Session", person.email);
  const one = await reachRecoveryCodes(person, baseURL);
  const other = await reachRecoveryCodes(person, secondURL);
  const [first, second] = await Promise.all([
    one.browser.press(one.page, "Verify", { code: person.codes[0] ?? "" }),
    other.browser.press(other.page, "Verify", { code: person.codes[1] ?? "" }),
  ]);
  expect([first?.path, second?.path]).toEqual([RECOVERED_PATH, RECOVERED_PATH]);
  expect(await countRows(sql, "Session", person.email)).toBe(sessions + 2);
  expect(await countSpentCodes(sql, person.email)).toBe(2);
});

test("RC-14 ten parallel generations leave one new set of ten", async ({
  prepare,
  portal: { sql, baseURL, secondURL = baseURL },
}) => {
  const person = await prepare.withApp();
  const page = await person.browser.open("/account/mfa/recovery-codes");
  const shown = await Promise.all(
    Array.from({ length: 10 }, (_, index) => {
      const tab = person.browser.copy(index % 2 ? secondURL : baseURL);
      return tab.press(page, "Add Recovery Codes");
    }),
  );
  expect(shown.filter(({ body }) => textOf(body).includes("Your ten recovery codes"))).toHaveLength(
    1,
  );
  expect(await countRows(sql, "RecoveryCodeSet", person.email)).toBe(1);
  expect(await countRows(sql, "RecoveryCode", person.email)).toBe(10);
});

test("OT-04 the same six digits from four browsers at once make one session", async ({
  prepare,
  portal: { sql, baseURL, secondURL = baseURL },
}) => {
  const person = await prepare.withApp();
  const logins: { browser: PlainBrowser; page: PlainPage }[] = [];
  for (const origin of [baseURL, secondURL, baseURL, secondURL]) {
    logins.push(await givePassword(person, origin));
  }
  await letTimeStepsPass(sql, person.email);
  const code = person.phone.code();
  const ends = await Promise.all(
    logins.map(({ browser, page }) => browser.press(page, "Verify", { code })),
  );
  expect(ends.filter(({ path }) => path === "/account")).toHaveLength(1);
  const again = await givePassword(person, baseURL);
  const reused = await again.browser.press(again.page, "Verify", { code });
  expect(textOf(reused.body)).toContain("was just used");
  expect(await readFailures(sql, person.email, "authenticator-app")).toBe(0);
});

test("two tabs with the same login end in one session and one spent code", async ({
  page,
  context,
  prepare,
  portal: { sql, baseURL },
}) => {
  const person = await prepare.withCodes();
  const before = await countRows(sql, "Session", person.email);
  const { browser } = await givePassword(person, baseURL);
  await lendCookies(browser, context);
  const other = await context.newPage();
  const tabs = [page, other];
  for (const tab of tabs) {
    await tab.goto("/login/verify/recovery-codes");
    await field(tab, "Recovery code").fill(person.codes[0] ?? "");
  }
  const isAnswer = (response: Response) => response.request().method() === "POST";
  await Promise.all(
    tabs.flatMap((tab) => [tab.waitForResponse(isAnswer), button(tab, "Verify").click()]),
  );
  for (const tab of tabs) {
    await tab.goto("/account");
    await expect(heading(tab, "Account Settings")).toBeVisible();
  }
  expect(await countRows(sql, "Session", person.email)).toBe(before + 1);
  expect(await countSpentCodes(sql, person.email)).toBe(1);
});

/** Fifty browsers in which the person gave the password, each about to post the same code. */
async function lineUp(
  person: WithCodes,
  { origins, code }: { origins: string[]; code: string },
): Promise<Racer[]> {
  const racers: Racer[] = [];
  while (racers.length < RACERS) {
    // Five at once would begin a wait: an attempt is counted before its password is judged.
    const next = Array.from({ length: Math.min(4, RACERS - racers.length) }, async (_, index) => {
      const origin = origins[index % origins.length] ?? "";
      const { browser, page } = await reachRecoveryCodes(person, origin);
      return { browser, post: composeSubmission(page, "Verify", { code }) };
    });
    racers.push(...(await Promise.all(next)));
  }
  return racers;
}

/** Lets all of them post at the same moment, and says who got a session cookie. */
async function race(racers: Racer[]): Promise<PlainBrowser[]> {
  const answers = await Promise.all(
    racers.map(async ({ browser, post }) => ({ browser, answer: await browser.send(post) })),
  );
  const winners = answers.filter(({ answer }) =>
    answer.setCookies.some((line) => /session=[^;]/.test(line)),
  );
  return winners.map(({ browser }) => browser);
}

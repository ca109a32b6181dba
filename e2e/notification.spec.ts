import { setTimeout as sleep } from "node:timers/promises";
import type { Page } from "@playwright/test";
import { age, countRows, readFailures } from "./database";
import { textOf } from "./html";
import { expect, lendCookies, test } from "./journeys";
import { findMail } from "./mailbox";
import {
  button,
  chooseRecoveryCodes,
  enterPassword,
  enterRecoveryCode,
  heading,
  link,
  type Person,
  told,
} from "./people";
import { readQr } from "./phone";
import { PlainBrowser, type PlainPage } from "./plain-browser";
import { givePassword, RECOVERED_PATH } from "./prepared-people";
import type { Sql } from "./servers";
import { SigningPhone } from "./signing-phone";

const HELP = "Didn't receive a notification?";
const PATH = "/login/verify/notification";

test("PU-01 PU-07 AM-01 the number from the login screen, entered on the phone, lets the login go on by itself", async ({
  page,
  prepare,
  portal: { sql, baseURL },
}) => {
  const person = await prepare.withCodes();
  const phone = await SigningPhone.connect(person, { sql, origin: baseURL });
  await logIn(page, person);
  await expect(heading(page, "Approve the notification")).toBeVisible();
  await expect(page.getByRole("status").getByText("Waiting for approval")).toBeVisible();
  const [request] = await phone.requests();
  expect(request).toMatchObject({
    email: person.email,
    occasion: "login",
    portal: baseURL,
    address: "127.0.0.1",
    browser: expect.stringMatching(/on Linux$/),
  });
  expect(JSON.stringify(request)).not.toContain(await readNumber(page));
  expect(await phone.approve(request?.id ?? "", await readNumber(page))).toMatchObject({
    status: 200,
  });
  await expect(heading(page, "Account Settings")).toBeVisible();
  expect(await readAmr(sql, person)).toEqual(["pwd", "mca", "mfa"]);
});

test("AX-03 the picture beside the number holds both, so that nobody has to copy digits", async ({
  page,
  prepare,
  portal: { sql, baseURL },
}) => {
  const person = await prepare.withCodes();
  await SigningPhone.connect(person, { sql, origin: baseURL });
  await logIn(page, person);
  const scanned = await readQr(page.getByRole("img", { name: /QR/ }));
  const [id] = await openRequests(sql, person);
  expect(scanned).toBe(`${baseURL}/authenticator#approve=${id}.${await readNumber(page)}`);
  await button(page, HELP).click();
  await expect(link(page, "Choose Another Verification Method")).toHaveCount(1);
});

test("PU-01 PU-05 PU-08 PU-15 nothing but the phone's own key with the number approves, and nobody else's browser learns of it", async ({
  prepare,
  portal: { sql, baseURL },
}) => {
  const person = await prepare.withCodes();
  const phone = await SigningPhone.connect(person, { sql, origin: baseURL });
  const { browser, page } = await givePassword(person, baseURL);
  expect(page.path).toBe(PATH);
  const number = numberOf(page);
  const [id = ""] = await openRequests(sql, person);

  expect(await phone.approve(id, "")).toMatchObject({ status: 400, body: { reason: "number" } });
  expect(await (await phone.forged()).approve(id, number)).toMatchObject({ status: 401 });
  const stranger = await prepare.member();
  const foreign = await SigningPhone.connect(stranger, { sql, origin: baseURL });
  expect(await foreign.approve(id, number)).toMatchObject({ status: 404 });
  const fields = { requestId: id, number, decision: "approved" };
  for (const session of [person.browser, browser]) {
    const byCookie = await session.send({
      path: "/authenticator/answers",
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(fields),
    });
    expect(byCookie.status).toBeGreaterThanOrEqual(400);
  }
  for (const path of ["/authenticator/answers", "/authenticator/requests"]) {
    const got = await person.browser.send({ path: `${path}?${new URLSearchParams(fields)}` });
    expect(got.status).toBe(405);
  }
  const foreignOrigin = { origin: "https://evil.example", "content-type": "application/json" };
  const crossed = await browser.send({
    path: "/authenticator/answers",
    method: "POST",
    headers: foreignOrigin,
    body: JSON.stringify(fields),
  });
  expect(crossed.status).toBe(403);

  const status = { path: `${PATH}/status?request=${id}` };
  for (const other of [new PlainBrowser(baseURL), stranger.browser, person.browser]) {
    expect((await other.send(status)).status).toBe(404);
  }
  for (const wrong of ["", "1", crypto.randomUUID()]) {
    expect((await browser.send({ path: `${PATH}/status?request=${wrong}` })).status).toBe(404);
  }
  const still = await browser.press(await browser.open(PATH), "Continue");
  expect(textOf(still.body)).toContain("Nothing is approved yet");
  expect(await openRequests(sql, person)).toEqual([id]);
  expect(await readFailures(sql, person.email, "notification")).toBe(0);
});

test("PU-03 approving one login does not complete another, and an approval completes one login once", async ({
  prepare,
  portal: { sql, baseURL },
}) => {
  const person = await prepare.withCodes();
  const phone = await SigningPhone.connect(person, { sql, origin: baseURL });
  const attacker = await givePassword(person, baseURL);
  const owner = await givePassword(person, baseURL);
  const sessions = await countRows(sql, "Session", person.email);
  const [id = ""] = await openRequests(sql, person);
  expect(await phone.approve(id, numberOf(owner.page))).toMatchObject({ status: 200 });
  const refused = await attacker.browser.press(attacker.page, "Continue");
  expect(textOf(refused.body)).toContain("Nothing is approved yet");

  const twins = await Promise.all(
    Array.from({ length: 5 }, () => owner.browser.copy().press(owner.page, "Continue")),
  );
  expect(twins.filter(({ path }) => path === "/account")).toHaveLength(1);
  expect(await countRows(sql, "Session", person.email)).toBe(sessions + 1);
  const replayed = await owner.browser.press(owner.page, "Continue");
  expect(replayed.path).toBe("/login?why=expired");
  expect(await phone.approve(id, numberOf(owner.page))).toMatchObject({ status: 410 });
});

test("PU-07 T15 “This wasn't me” ends the login, which says so, and a mail advises a new password", async ({
  page,
  prepare,
  portal,
}) => {
  const { sql, baseURL } = portal;
  const person = await prepare.withCodes();
  await sql(`UPDATE "Address" SET "verifiedAt" = now() WHERE "email" = $1`, [person.email]);
  const phone = await SigningPhone.connect(person, { sql, origin: baseURL });
  await logIn(page, person);
  await expect(heading(page, "Approve the notification")).toBeVisible();
  const [request] = await phone.requests();
  await phone.deny(request?.id ?? "");
  await expect(page.getByRole("status").getByText("Denied on your phone")).toBeVisible();
  await expect(link(page, "Choose a new password")).toHaveAttribute("href", "/forgot");
  await page.goto("/login/verify/recovery-codes");
  await expect(told(page, /That login was denied on your phone/)).toBeVisible();
  const mail = await findMail(portal, person.email, /denied on your phone/);
  expect(mail.text).toContain("choose a new password now");
  expect(mail.text).toContain("127.0.0.1");
});

test("PU-02 three wrong numbers end the notification; a new one starts with the same count", async ({
  page,
  prepare,
  portal: { sql, baseURL },
}) => {
  const person = await prepare.withCodes();
  const phone = await SigningPhone.connect(person, { sql, origin: baseURL });
  await logIn(page, person);
  const number = await readNumber(page);
  const wrong = number === "000000" ? "111111" : "000000";
  const [id = ""] = await openRequests(sql, person);
  for (let round = 0; round < 3; round++) {
    expect(await phone.approve(id, wrong)).toMatchObject({ status: 422 });
  }
  await expect(page.getByRole("status").getByText(/Three wrong numbers/)).toBeVisible();
  await button(page, "Send notification").click();
  await expect(page.getByRole("status").getByText(/Waiting for approval/)).toBeVisible();
  expect(await readFailures(sql, person.email, "notification")).toBe(3);
  const [next = ""] = await openRequests(sql, person);
  await phone.approve(next, await readNumber(page));
  await expect(heading(page, "Account Settings")).toBeVisible();
  expect(await readFailures(sql, person.email, "notification")).toBe(0);
});

test("PU-04 “Send again” makes a new number and ends the old one; the sixth is refused with the time left, and no row is made", async ({
  page,
  prepare,
  portal: { sql, baseURL },
}) => {
  const person = await prepare.withCodes();
  const phone = await SigningPhone.connect(person, { sql, origin: baseURL });
  await logIn(page, person);
  await button(page, HELP).click();
  const [first = ""] = await openRequests(sql, person);
  const old = await readNumber(page);
  for (let sent = 2; sent <= 5; sent++) {
    const [before] = await openRequests(sql, person);
    await button(page, "Send again").click();
    await expect(async () =>
      expect(await openRequests(sql, person)).not.toEqual([before]),
    ).toPass();
    await expect(page.getByRole("status").getByText(/A new notification was sent/)).toBeVisible();
  }
  expect(await phone.approve(first, old)).toMatchObject({ status: 410 });
  await button(page, "Send again").click();
  await expect(told(page, /Five notifications .* can be sent in (9|10) minutes/)).toBeVisible();
  expect(await countRows(sql, "ApprovalRequest", person.email)).toBe(5);
  await expect(link(page, "Choose Another Verification Method")).toBeVisible();

  const { page: screen } = await givePassword(person, baseURL);
  expect(textOf(screen.body)).toMatch(/Five notifications were sent within ten minutes/);
  expect(textOf(screen.body)).toContain("Choose Another Verification Method");
  expect(screen.body).not.toMatch(/>Send notification</);
  expect(await countRows(sql, "ApprovalRequest", person.email)).toBe(5);
});

test("PU-03 AX-09 a notification that nobody answers is over after two minutes, and another can be sent", async ({
  page,
  prepare,
  portal: { sql, baseURL },
}) => {
  const person = await prepare.withCodes();
  const phone = await SigningPhone.connect(person, { sql, origin: baseURL });
  await logIn(page, person);
  const number = await readNumber(page);
  const [id = ""] = await openRequests(sql, person);
  await age(sql, { ...OF_REQUEST, email: person.email, minutes: 2 });
  await page.reload();
  await expect(page.getByRole("status").getByText("The time is over")).toBeVisible();
  expect(await phone.approve(id, number)).toMatchObject({ status: 410 });
  expect(await phone.requests()).toEqual([]);
  await button(page, "Send notification").click();
  await expect(page.getByRole("status").getByText(/Waiting for approval/)).toBeVisible();
});

test("AX-09 the end of a number and of a login are told in time, and a new number can be had", async ({
  page,
  prepare,
  portal: { sql, baseURL },
}) => {
  const person = await prepare.withCodes();
  await SigningPhone.connect(person, { sql, origin: baseURL });
  await page.clock.install();
  await logIn(page, person);
  await expect(heading(page, "Approve the notification")).toBeVisible();
  await page.clock.runFor(85_000);
  await expect(button(page, "Get a new number")).toHaveCount(0);
  await page.clock.runFor(10_000);
  const warning = page.getByRole("status").getByText(/works for less than half a minute/);
  await expect(warning).toBeVisible();
  const old = await readNumber(page);
  await button(page, "Get a new number").click();
  await expect(warning).toHaveCount(0);
  expect(await readNumber(page)).not.toBe(old);
  const ending = page.getByRole("status").getByText(/This login ends in less than a minute/);
  await expect(ending).toHaveCount(0);
  await page.clock.runFor(545_000); // the server's own clock stood still meanwhile
  await expect(ending).toBeVisible();
  await expect(button(page, "Start over")).toBeVisible();
});

test("the whole path from a missed notification to a recovery code", async ({
  page,
  prepare,
  portal: { sql, baseURL },
}) => {
  const person = await prepare.withCodes();
  await SigningPhone.connect(person, { sql, origin: baseURL });
  await logIn(page, person);
  await expect(heading(page, "Approve the notification")).toBeVisible();
  const help = button(page, HELP);
  await expect(help).toHaveAttribute("aria-expanded", "false");
  await expect(link(page, "Choose Another Verification Method")).toBeHidden();
  await help.click();
  await expect(help).toHaveAttribute("aria-expanded", "true");
  await expect(button(page, "Send again")).toBeVisible();
  await chooseRecoveryCodes(page);
  await enterRecoveryCode(page, person.codes[0] ?? "");
  await expect(page).toHaveURL(/\/account\/recovered/);
});

test("the whole path from a missed notification to a recovery code, without scripts", async ({
  prepare,
  portal: { sql, baseURL },
}) => {
  const person = await prepare.withCodes();
  const phone = await SigningPhone.connect(person, { sql, origin: baseURL });
  const { browser, page } = await givePassword(person, baseURL);
  expect(page.path).toBe(PATH);
  const opened = await browser.press(page, HELP);
  expect(opened.path).toBe(`${PATH}?help=open`);
  expect(opened.body).toMatch(/aria-expanded="true"/);
  const again = await browser.press(opened, "Send again");
  expect(again.path).toBe(`${PATH}?help=open&sent=now`);
  expect(textOf(again.body)).toContain("A new notification was sent");
  expect(numberOf(again)).not.toBe(numberOf(page));
  expect(opened.body).toContain('href="/login/verify/methods"');
  const codes = await browser.open("/login/verify/recovery-codes");
  const inside = await browser.press(codes, "Verify", { code: person.codes[0] });
  expect(inside.path).toBe(RECOVERED_PATH);

  const other = await givePassword(person, baseURL);
  const [id = ""] = await openRequests(sql, person);
  await phone.approve(id, numberOf(other.page));
  const approved = await other.browser.press(other.page, "Continue");
  expect(approved.path).toBe("/account");

  const denied = await givePassword(person, baseURL);
  const [last = ""] = await openRequests(sql, person);
  await phone.deny(last);
  const over = await denied.browser.press(denied.page, "Continue");
  expect(over.path).toBe("/login?why=denied");
  expect(textOf(over.body)).toContain("That login was denied on your phone");
});

test("NX-06 opening the screen sends nothing; a preferred other method neither", async ({
  prepare,
  portal: { sql, baseURL },
}) => {
  const person = await prepare.withCodes();
  await SigningPhone.connect(person, { sql, origin: baseURL });
  await sql(`UPDATE "User" SET "preferredMethod" = 'authenticator-app' WHERE "email" = $1`, [
    person.email,
  ]);
  const { browser, page } = await givePassword(person, baseURL);
  expect(page.path).toBe("/login/verify/authenticator-app");
  const screen = await browser.open(PATH);
  expect(await countRows(sql, "ApprovalRequest", person.email)).toBe(0);
  const sent = await browser.press(screen, "Send notification");
  expect(sent.path).toBe(`${PATH}?sent=now`);
  expect(numberOf(sent)).toMatch(/^\d{6}$/);
  await browser.open(PATH);
  expect(await countRows(sql, "ApprovalRequest", person.email)).toBe(1);
});

test("SE-07 PU-03 PU-15 a step-up is approved in the same way, and denying it ends the session", async ({
  page,
  context,
  prepare,
  portal: { sql, baseURL },
}) => {
  const person = await prepare.withCodes();
  const phone = await SigningPhone.connect(person, { sql, origin: baseURL });
  const makeOld = () =>
    age(sql, { table: "Session", columns: ["authTime"], email: person.email, minutes: 11 });
  await makeOld();
  await lendCookies(person.browser, context);
  await page.goto("/account/mfa/recovery-codes");
  await button(page, "Generate New Codes").click();
  await expect(heading(page, "Approve the notification")).toBeVisible();
  await button(page, "Send notification").click();
  await expect(page.getByRole("status").getByText(/Waiting for approval/)).toBeVisible();
  const [request] = await phone.requests();
  expect(request).toMatchObject({ occasion: "step-up" });
  const id = request?.id ?? "";
  const { browser: stranger } = await givePassword(person, baseURL);
  for (const other of [new PlainBrowser(baseURL), stranger]) {
    const status = await other.send({ path: `/account/verify/notification/status?request=${id}` });
    expect(status.status).toBe(404);
  }
  await expect(page.getByRole("status").getByText(/took the place of this one/)).toBeVisible();
  await button(page, "Send notification").click(); // the stranger's login had ended the first
  await expect(page.getByRole("status").getByText(/A new notification was sent/)).toBeVisible();
  const [next] = await phone.requests();
  await phone.approve(next?.id ?? "", await readNumber(page));
  await expect(heading(page, "Recovery Codes")).toBeVisible();

  await makeOld();
  await button(page, "Generate New Codes").click();
  await button(page, "Send notification").click();
  await expect(page.getByRole("status").getByText(/Waiting for approval/)).toBeVisible();
  const [last] = await phone.requests();
  await phone.deny(last?.id ?? "");
  await expect(page.getByRole("status").getByText("Denied on your phone")).toBeVisible();
  await page.goto("/account");
  await expect(heading(page, "Log in")).toBeVisible();
});

test("PU-15 @postgres approved at one server, the login that waits at another goes on", async ({
  browser,
  prepare,
  portal: { sql, baseURL, secondURL = "" },
}) => {
  const person = await prepare.withCodes();
  const phone = await SigningPhone.connect(person, { sql, origin: baseURL });
  const context = await browser.newContext({ baseURL: secondURL });
  const page = await context.newPage();
  await logIn(page, person);
  await expect(page.getByRole("status").getByText("Waiting for approval")).toBeVisible();
  const [request] = await phone.requests();
  await phone.approve(request?.id ?? "", await readNumber(page));
  await expect(heading(page, "Account Settings")).toBeVisible();
  await context.close();
});

test("PU-15 @postgres a server that stops answers those who wait at it, and they go on at another", async ({
  prepare,
  launch,
  portal: { sql, baseURL, environment },
}) => {
  const person = await prepare.withCodes();
  const phone = await SigningPhone.connect(person, { sql, origin: baseURL });
  const stopping = await launch({ environment });
  const { browser, page } = await givePassword(person, stopping.baseURL);
  const [id = ""] = await openRequests(sql, person);
  const status = { path: `${PATH}/status?request=${id}` };
  const waiting = browser.send(status);
  await expect(Promise.race([waiting, sleep(1_000)])).resolves.toBeUndefined();
  const began = performance.now();
  await stopping.stop();
  expect(performance.now() - began).toBeLessThan(8_000); // a request that rested would have taken 25 seconds
  const left = await waiting;
  expect([left.status, left.body]).toEqual([200, '{"state":"waiting"}']);
  const elsewhere = browser.copy(baseURL);
  const followed = elsewhere.send(status);
  await phone.approve(id, numberOf(page));
  expect((await followed).body).toBe('{"state":"approved"}');
});

const OF_REQUEST = { table: "ApprovalRequest", columns: ["createdAt", "expiresAt"] };

async function logIn(page: Page, person: Person): Promise<void> {
  await page.goto("/login");
  await enterPassword(page, person);
}

/** The six digits as the screen shows them. */
async function readNumber(page: Page): Promise<string> {
  const shown = page.getByRole("img", { name: /^Number:( \d){6}$/ });
  return ((await shown.textContent()) ?? "").replace(/\D/g, "");
}

function numberOf({ body }: PlainPage): string {
  return (/aria-label="Number:((?: \d){6})"/.exec(body)?.[1] ?? "").replaceAll(" ", "");
}

/** The ids of a person's requests that wait for an answer. */
async function openRequests(sql: Sql, { email }: Person): Promise<string[]> {
  const rows = await sql(
    `SELECT "id" FROM "ApprovalRequest" WHERE "decision" IS NULL AND "endedAt" IS NULL AND "expiresAt" > now()
     AND "userId" = (SELECT "id" FROM "User" WHERE "email" = $1)`,
    [email],
  );
  return rows.map(({ id }) => `${id}`);
}

async function readAmr(sql: Sql, { email }: Person): Promise<unknown> {
  const [row] = await sql(
    `SELECT "amr" FROM "Session" WHERE "userId" = (SELECT "id" FROM "User" WHERE "email" = $1)
     ORDER BY "createdAt" DESC LIMIT 1`,
    [email],
  );
  return row?.amr;
}

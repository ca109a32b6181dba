import {
  age,
  countRows,
  countSpentCodes,
  endWaits,
  findChanges,
  readFailures,
  takeSnapshot,
} from "./database";
import { linksOf, textOf } from "./html";
import { expect, test } from "./journeys";
import { somebodyNew } from "./people";
import { composeSubmission, PlainBrowser, type PlainPage, parseSetCookie } from "./plain-browser";
import { givePassword, RECOVERED_PATH, reachRecoveryCodes } from "./prepared-people";

const PAGE_OF_A_METHOD =
  /^\/login\/verify\/(notification|authenticator-app|security-key|recovery-codes|temporary-code)$/;
const STEPS = ["", "/authenticator-app", "/recovery-codes", "/methods"];

test("TH-01 no step is reached or answered without the password step of the same person", async ({
  prepare,
  portal: { sql, baseURL },
}) => {
  const person = await prepare.withCodes();
  const stranger = await prepare.withCodes();
  const theirs = await reachRecoveryCodes(person, baseURL);
  const [code = ""] = person.codes;

  const nobody = new PlainBrowser(baseURL);
  for (const step of STEPS) {
    expect((await nobody.open(`/login/verify${step}`)).path).toBe("/login?why=expired");
  }
  const skipped = await nobody.press(theirs.page, "Verify", { code });
  expect(skipped.path).toBe("/login?why=expired");

  const invented = new PlainBrowser(baseURL, [["sparekey-login", "A".repeat(43)]]);
  expect((await invented.press(theirs.page, "Verify", { code })).path).toBe("/login?why=expired");

  const others = await reachRecoveryCodes(stranger, baseURL);
  const crossed = await others.browser.press(others.page, "Verify", { code });
  expect(textOf(crossed.body)).toMatch(/That code isn.t valid or was already used\./);
  expect(await countSpentCodes(sql, person.email)).toBe(0);

  expect((await theirs.browser.press(theirs.page, "Verify", { code })).path).toBe(RECOVERED_PATH);
  const replay = new PlainBrowser(baseURL, others.browser.cookies);
  const again = await replay.press(others.page, "Verify", { code: stranger.codes[0] ?? "" });
  expect(again.path).toBe(RECOVERED_PATH);
});

test("TH-08 who has not given the password touches no counter and no code", async ({
  prepare,
  portal: { sql, baseURL },
}) => {
  const person = await prepare.withCodes();
  const { page } = await reachRecoveryCodes(person, baseURL);
  const { page: appPage } = await givePassword(person, baseURL);
  const before = await takeSnapshot(sql);
  const nobody = new PlainBrowser(baseURL);
  for (const code of [...person.codes, "A3K7-9QXW-B4TN-HRZ8", "no code at all"]) {
    await nobody.press(page, "Verify", { code });
    await nobody.press(appPage, "Verify", { code: person.phone.code() });
  }
  expect(await findChanges(sql, before)).toEqual({});
});

test("TH-10 unknown, wrong and disabled are the same answer, byte for byte", async ({
  prepare,
  portal: { sql, baseURL },
}) => {
  const disabled = await prepare.withCodes();
  await sql(`UPDATE "User" SET "disabledAt" = now() WHERE "email" = $1`, [disabled.email]);
  const wrong = await prepare.withCodes();
  const unknown = somebodyNew();
  const tries = [
    { ...wrong, password: "not my password at all" },
    { ...unknown, password: "not my password at all" },
    disabled,
  ];
  const answers = [];
  for (const { email, password } of tries) {
    const browser = new PlainBrowser(baseURL);
    const page = await browser.open("/login");
    const answer = await browser.send(composeSubmission(page, "Log in", { email, password }));
    expect(textOf(answer.body)).toMatch(/don.t match an account/);
    const { date, ...headers } = answer.headers;
    answers.push({
      status: answer.status,
      setCookies: answer.setCookies,
      headers: unify(JSON.stringify(headers), email, answer.headers["content-security-policy"]),
      body: unify(answer.body, email, answer.headers["content-security-policy"]),
    });
  }
  const [first, ...rest] = answers;
  expect(first?.setCookies).toEqual([]);
  for (const answer of rest) expect(answer).toEqual(first);
});

test("TH-10 TH-05 an unknown address waits after five tries as a known one does", async ({
  prepare,
  portal: { baseURL },
}) => {
  const known = await prepare.member();
  const waits = [];
  for (const { email } of [known, somebodyNew()]) {
    let last: PlainPage | undefined;
    for (let time = 0; time < 6; time += 1) {
      ({ page: last } = await givePassword({ ...known, email, password: "wrong again" }, baseURL));
    }
    waits.push(textOf(last?.body ?? "").replace(/\d+ seconds/, "N seconds"));
  }
  expect(waits[0]).toContain("Too many tries failed. Wait N seconds, then try again.");
  expect(waits[1]).toBe(waits[0]);
  const { page } = await givePassword(known, baseURL);
  expect(textOf(page.body)).toContain("Too many tries failed."); // a right one waits too
});

test("TH-11 which methods a person has is not told before the password", async ({
  prepare,
  portal: { baseURL },
}) => {
  const protectedOne = await prepare.withCodes();
  const plainOne = await prepare.member();
  const seen = [];
  for (const { email } of [protectedOne, plainOne]) {
    const { browser, page } = await givePassword(
      { ...plainOne, email, password: "wrong" },
      baseURL,
    );
    const steps = await Promise.all(STEPS.map((step) => browser.open(`/login/verify${step}`)));
    seen.push([page, ...steps].map(({ body }) => textOf(body).replaceAll(email, "…")));
  }
  expect(seen[0]).toEqual(seen[1]);
  expect(seen.flat().join()).not.toMatch(/Authenticator App|Recovery Codes|set A/);
});

test("TH-13 the pending login is a 256-bit HttpOnly cookie for ten minutes, hashed in the database", async ({
  prepare,
  portal: { sql, baseURL },
}) => {
  const person = await prepare.withCodes();
  const browser = new PlainBrowser(baseURL);
  const page = await browser.open("/login");
  const { email, password } = person;
  const answer = await browser.send(composeSubmission(page, "Log in", { email, password }));
  expect(answer.setCookies).toHaveLength(1);
  const { name, value, attributes } = parseSetCookie(answer.setCookies[0] ?? "");
  expect(name).toBe("sparekey-login");
  expect(Buffer.from(value, "base64url")).toHaveLength(32);
  expect(attributes).toMatchObject({ httponly: "", samesite: "lax", path: "/" });
  expect(attributes).not.toHaveProperty("domain");
  const lifeMs = Date.parse(attributes.expires ?? "") - Date.now();
  expect(lifeMs).toBeGreaterThan(9 * 60_000);
  expect(lifeMs).toBeLessThanOrEqual(10 * 60_000);
  const [row] = await sql(
    `SELECT bool_or("tokenHash" LIKE '%' || $2 || '%') AS "plain", count(*)::int AS "n" FROM "LoginChallenge"
     WHERE "userId" = (SELECT "id" FROM "User" WHERE "email" = $1)`,
    [person.email, value],
  );
  expect(row).toEqual({ plain: false, n: 1 });
});

test("TH-13 a pending login ends after ten minutes, after ten failures, and when the password changes", async ({
  prepare,
  portal: { sql, baseURL },
}) => {
  const person = await prepare.withCodes();
  const [code = "", next = ""] = person.codes;
  const stranger = await prepare.withCodes();

  const late = await reachRecoveryCodes(person, baseURL);
  await age(sql, {
    table: "LoginChallenge",
    columns: ["expiresAt"],
    email: person.email,
    minutes: 10,
  });
  expect((await late.browser.press(late.page, "Verify", { code })).path).toBe("/login?why=expired");

  const guesser = await reachRecoveryCodes(person, baseURL);
  for (let time = 0; time < 10; time += 1) {
    const wrong = stranger.codes[time] ?? "";
    const { path } = await guesser.browser.press(guesser.page, "Verify", { code: wrong });
    expect(path).toBe(time < 9 ? "/login/verify/recovery-codes" : "/login?why=expired");
    await endWaits(sql);
  }
  expect(await readFailures(sql, person.email, "recovery-codes")).toBe(10);
  const eleventh = await guesser.browser.press(guesser.page, "Verify", { code });
  expect(eleventh.path).toBe("/login?why=expired");

  const before = await reachRecoveryCodes(person, baseURL);
  const chosen = `${person.password} and more`;
  const form = await person.browser.open("/account/password");
  await person.browser.press(form, "Change password", { current: person.password, next: chosen });
  expect((await before.browser.press(before.page, "Verify", { code })).path).toBe(
    "/login?why=expired",
  );
  expect(await countSpentCodes(sql, person.email)).toBe(0);

  const after = await reachRecoveryCodes({ ...person, password: chosen }, baseURL);
  expect((await after.browser.press(after.page, "Verify", { code: next })).path).toBe(
    RECOVERED_PATH,
  );
});

test("TH-05 TH-03 five wrong codes are free, then each costs a wait, from wherever they come", async ({
  prepare,
  portal: { sql, baseURL, secondURL = baseURL },
}) => {
  const person = await prepare.withCodes();
  const stranger = await prepare.withCodes();
  const first = await reachRecoveryCodes(person, baseURL);
  const second = await reachRecoveryCodes(person, secondURL);
  const says = async (time: number, code: string) => {
    const { browser, page } = time % 2 ? second : first;
    return textOf((await browser.press(page, "Verify", { code })).body);
  };
  for (let time = 0; time < 5; time += 1) {
    expect(await says(time, stranger.codes[time] ?? "")).toMatch(/isn.t valid or was already used/);
  }
  expect(await says(5, person.codes[0] ?? "")).toMatch(/Wait (2\d|30) seconds/);
  expect(await countSpentCodes(sql, person.email)).toBe(0);
  await endWaits(sql);
  expect(await says(6, stranger.codes[6] ?? "")).toMatch(/isn.t valid or was already used/);
  expect(await says(7, stranger.codes[7] ?? "")).toMatch(/Wait (5\d|60) seconds/);
  expect(await readFailures(sql, person.email, "recovery-codes")).toBe(6);
});

test("TH-06 the right password leaves the count of another method alone", async ({
  prepare,
  portal: { sql, baseURL },
}) => {
  const person = await prepare.withCodes();
  const login = await givePassword(person, baseURL);
  await login.browser.press(login.page, "Verify", { code: person.phone.wrongCode() });
  await givePassword(person, baseURL);
  expect(await readFailures(sql, person.email, "authenticator-app")).toBe(1);
  expect(await countRows(sql, "LoginChallenge", person.email)).toBe(2);
});

test("TH-14 another method is chosen among the person's own alone, the strongest first", async ({
  prepare,
  portal: { baseURL },
}) => {
  const both = await prepare.withCodes();
  const appAlone = await prepare.withApp();
  const offered = [];
  for (const person of [both, appAlone]) {
    const { browser } = await givePassword(person, baseURL);
    const { body } = await browser.open("/login/verify/methods");
    offered.push(linksOf(body).filter((href) => PAGE_OF_A_METHOD.test(href)));
    for (const name of ["Notification", "Security Key or Passkey", "Temporary Code"]) {
      expect(textOf(body)).not.toContain(name);
    }
  }
  const app = "/login/verify/authenticator-app";
  expect(offered).toEqual([[app, "/login/verify/recovery-codes"], [app]]);
});

/** What differs between two answers to the same request by design, made the same. */
function unify(text: string, email: string, policy = ""): string {
  const nonce = /'nonce-([^']+)'/.exec(policy)?.[1] ?? "no nonce";
  return text.replaceAll(nonce, "NONCE").replaceAll(email, "EMAIL");
}

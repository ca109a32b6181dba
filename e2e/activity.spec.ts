import { textOf } from "./html";
import { expect, lendCookies, test } from "./journeys";
import { findMail, readMailbox } from "./mailbox";
import { heading, link } from "./people";
import { givePassword, logInWithCodePlainly, verifyAddressOf } from "./prepared-people";

test("RC-11 LC-03 a used code is told by mail and stands in the history, with device, address and time", async ({
  page,
  context,
  prepare,
  portal,
}) => {
  const { baseURL, secondURL = baseURL } = portal;
  const person = await prepare.withCodes();
  await verifyAddressOf(person, portal);
  await logInWithCodePlainly(person, person.codes[2] ?? "", secondURL);
  const mail = await findMail(portal, person.email, /^Recovery code 3 of set A was used$/);
  expect(mail.text).toMatch(/Codes left: +9 of 10/);
  expect(mail.text).toMatch(/Network address: 127\.0\.0\.1/);
  expect(mail.text).toContain("If this wasn’t you");
  const forgot = mail.links.find((address) => address.endsWith("/forgot")) ?? "";
  await page.goto(new URL(forgot).pathname);
  await expect(heading(page, "Reset your password")).toBeVisible();
  expect((await readMailbox(portal, person.email)).map(({ subject }) => subject)).not.toContain(
    "A login failed at the second step",
  );

  await lendCookies(person.browser, context);
  await page.goto("/account");
  await page.getByRole("navigation").getByRole("link", { name: "Activity" }).click();
  await expect(heading(page, "Activity")).toBeVisible();
  const items = page.getByRole("list", { name: "Activity" }).getByRole("listitem");
  const used = items.filter({ hasText: "Recovery code 3 of set A used" });
  await expect(used.getByText("9 of 10 codes left")).toBeVisible();
  await expect(used.getByText("Unknown device · 127.0.0.1")).toBeVisible();
  await expect(used.getByTitle(/^\d+ \w+ \d{4} at \d\d:\d\d UTC$/)).toBeVisible();
  await expect(items.last().getByText("Account created")).toBeVisible();
});

test("TH-12 a wrong second factor after the right password is told by mail", async ({
  prepare,
  portal,
}) => {
  const person = await prepare.withApp();
  await verifyAddressOf(person, portal);
  const { browser, page } = await givePassword(person, portal.baseURL);
  await browser.press(page, "Verify", { code: person.phone.wrongCode() });
  const mail = await findMail(portal, person.email, /^A login failed at the second step$/);
  expect(mail.text).toMatch(/Method: +Authenticator app/);
  expect(mail.text).toMatch(/Time: .* UTC/);
});

test("LC-04 LC-08 the history has pages, of one's own events alone", async ({
  page,
  context,
  prepare,
  portal: { sql },
}) => {
  const person = await prepare.member();
  const stranger = await prepare.member();
  const fill = (email: string, address: string) =>
    sql(
      `INSERT INTO "AuditEvent" ("id", "at", "type", "userId", "address", "userAgent")
       SELECT gen_random_uuid(), now() - n * interval '1 hour', 'login_failed', u."id", $2, ''
       FROM generate_series(1, 40) n, "User" u WHERE u."email" = $1`,
      [email, address],
    );
  await fill(person.email, "192.0.2.1");
  await fill(stranger.email, "192.0.2.99");
  await lendCookies(person.browser, context);
  await page.goto("/account/activity");
  const items = page.getByRole("list", { name: "Activity" }).getByRole("listitem");
  await expect(items).toHaveCount(30);
  await link(page, "Older activity").click();
  await expect(link(page, "Newest activity")).toBeVisible();
  await expect(items.last()).toContainText("Login refused: wrong password");
  expect(await items.count()).toBeLessThan(30);
  await expect(items.filter({ hasText: "192.0.2.99" })).toHaveCount(0);
  await expect(link(page, "Older activity")).toHaveCount(0);

  const [theirs] = await sql(
    `SELECT "id" FROM "AuditEvent" WHERE "address" = '192.0.2.99' LIMIT 1`,
  );
  for (const before of [`${theirs?.id}`, "no id", "'"]) {
    const path = `/account/activity?${new URLSearchParams({ before })}`;
    const text = textOf((await person.browser.open(path)).body);
    expect(text).toContain("Older activity");
    expect(text).not.toContain("192.0.2.99");
  }
});

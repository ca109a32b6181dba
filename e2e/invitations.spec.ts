import { examine } from "./examine";
import { textOf } from "./html";
import { expect, lendCookies, test } from "./journeys";
import { findMail, findMailLink } from "./mailbox";
import { button, field, heading, passwordField, somebodyNew, told } from "./people";
import { composeSubmission, PlainBrowser } from "./plain-browser";
import { prepareAdministrator, verifyAddressOf } from "./prepared-people";

const SUBJECT = /You are invited/;

test("AX-01 somebody is invited by mail, creates the account once, and as an administrator adds a method first", async ({
  page,
  browser,
  prepare,
  portal,
}) => {
  const { sql, baseURL } = portal;
  const administrator = await prepareAdministrator(baseURL, sql);
  const invited = somebodyNew();
  await lendCookies(administrator.browser, page.context());
  await page.goto("/admin/invitations");
  await expect(heading(page, "Invitations")).toBeVisible();
  await expect(told(page, /Whoever you invite gets a mail/)).toBeVisible();
  await field(page, "Email").fill("nobody");
  await button(page, "Send invitation").click();
  await expect(field(page, "Email")).toHaveAccessibleDescription(/e-mail address like/);
  const member = await prepare.member();
  await verifyAddressOf(member, portal);
  await field(page, "Email").fill(member.email);
  await button(page, "Send invitation").click();
  await expect(field(page, "Email")).toHaveAccessibleDescription(/account with this address/);
  await field(page, "Email").fill(invited.email);
  await page.getByRole("radio", { name: "Administrator" }).check();
  await button(page, "Send invitation").click();
  await expect(page.getByRole("status").getByText(/is on its way/)).toBeVisible();
  const open = page.getByRole("list", { name: "Open invitations" }).getByRole("listitem");
  const row = open.filter({ hasText: invited.email });
  await expect(row).toContainText("Administrator");
  await expect(row).toContainText(`Invited by ${administrator.name}`);
  await examine(page);

  const mail = await findMail(portal, invited.email, SUBJECT);
  expect(mail.text).toContain(administrator.name);
  const link = await findMailLink(portal, invited.email, SUBJECT);
  const theirs = await (await browser.newContext({ baseURL })).newPage();
  await theirs.goto(link);
  await expect(theirs).toHaveURL(/\/invitation$/);
  await expect(told(theirs, new RegExp(invited.email))).toBeVisible();
  await examine(theirs);
  await field(theirs, "Name").fill(invited.name);
  await passwordField(theirs).fill("grey otters");
  await button(theirs, "Create account").click();
  await expect(passwordField(theirs)).toHaveAccessibleDescription(/Use at least 15/);
  await passwordField(theirs).fill(invited.password);
  await button(theirs, "Create account").click();
  await expect(heading(theirs, "Account Settings")).toBeVisible();
  await expect(told(theirs, /Add a verification method to go on/)).toBeVisible();
  await theirs.goto("/admin");
  await expect(heading(theirs, "Multi-Factor Authentication")).toBeVisible();
  const [user] = await sql(
    `SELECT "role"::text AS "role", "verifiedEmail" FROM "User" WHERE "email" = $1`,
    [invited.email],
  );
  expect(user).toEqual({ role: "ADMINISTRATOR", verifiedEmail: invited.email });

  await theirs.goto(link);
  await expect(heading(theirs, "This invitation was used or is over")).toBeVisible();
  await examine(theirs);
  await page.reload();
  await expect(row).toHaveCount(0);
  await theirs.context().close();
});

test("PW-11 without scripts too; a cancelled invitation and a replaced one lead nowhere, and looking changes nothing", async ({
  portal,
}) => {
  const { sql, baseURL } = portal;
  const { browser } = await prepareAdministrator(baseURL, sql);
  const first = somebodyNew();
  const send = async (email: string) =>
    browser.press(await browser.open("/admin/invitations"), "Send invitation", {
      email,
      role: "USER",
    });
  const sent = await send(first.email);
  expect(sent.path).toBe("/admin/invitations?done=sent");
  const link = await findMailLink(portal, first.email, SUBJECT);
  const reader = new PlainBrowser(baseURL);
  const page = await reader.open(link);
  expect(page.path).toBe("/invitation");
  expect(textOf((await reader.open(link)).body)).toContain("Create your account");

  const cancelled = await browser.press(sent, `Cancel the invitation to ${first.email}`);
  expect(textOf(cancelled.body)).toContain("The invitation is cancelled.");
  const late = await reader.press(page, "Create account", {
    name: first.name,
    password: first.password,
  });
  expect(textOf(late.body)).toContain("This invitation was used or is over");
  const twice = await browser.press(sent, `Cancel the invitation to ${first.email}`);
  expect(textOf(twice.body)).toContain("That invitation was over already.");

  const second = somebodyNew();
  await send(second.email);
  const older = await findMailLink(portal, second.email, SUBJECT);
  await send(second.email);
  await expect.poll(async () => findMailLink(portal, second.email, SUBJECT)).not.toBe(older);
  expect(textOf((await new PlainBrowser(baseURL).open(older)).body)).toContain("is over");
  const newer = new PlainBrowser(baseURL);
  const form = await newer.open(await findMailLink(portal, second.email, SUBJECT));
  const joined = await newer.press(form, "Create account", {
    name: second.name,
    password: second.password,
  });
  expect(joined.path).toBe("/account");
  expect(textOf(joined.body)).toContain(second.name);
});

test("an invited person joins while sign-up is closed", async ({ launch, freshEnvironment }) => {
  const server = await launch({ environment: { ...freshEnvironment, SIGNUP: "closed" } });
  const { baseURL, sql } = server;
  const founder = { ...somebodyNew(), token: server.setupToken ?? "" };
  const administrator = new PlainBrowser(baseURL);
  await administrator.press(await administrator.open("/setup"), "Create administrator", founder);
  const [{ id = "" } = {}] = await sql(`SELECT "id"::text AS "id" FROM "User"`);
  expect((await new PlainBrowser(baseURL).open("/signup")).status).toBe(404);
  await sql(
    `INSERT INTO "SecurityKey" ("id", "userId", "name", "credentialId", "publicKey", "counter", "transports", "aaguid", "backupEligible", "backedUp", "addedAt")
     VALUES (gen_random_uuid(), $1::uuid, 'Key', 'none', '', 0, '{}', 'none', false, false, now())`,
    [`${id}`],
  );
  const invited = somebodyNew();
  const inviting = await administrator.open("/admin/invitations");
  await administrator.press(inviting, "Send invitation", { email: invited.email, role: "USER" });
  const mailboxes = { dataDir: freshEnvironment.DATA_DIR ?? "" };
  const browser = new PlainBrowser(baseURL);
  const form = await browser.open(await findMailLink(mailboxes, invited.email, SUBJECT));
  const joined = await browser.press(form, "Create account", {
    name: invited.name,
    password: invited.password,
  });
  expect(joined.path).toBe("/account");
});

test("NX-08 the administration keeps to its own address, whatever host a request names", async ({
  portal,
}) => {
  const { sql, baseURL } = portal;
  const { browser } = await prepareAdministrator(baseURL, sql);
  const invited = somebodyNew();
  const forged = {
    "x-forwarded-host": "evil.example",
    "x-forwarded-proto": "https",
    forwarded: "host=evil.example",
  };
  for (const path of ["/admin", "/admin/policy", "/admin/audit", "/admin/invitations"]) {
    const page = await browser.open(path, forged);
    expect(page.status, path).toBe(200);
    expect(page.body, path).not.toContain("evil.example");
    const led = await browser.send({ path, headers: { ...forged, host: "evil.example" } });
    expect(led.headers.location, path).toBe(`${baseURL}${path}`);
  }
  const form = await browser.open("/admin/invitations");
  const post = composeSubmission(form, "Send invitation", { email: invited.email, role: "USER" });
  const foreign = { ...forged, host: "evil.example", origin: "https://evil.example" };
  expect((await browser.send({ ...post, headers: foreign })).status).toBe(403);
  expect((await browser.send({ ...post, headers: forged })).status).toBeLessThan(400);
  const { links, text, html } = await findMail(portal, invited.email, SUBJECT);
  expect(links.length).toBeGreaterThan(0);
  for (const link of links) expect(new URL(link).origin).toBe(baseURL);
  expect(text + html).not.toContain("evil.example");
});

import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { examine } from "./examine";
import { expect, lendCookies, test } from "./journeys";
import { button, heading, link } from "./people";
import { PlainBrowser } from "./plain-browser";
import { enrollApp, logInWithCodePlainly, prepareAdministrator } from "./prepared-people";

const HEADED = /"event":"audit_sealed","position":(\d+),"hash":"([0-9a-f]{64})"/g;

test("LC-09 an administrator finds what happened to a person, who did it and when, and each view has its address", async ({
  page,
  prepare,
  portal: { sql, baseURL },
}) => {
  const administrator = await prepareAdministrator(baseURL, sql);
  const person = await prepare.withCodes();
  await sql(
    `INSERT INTO "AuditEvent" ("id", "at", "type", "userId", "actorId", "reason", "address", "userAgent")
     SELECT gen_random_uuid(), '2024-02-01T10:00:00Z', 'mfa_reset', p."id", a."id", 'Phone fell into the lake', '192.0.2.7', ''
     FROM "User" p, "User" a WHERE p."email" = $1 AND a."email" = $2`,
    [person.email, administrator.email],
  );
  await lendCookies(administrator.browser, page.context());
  await page.goto("/admin");
  await page.getByRole("navigation").getByRole("link", { name: "Audit log" }).click();
  await expect(heading(page, "Audit log")).toBeVisible();
  const rows = page.getByRole("table", { name: "Events" }).getByRole("row");
  await expect(rows.nth(1)).toBeVisible();

  await page.getByRole("searchbox", { name: "Person" }).fill(person.email);
  await button(page, "Show").click();
  await expect(page).toHaveURL(/person=[0-9a-f-]{36}/);
  await expect(rows.last()).toContainText("Reason: Phone fell into the lake");
  await expect(rows.last()).toContainText("192.0.2.7");
  await expect(rows.last().getByRole("link", { name: administrator.name })).toBeVisible();
  await expect(rows.filter({ hasText: "Recovery codes of set A generated" })).toHaveCount(1);

  await page
    .getByRole("combobox", { name: "What happened" })
    .selectOption("Verification methods reset by an administrator");
  await button(page, "Show").click();
  await expect(page).toHaveURL(/type=mfa_reset/);
  await expect(rows).toHaveCount(2);
  await page.getByLabel("From (UTC)").fill("2024-02-02");
  await button(page, "Show").click();
  await expect(page.getByText("Nothing like that is on record.")).toBeVisible();
  await page.getByLabel("From (UTC)").fill("2024-02-01");
  await page.getByLabel("Until (UTC)").fill("2024-02-01");
  await button(page, "Show").click();
  await expect(rows).toHaveCount(2);
  await page.goto(page.url());
  await expect(rows).toHaveCount(2);
  await link(page, "Any person").click();
  await expect(rows).toHaveCount(2);
  await rows.last().getByRole("link", { name: person.name }).click();
  await expect(page).toHaveURL(/\/admin\/users\/[0-9a-f-]{36}$/);

  await page.goto("/admin/audit?actor=Robin");
  await expect(page.getByText("Choose who did it:")).toBeVisible();
  await page.goto("/admin/audit?person=nobody+at+all");
  await expect(page.getByText("Nobody’s name or email")).toBeVisible();
});

test("LC-04 the log goes on in pages, and names an account that is gone by its id", async ({
  portal: { sql, baseURL },
}) => {
  const { browser } = await prepareAdministrator(baseURL, sql);
  const gone = crypto.randomUUID();
  await sql(
    `INSERT INTO "AuditEvent" ("id", "at", "type", "userId", "address", "userAgent")
     SELECT gen_random_uuid(), '2024-03-01'::timestamptz + n * interval '1 minute', 'login_failed', $1::uuid, '192.0.2.' || n, ''
     FROM generate_series(1, 70) n`,
    [gone],
  );
  const first = await browser.open(`/admin/audit?person=${gone}`);
  expect(first.body.match(/Deleted account/g)?.length).toBeGreaterThan(50);
  expect(first.body).toContain("192.0.2.70");
  expect(first.body).not.toContain("192.0.2.20<");
  const older = /href="(\/admin\/audit\?[^"]*before=[^"]*)"/.exec(first.body)?.[1] ?? "";
  const second = await browser.open(older.replaceAll("&amp;", "&"));
  expect(second.body).toContain("192.0.2.20<");
  expect(second.body).not.toContain("192.0.2.21<");
  expect(second.body).toContain("Newest events");
});

test("AX-01 the audit log has no barrier, in both schemes, full, chosen, empty and unclear", async ({
  page,
  prepare,
  portal: { sql, baseURL },
}) => {
  const administrator = await prepareAdministrator(baseURL, sql);
  const person = await prepare.withCodes();
  await prepare.member();
  await lendCookies(administrator.browser, page.context());
  for (const query of [
    "",
    `?person=${person.email}&from=2024-01-01`,
    `?person=${crypto.randomUUID()}`,
    "?person=Robin",
  ]) {
    await page.goto(`/admin/audit${query}`);
    await expect(heading(page, "Audit log")).toBeVisible();
    await examine(page);
  }
});

test("the list is exported as it is narrowed, without formulas, and the export goes on record", async ({
  page,
  prepare,
  portal: { sql, baseURL },
}) => {
  const administrator = await prepareAdministrator(baseURL, sql);
  const person = await prepare.withApp();
  await sql(`UPDATE "User" SET "name" = '=1+1 ' || "name" WHERE "email" = $1`, [person.email]);
  await lendCookies(administrator.browser, page.context());
  await page.goto(`/admin/audit?person=${person.email}&type=authenticator_app_added`);
  const downloading = page.waitForEvent("download");
  await button(page, "Export as CSV").click();
  const download = await downloading;
  expect(download.suggestedFilename()).toMatch(/^sparekey-audit-log-\d{4}-\d\d-\d\d\.csv$/);
  const lines = readFileSync(await download.path(), "utf8")
    .trim()
    .split("\r\n");
  expect(lines).toHaveLength(2);
  expect(lines[1]).toContain(`,authenticator_app_added,'=1+1 ${person.name},${person.email},`);
  await page.goto("/admin/audit?type=audit_exported");
  await expect(page.getByRole("row").nth(1)).toContainText(administrator.email);
});

test("LC-08 SE-14 nobody but an administrator in full session sees the log or takes it", async ({
  prepare,
  portal: { sql, baseURL },
}) => {
  const administrator = await prepareAdministrator(baseURL, sql);
  const member = await prepare.withApp();
  const restricted = await prepare.withCodes();
  await sql(`UPDATE "User" SET "role" = 'ADMINISTRATOR' WHERE "email" = $1`, [restricted.email]);
  const recovered = await logInWithCodePlainly(restricted, restricted.codes[0] ?? "", baseURL);
  const take = (browser: PlainBrowser, origin = baseURL) =>
    browser.send({
      path: "/admin/audit/export",
      method: "POST",
      headers: { origin },
      body: new URLSearchParams(),
    });
  const recorded = async () => {
    const [row] = await sql(`SELECT count(*)::int AS "n" FROM "AuditEvent" WHERE "type" = $1`, [
      "audit_exported",
    ]);
    return row?.n;
  };
  const before = await recorded();
  expect((await take(administrator.browser, "https://evil.example")).status).toBe(403);
  expect((await take(member.browser)).status).toBe(403);
  expect((await take(recovered)).status).toBe(403);
  expect((await take(new PlainBrowser(baseURL))).status).toBe(303);
  expect((await administrator.browser.send({ path: "/admin/audit/export" })).status).toBe(405);
  expect(await recorded()).toBe(before);
  expect((await member.browser.open("/admin/audit")).status).toBe(403);
  expect((await new PlainBrowser(baseURL).open("/admin/audit")).path).toMatch(/^\/login/);
  expect((await recovered.open("/admin/audit")).path).toMatch(/^\/account\/verify/);
  expect((await take(administrator.browser)).status).toBe(200);
  await sql(`UPDATE "User" SET "role" = 'USER' WHERE "email" = $1`, [administrator.email]);
  expect((await administrator.browser.open("/admin/audit")).status).toBe(403);
  expect((await take(administrator.browser)).status).toBe(403);
});

test("T17 bin/verify-audit says that the log is whole, and where it was changed or cut", async ({
  freshEnvironment,
  launch,
}) => {
  test.slow();
  const first = await launch({ environment: freshEnvironment });
  const browser = new PlainBrowser(first.baseURL);
  await browser.press(await browser.open("/setup"), "Create administrator", {
    name: "Ada",
    email: "ada@example.test",
    password: "tidy walrus counts rivers",
    token: first.setupToken ?? "",
  });
  await enrollApp(browser);
  await expect
    .poll(async () => (await first.sql(`SELECT count(*)::int AS "n" FROM "AuditPending"`))[0]?.n)
    .toBe(0);
  await first.stop();
  const heads = [...readFileSync(first.logFile, "utf8").matchAll(HEADED)];
  const [, position = "", hash = ""] = heads.at(-1) ?? [];
  const whole = await verifyAudit(freshEnvironment, "--log", first.logFile);
  expect(whole.output).toContain(`The audit log is whole. Sealed events: ${position}; waiting`);
  expect(whole.code).toBe(0);
  const cut = await verifyAudit(freshEnvironment, "--head", `${Number(position) + 3}:${hash}`);
  expect(cut).toMatchObject({ code: 1, output: expect.stringContaining("Its end was cut off") });
  expect(await verifyAudit(freshEnvironment, "--log", "/nowhere")).toMatchObject({ code: 1 });
  expect(await verifyAudit(freshEnvironment, "--tail")).toMatchObject({
    code: 1,
    output: expect.stringContaining("Usage: bin/verify-audit"),
  });

  const second = await launch({ environment: freshEnvironment });
  await second.sql(`ALTER TABLE "AuditEvent" DISABLE TRIGGER "AuditEvent_append_only"`);
  await second.sql(
    `UPDATE "AuditEvent" SET "address" = '192.0.2.9' WHERE "id" = (SELECT "eventId" FROM "AuditSeal" WHERE "position" = 2)`,
  );
  await second.stop();
  expect(await verifyAudit(freshEnvironment)).toMatchObject({
    code: 1,
    output: expect.stringContaining("the event at position 2 was changed"),
  });
});

function verifyAudit(environment: Record<string, string>, ...args: string[]) {
  const { PATH = "", HOME = "" } = process.env;
  return new Promise<{ code: unknown; output: string }>((resolve) => {
    execFile(
      "bash",
      [path.join("bin", "verify-audit"), ...args],
      { env: { PATH, HOME, NODE_ENV: "production", ...environment } },
      (error, stdout, stderr) => resolve({ code: error?.code ?? 0, output: stdout + stderr }),
    );
  });
}

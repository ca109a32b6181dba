import { foreignOrigins, plainPost, scriptedPost } from "./action-requests";
import { listActions, readBuiltConfig } from "./build";
import { findChanges, takeSnapshot } from "./database";
import { findForm } from "./html";
import { expect, test } from "./journeys";
import { namesGiven, PlainBrowser, type PlainRequest } from "./plain-browser";
import { givePassword, reachRecoveryCodes, type WithCodes } from "./prepared-people";
import type { Sql } from "./servers";

// Each does something only with what it asks for: a person's own session, or the right fields.
const SENSITIVE = [
  "addAuthenticatorApp",
  "generateRecoveryCodes",
  "confirmRecoveryCodes",
  "discardRecoveryCodes",
  "revokeCodes",
  "changeOwnPassword",
  "addNotificationAddress",
  "changeLoginAddress",
  "removeNotificationAddress",
  "cancelOwnAddressChange",
  "deleteOwnAccount",
];

test("NX-01 every server action, posted raw without a cookie, leaves the database as it was", async ({
  prepare,
  portal: { sql, baseURL },
}) => {
  const person = await prepare.withCodes();
  const fields = await plausibleFields(sql, person);
  const actions = listActions();
  expect(actions.map(({ name }) => name)).toEqual(expect.arrayContaining(SENSITIVE));
  const before = await takeSnapshot(sql);
  for (const action of actions) {
    for (const page of [...action.pages, "/login", "/healthz"]) {
      for (const post of [scriptedPost(page, action, fields), plainPost(page, action, fields)]) {
        const answer = await new PlainBrowser(baseURL).send(post);
        const what = `${action.name} at ${page}: ${answer.status}`;
        expect(answer.status, what).toBeLessThan(500);
        expect(namesGiven(answer), what).toEqual([]);
        expect(answer.body, what).not.toContain(person.phone.setupKey);
      }
    }
  }
  // Failures of strangers are counted; nothing else moved.
  const { RateLimiterFlexible: _, ...others } = await findChanges(sql, before);
  expect(others).toEqual({});
});

test("NX-01 the same raw posts do have an effect for the person whose session they carry", async ({
  prepare,
  portal: { sql },
}) => {
  const person = await prepare.withCodes();
  const fields = await plausibleFields(sql, person);
  await sql(`UPDATE "RecoveryCodeSet" SET "confirmedAt" = NULL WHERE "id" = $1::uuid`, [
    fields.set,
  ]);
  for (const name of ["confirmRecoveryCodes", "changeOwnPassword", "generateRecoveryCodes"]) {
    const before = await takeSnapshot(sql);
    await person.browser.send(postOf(name, fields));
    expect(await findChanges(sql, before), name).not.toEqual({});
  }
  const before = await takeSnapshot(sql);
  await person.browser.send(postOf("addAuthenticatorApp", { ...fields, step: "" }));
  expect(await findChanges(sql, before)).not.toEqual({});
});

test("NX-02 SE-13 no action or handler acts on a post from another origin, or from none", async ({
  prepare,
  portal: { sql, baseURL },
}) => {
  const person = await prepare.withCodes();
  const fields = await plausibleFields(sql, person);
  await sql(`UPDATE "RecoveryCodeSet" SET "confirmedAt" = NULL WHERE "id" = $1::uuid`, [
    fields.set,
  ]);
  const pending = await reachRecoveryCodes(person, baseURL);
  const [code = ""] = person.codes;
  const before = await takeSnapshot(sql);
  for (const origin of foreignOrigins(baseURL)) {
    const refused = async (browser: PlainBrowser, { headers, ...post }: PlainRequest) => {
      const { status, setCookies } = await browser.send({
        ...post,
        headers: { ...headers, origin },
      });
      expect(status, `${post.path} from ${origin}`).toBe(403);
      expect(setCookies, `${post.path} from ${origin}`).toEqual([]);
    };
    for (const action of listActions()) {
      const [page = "/"] = action.pages;
      const browser = page.startsWith("/account") ? person.browser : pending.browser;
      await refused(browser, scriptedPost(page, action, { ...fields, code }));
      await refused(browser, plainPost(page, action, { ...fields, code }));
    }
    await refused(person.browser, { path: "/logout", method: "POST", body: new URLSearchParams() });
    await refused(person.browser, { path: "/api/auth/signout", method: "POST", body: "{}" });
  }
  expect(await findChanges(sql, before)).toEqual({});
});

test("NX-02 NX-08 a forwarded host makes a foreign origin no better", async ({ prepare }) => {
  const { browser } = await prepare.member();
  const origin = "https://evil.example";
  const forged = { origin, "x-forwarded-host": "evil.example", "x-forwarded-proto": "https" };
  for (const headers of [forged, { ...forged, host: "evil.example" }]) {
    const { status } = await browser.send({ path: "/logout", method: "POST", headers });
    expect(status).toBe(403);
  }
  expect((await browser.open("/account")).path).toBe("/account");
});

test("NX-03 no other origin is allowed to call actions, and no more than 64 kB is read", async () => {
  const { serverActions } = readBuiltConfig().experimental;
  expect(serverActions.allowedOrigins ?? []).toEqual([]);
  expect(serverActions.bodySizeLimit).toBe("64kb");
});

test("NX-04 no form carries anything bound by the server but its empty first state", async ({
  prepare,
  portal: { baseURL },
}) => {
  const person = await prepare.withCodes();
  const { browser } = await givePassword(person, baseURL);
  const forms = [
    findForm((await new PlainBrowser(baseURL).open("/login")).body, "Log in"),
    findForm((await new PlainBrowser(baseURL).open("/signup")).body, "Create account"),
    findForm((await browser.open("/login/verify/recovery-codes")).body, "Verify"),
    findForm((await browser.open("/login/verify/authenticator-app")).body, "Verify"),
    findForm((await browser.open("/login/verify/methods")).body, "Start over"),
    findForm((await person.browser.open("/account/mfa/recovery-codes")).body, "Generate New Codes"),
    findForm((await person.browser.open("/account/password")).body, "Change password"),
  ];
  const ids = new Set(listActions().map(({ id }) => id));
  for (const form of forms) {
    const hidden = form?.fields.filter(([name]) => name.startsWith("$ACTION")) ?? [];
    expect(hidden.length).toBeGreaterThan(0);
    for (const [name, value] of hidden) {
      const [, id] = /^\$ACTION_ID_(.+)$/.exec(name) ?? [];
      const reference = name.endsWith(":0") ? JSON.parse(value).id : id;
      if (reference) expect(ids).toContain(reference);
      if (name.endsWith(":1")) expect(["[{}]", '["$undefined"]']).toContain(value);
    }
  }
});

const postOf = (name: string, fields: Record<string, string>) => {
  const action = listActions().find((one) => one.name === name);
  if (!action) throw new Error(`The build has no action ${name}.`);
  return scriptedPost(action.pages[0] ?? "/", action, fields);
};

/** Everything the actions of an account ask for, as this person would send it. */
async function plausibleFields(sql: Sql, { phone, password, email, codes }: WithCodes) {
  const [row] = await sql(
    `SELECT "newestRecoveryCodeSetId"::text AS "id" FROM "User" WHERE "email" = $1`,
    [email],
  );
  const set = `${row?.id}`;
  return {
    step: "verify",
    code: codes[0] ?? phone.code(),
    set,
    knownSet: set,
    saved: "on",
    current: password,
    next: `${password} and more`,
  };
}

import { randomBytes } from "node:crypto";
import { plainPost, scriptedPost } from "./action-requests";
import { type BuiltAction, listActions, listRoutes } from "./build";
import { findChanges, type Snapshot, takeSnapshot } from "./database";
import { textOf } from "./html";
import { expect, test } from "./journeys";
import type { Person } from "./people";
import { PlainBrowser } from "./plain-browser";
import {
  givePassword,
  logInWithCodePlainly,
  prepareAdministrator,
  type WithCodes,
} from "./prepared-people";
import type { Sql } from "./servers";
import { storeKey, storePhone } from "./stored-methods";
import { findHiddenTexts } from "./stored-secrets";

const WAYS = [{}, { RSC: "1" }, { RSC: "1", "next-router-prefetch": "1" }] as const;

const routes = () => listRoutes().filter((route) => route.startsWith("/admin"));
const actions = () =>
  listActions().filter(({ pages }) => pages.some((page) => page.startsWith("/admin")));

test("LC-08 T17 no page of the administration tells a member, a restricted administrator, one without MFA or nobody anything", async ({
  prepare,
  portal: { sql, baseURL },
}) => {
  const victim = await prepare.withCodes();
  const ids = await idsOf(sql, victim);
  expect(routes().length).toBeGreaterThan(2);
  for (const [who, browser] of Object.entries(await prepareIntruders(prepare, { sql, baseURL }))) {
    const before = await takeSnapshot(sql);
    for (const route of routes()) {
      for (const headers of WAYS) {
        for (const path of fillIn(route, ids)) {
          const page = await browser.open(path, headers);
          const what = `${path} as ${who}, ${JSON.stringify(headers)}: ${page.status} ${page.path}`;
          const isLedAway = !page.path.startsWith("/admin") || page.body.includes("NEXT_REDIRECT");
          const isRefused =
            [401, 403, 404, 405].includes(page.status) ||
            page.body.includes("NEXT_HTTP_ERROR_FALLBACK");
          expect(isLedAway || isRefused || "next-router-prefetch" in headers, what).toBe(true);
          expect(page.body, what).not.toContain(victim.name);
          expect(page.body, what).not.toContain(victim.email);
        }
      }
      for (const path of fillIn(route, ids)) {
        const body = new URLSearchParams({ search: victim.name });
        const answer = await browser.send({ path, method: "POST", body });
        const what = `POST ${path} as ${who}: ${answer.status}`;
        expect(`${answer.headers["content-type"]}`, what).not.toContain("csv");
        expect(answer.body, what).not.toContain(victim.email);
      }
    }
    expect(await findChanges(sql, before), who).toEqual({});
  }
});

test("LC-08 SE-14 no action of the administration does anything for them, with real ids and all fields", async ({
  prepare,
  portal: { sql, baseURL },
}) => {
  const victim = await prepare.withCodes();
  await verify(sql, victim);
  const ids = await idsOf(sql, victim);
  const fields = plausibleFields(ids);
  expect(actions().map(({ name }) => name)).toEqual(
    expect.arrayContaining(["administer", "invite", "cancelOpenInvitation"]),
  );
  for (const [who, browser] of Object.entries(await prepareIntruders(prepare, { sql, baseURL }))) {
    const before = await takeSnapshot(sql);
    for (const action of actions()) {
      for (const post of postsOf(action, ids, fields)) {
        const answer = await browser.copy().send(post);
        const what = `${action.name} at ${post.path} as ${who}: ${answer.status}`;
        const { location, "x-action-redirect": redirect = "" } = answer.headers;
        const { pathname, search } = new URL(location ?? redirect.split(";")[0] ?? "", baseURL);
        const end = await browser.copy().open(pathname + search);
        const isLedAway = /^\/(login|account)\b/.test(end.path);
        expect(isLedAway || end.status === 403, `${what} ${end.path}`).toBe(true);
        expect(answer.body, what).not.toContain(victim.email);
        expect(await findOtherChanges(sql, before), what).toEqual({});
      }
    }
  }
  // The same requests are not refused to an administrator: it is the role that they lack.
  const { browser } = await prepareAdministrator(baseURL, sql);
  for (const name of ["cancelOpenInvitation", "invite", "administer"]) {
    const action = actions().find((one) => one.name === name);
    if (!action) throw new Error(`The build has no action ${name}.`);
    const before = await takeSnapshot(sql);
    const [post] = postsOf(action, ids, fields);
    if (post) await browser.send(post);
    expect(await findOtherChanges(sql, before), name).not.toEqual({});
  }
});

test("SE-14 LC-08 a demoted administrator is refused with the next page and the next form, though both were open before", async ({
  prepare,
  portal: { sql, baseURL },
}) => {
  const victim = await prepare.member();
  const [first, second] = [
    await prepareAdministrator(baseURL, sql),
    await prepareAdministrator(baseURL, sql),
  ];
  const { user } = await idsOf(sql, victim);
  const open = await second.browser.open(`/admin/users/${user}/disable`);
  const inviting = await second.browser.open("/admin/invitations");
  expect(open.status).toBe(200);

  const { user: secondId } = await idsOf(sql, second);
  const asked = await first.browser.open(`/admin/users/${secondId}/remove-administrator`);
  const done = await first.browser.press(asked, "Remove administrator role", {
    reason: "Moves on",
  });
  expect(textOf(done.body)).toContain(`${second.name} is no longer an administrator.`);

  const before = await takeSnapshot(sql);
  expect((await second.browser.open("/admin")).status).toBe(403);
  expect((await second.browser.open(`/admin/users/${user}`)).status).toBe(403);
  for (const [page, button, fields] of [
    [open, "Disable account", { reason: "Still here" }],
    [inviting, "Send invitation", { email: "back.door@example.test", role: "ADMINISTRATOR" }],
  ] as const) {
    const refused = await second.browser.press(page, button, fields);
    expect(refused.status, button).toBe(403);
  }
  expect(await findChanges(sql, before)).toEqual({});
  expect((await second.browser.open("/account")).status).toBe(200);
});

test("LC-07 NX-05 no page of the administration sends a hash, a salt, a seed, a code, a key or a token", async ({
  prepare,
  portal,
}) => {
  const { sql, baseURL } = portal;
  const person = await prepare.withCodes();
  await storeKey(portal, person, "Blue key");
  await storePhone(portal, person, "My phone");
  await givePassword(person, baseURL); // a login on its way
  const { browser } = await prepareAdministrator(baseURL, sql);
  const inviting = await browser.open("/admin/invitations");
  await browser.press(inviting, "Send invitation", {
    email: "someone.new@example.test",
    role: "USER",
  });
  const ids = await idsOf(sql, person);
  const own = new Set([...browser.cookies.values()]);
  const hidden = (await findHiddenTexts(sql)).filter((text) => !own.has(text));
  for (const route of routes()) {
    for (const path of fillIn(route, ids)) {
      for (const headers of WAYS) {
        const { body } = await browser.open(path, headers);
        const found = hidden.filter((secret) => body.includes(secret));
        expect(found, `${path} ${JSON.stringify(headers)}`).toEqual([]);
      }
    }
  }
  expect((await browser.open(`/admin/users/${ids.user}`)).body).toContain("Blue key");
});

type Ids = { user: string; invitation: string };

async function prepareIntruders(
  prepare: {
    member: () => Promise<{ browser: PlainBrowser } & Person>;
    withApp: () => Promise<{ browser: PlainBrowser } & Person>;
    withCodes: () => Promise<WithCodes>;
  },
  { sql, baseURL }: { sql: Sql; baseURL: string },
) {
  const restricted = await prepare.withCodes();
  const withoutMfa = await prepare.member();
  for (const { email } of [restricted, withoutMfa]) {
    await sql(`UPDATE "User" SET "role" = 'ADMINISTRATOR' WHERE "email" = $1`, [email]);
  }
  return {
    nobody: new PlainBrowser(baseURL),
    "a member": (await prepare.withApp()).browser,
    "a restricted administrator": await logInWithCodePlainly(
      restricted,
      restricted.codes[0] ?? "",
      baseURL,
    ),
    "an administrator without MFA": withoutMfa.browser,
  };
}

async function idsOf(sql: Sql, { email }: Person): Promise<Ids> {
  const [user] = await sql(`SELECT "id"::text AS "id" FROM "User" WHERE "email" = $1`, [email]);
  const invitation = crypto.randomUUID();
  await sql(
    `INSERT INTO "Invitation" ("id", "email", "role", "invitedById", "tokenHash", "keyId", "createdAt", "expiresAt")
     VALUES ($1::uuid, $2, 'USER', $3::uuid, $4, 'test', now(), now() + interval '1 day')`,
    [invitation, `${invitation}@example.test`, `${user?.id}`, randomBytes(32).toString("hex")],
  );
  return { user: `${user?.id}`, invitation };
}

async function verify(sql: Sql, { email }: Person): Promise<void> {
  await sql(`UPDATE "User" SET "verifiedEmail" = "email" WHERE "email" = $1`, [email]);
}

/** The addresses that a route of the build stands for, with real ids in it. */
function fillIn(route: string, { user }: Ids): string[] {
  const path = route.replace("[id]", user);
  if (!path.includes("[act]")) return [path];
  const acts = ["disable", "enable", "make-administrator", "remove-administrator", "end-sessions"];
  return acts.map((act) => path.replace("[act]", act));
}

/** Every way to call an action: by scripts and without them, at each of its pages. */
function postsOf(action: BuiltAction, ids: Ids, fields: Record<string, string>) {
  const pages = action.pages.flatMap((page) => fillIn(page, ids).slice(0, 1));
  return pages.flatMap((page) => [
    scriptedPost(page, action, fields),
    plainPost(page, action, fields),
  ]);
}

/** What the actions of the administration ask for, about the victim. */
function plausibleFields({ user, invitation }: Ids) {
  return {
    user,
    person: user,
    id: user,
    userId: user,
    act: "disable",
    reason: "Because",
    invitation,
    request: invitation,
    email: "back.door@example.test",
    role: "ADMINISTRATOR",
    understood: "on",
    checked: "on",
  };
}

/** All but the intruder's own begun step-up, which keeps what they typed. */
async function findOtherChanges(sql: Sql, before: Snapshot) {
  const { LoginChallenge: _, ...others } = await findChanges(sql, before);
  return others;
}

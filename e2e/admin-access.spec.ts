import { randomBytes } from "node:crypto";
import { plainPost, scriptedPost } from "./action-requests";
import { type BuiltAction, listActions, listRoutes } from "./build";
import { findChanges, forgetPolicies, type Snapshot, takeSnapshot } from "./database";
import { textOf } from "./html";
import { expect, test } from "./journeys";
import type { Person } from "./people";
import { type Answer, PlainBrowser } from "./plain-browser";
import {
  givePassword,
  logInWithCodePlainly,
  prepareAdministrator,
  verifyAddressOf,
  type WithCodes,
} from "./prepared-people";
import type { Sql } from "./servers";
import { storeKey, storePhone } from "./stored-methods";
import { findHiddenTexts } from "./stored-secrets";

const WAYS = [{}, { RSC: "1" }, { RSC: "1", "next-router-prefetch": "1" }] as const;

const routes = () => listRoutes().filter((route) => route.startsWith("/admin"));
const actions = () =>
  listActions().filter(({ pages }) => pages.some((page) => page.startsWith("/admin")));

test.afterAll(async ({ portal: { sql } }) => {
  await forgetPolicies(sql);
});

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

test("LC-08 SE-14 no action of the administration does anything for them, with all that it does for an administrator", async ({
  prepare,
  portal: { sql, baseURL },
}) => {
  const victim = await prepare.withCodes();
  const asking = await prepareAdministrator(baseURL, sql);
  const ids = await makeEverythingPossible(sql, victim, asking);
  const fields = await fieldsThatWork(sql, ids);
  expect(new Set(actions().map(({ name }) => name))).toEqual(new Set(Object.keys(fields)));
  for (const [who, browser] of Object.entries(await prepareIntruders(prepare, { sql, baseURL }))) {
    const before = await takeSnapshot(sql);
    const seen = new Set<string>(); // a target is the same page each time
    for (const action of actions()) {
      for (const post of postsOf(action, ids, fields[action.name] ?? {})) {
        const answer = await browser.copy().send(post);
        const what = `${action.name} at ${post.path} as ${who}: ${answer.status}`;
        const target = redirectOf(answer);
        expect(target, `${what} leads nowhere`).toMatch(/^\/./);
        expect(answer.body, what).not.toContain(victim.email);
        if (seen.has(target)) continue;
        seen.add(target);
        const end = await browser.copy().open(target);
        const isLedAway = /^\/(login|account)\b/.test(end.path);
        expect(isLedAway || end.status === 403, `${what} ${end.path}`).toBe(true);
      }
      expect(await findOtherChanges(sql, before), `${action.name} as ${who}`).toEqual({});
    }
  }
  // The same posts are not refused to another administrator: it is the role, or the proof, that the others lack.
  const { browser } = await prepareAdministrator(baseURL, sql);
  for (const name of Object.keys(fields)) {
    const before = await takeSnapshot(sql);
    const action = actions().find((one) => one.name === name);
    const [post] = action ? postsOf(action, ids, fields[name] ?? {}) : [];
    const answer = post && (await browser.send(post));
    const isOnlyLed = name === "reviewPolicy"; // which changes nothing, and shows what would change
    if (isOnlyLed) expect(answer && redirectOf(answer)).toContain("/admin/policy/confirm?");
    else expect(await findOtherChanges(sql, before), name).not.toEqual({});
  }
});

test("SE-14 LC-08 a demoted administrator is refused with the next page and the next form, though both were open before", async ({
  prepare,
  portal,
}) => {
  const { sql, baseURL } = portal;
  const victim = await prepare.member();
  const [first, second] = [
    await prepareAdministrator(baseURL, sql),
    await prepareAdministrator(baseURL, sql),
  ];
  await verifyAddressOf(second, portal); // else its account could be deleted with the role
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

/** Brings a person and what is about them into a state in which an administrator can do everything to them. */
async function makeEverythingPossible(sql: Sql, victim: Person, asking: Person) {
  const ids = await idsOf(sql, victim);
  const { user: askedBy } = await idsOf(sql, asking);
  const { user } = ids;
  await sql(`UPDATE "User" SET "verifiedEmail" = "email" WHERE "id" = $1::uuid`, [user]);
  await sql(`UPDATE "Address" SET "verifiedAt" = now() WHERE "userId" = $1::uuid`, [user]);
  // Else they are safe, and reminded of nothing.
  await sql(`UPDATE "RecoveryCodeSet" SET "confirmedAt" = NULL WHERE "userId" = $1::uuid`, [user]);
  const [request, code] = [crypto.randomUUID(), crypto.randomUUID()];
  await sql(
    `INSERT INTO "AdministrativeRequest" ("id", "kind", "userId", "requestedById", "reason", "hours", "uses", "requestedAt", "expiresAt")
     VALUES ($1::uuid, 'temporary-code', $2::uuid, $3::uuid, 'Because', 1, 1, now(), now() + interval '1 day')`,
    [request, user, askedBy],
  );
  await sql(
    `INSERT INTO "TemporaryCode" ("id", "userId", "createdById", "cost", "sealedDigest", "keyId", "mailedKeyId", "createdAt", "expiresAt", "usesLeft")
     VALUES ($1::uuid, $2::uuid, $3::uuid, 10, 'sealed'::bytea, 'test', 'test', now(), now() + interval '1 day', 1)`,
    [code, user, askedBy],
  );
  return { ...ids, request, code };
}

/** Of each action a form that an administrator would send with success, in an order in which all succeed. */
async function fieldsThatWork(
  sql: Sql,
  { user, invitation, request, code }: Ids & { request: string; code: string },
): Promise<Record<string, Record<string, string>>> {
  const [policy] = await sql(`SELECT "id"::text AS "id" FROM "Policy" ORDER BY "at" DESC LIMIT 1`);
  const choice = {
    requirement: "administrators",
    graceDays: "21",
    "security-key": "on",
    notification: "on",
    "authenticator-app": "on",
    "recovery-codes": "on",
    lowCodes: "5",
    temporaryCodeUses: "2",
    known: `${policy?.id ?? ""}`,
  };
  const reason = "Because";
  return {
    invite: { email: `${crypto.randomUUID()}@example.test`, role: "ADMINISTRATOR" },
    cancelOpenInvitation: { invitation },
    remindByMail: { person: user },
    reviewPolicy: choice,
    savePolicy: choice,
    makeCode: { person: user, known: code, hours: "1", reason },
    endCode: { person: user },
    approve: { request },
    decline: { request },
    resetMfa: { person: user, reason },
    administer: { user, act: "disable", reason },
  };
}

/** Where an answer leads, to a form with scripts or without; empty if nowhere. */
function redirectOf({ headers: { location, "x-action-redirect": redirect } }: Answer): string {
  const target = location ?? redirect?.split(";")[0];
  if (!target) return "";
  const { pathname, search } = new URL(target, "http://portal.invalid");
  return pathname + search;
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

/** All but the intruder's own begun step-up, which keeps what they typed. */
async function findOtherChanges(sql: Sql, before: Snapshot) {
  const { LoginChallenge: _, ...others } = await findChanges(sql, before);
  return others;
}

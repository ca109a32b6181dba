import { cpSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { foreignOrigins, plainPost, scriptedPost } from "./action-requests";
import { listActions, listRoutes } from "./build";
import { findChanges, takeSnapshot } from "./database";
import { expect, test } from "./journeys";
import { namesGiven, PlainBrowser } from "./plain-browser";
import { reachRecoveryCodes } from "./prepared-people";

const PROJECT = path.join(import.meta.dirname, "..");
const SERVED = [
  "bin",
  "lib",
  "messages",
  "prisma",
  "package.json",
  "next.config.ts",
  "tsconfig.json",
];
const FUNCTIONS = ".next/server/functions-config-manifest.json";

test(
  "NX-07 NX-10 with the proxy taken out of the build, every page, handler and action refuses all the same",
  {
    tag: "@postgres",
  },
  async ({ prepare, launch, portal: { sql, environment } }, testInfo) => {
    const person = await prepare.withCodes();
    const root = testInfo.outputPath("project");
    copyWithoutProxy(root);
    const { baseURL } = await launch({ environment, root });

    const nobody = new PlainBrowser(baseURL);
    const front = await nobody.open("/login");
    expect(front.status).toBe(200);
    expect(front.headers["content-security-policy"]).toBeUndefined(); // it is gone indeed

    await test.step("pages and handlers", async () => {
      const bypasses = [
        {},
        { "x-middleware-subrequest": "proxy:proxy:proxy:proxy:proxy" },
        { RSC: "1" },
        { RSC: "1", "next-router-prefetch": "1", "next-router-segment-prefetch": "/_tree" },
      ] as const;
      for (const route of listRoutes().filter((one) => /^\/(account|admin)/.test(one))) {
        for (const headers of bypasses) {
          const { path: end, status, body } = await nobody.open(route, headers);
          const isLedAway = /^\/login\?return=/.test(end) || body.includes("NEXT_REDIRECT");
          // A handler, which scripts ask, leads nowhere.
          const isRefused = [404, 405].includes(status) && /^(\{"state":"over"\})?$/.test(body);
          const isRouteAlone = "next-router-segment-prefetch" in headers; // no page is rendered for it
          const what = `${route} with ${JSON.stringify(headers)}`;
          expect(isLedAway || isRefused || isRouteAlone, what).toBe(true);
          expect(body, what).not.toMatch(
            /Log out|Generate New Codes|Current password|Add Authenticator/,
          );
        }
      }
      for (const route of listRoutes().filter((one) => one.startsWith("/login/verify"))) {
        const { path: end, status } = await nobody.open(route);
        expect(end === "/login?why=expired" || status === 404, route).toBe(true);
      }
      expect(JSON.parse((await nobody.open("/api/auth/session")).body)).toEqual({});
    });

    const member = person.browser.copy(baseURL);
    const pending = await reachRecoveryCodes(person, baseURL);
    const fields = {
      code: person.codes[0],
      current: person.password,
      next: `${person.password} and more`,
      saved: "on",
    };

    await test.step("actions without a session", async () => {
      const before = await takeSnapshot(sql);
      for (const action of listActions()) {
        for (const page of action.pages) {
          for (const post of [
            scriptedPost(page, action, fields),
            plainPost(page, action, fields),
          ]) {
            const answer = await nobody.copy().send(post);
            expect(namesGiven(answer), `${action.name} at ${page}`).toEqual([]);
          }
        }
      }
      expect(await findChanges(sql, before)).toEqual({});
    });

    await test.step("actions and handlers from another origin", async () => {
      const before = await takeSnapshot(sql);
      for (const origin of foreignOrigins(baseURL)) {
        for (const action of listActions()) {
          const [page = "/"] = action.pages;
          const browser = page.startsWith("/account") ? member : pending.browser;
          for (const { headers, ...post } of [
            scriptedPost(page, action, fields),
            plainPost(page, action, fields),
          ]) {
            const answer = await browser.send({ ...post, headers: { ...headers, origin } });
            // Next.js itself stops other hosts, with 500. What it lets pass is ours to refuse; it makes
            // that a 404 for a form without scripts.
            const refusals = isOtherHost(origin, baseURL) ? [403, 404, 500] : [403, 404];
            expect(refusals, `${action.name} from ${origin}: ${answer.status}`).toContain(
              answer.status,
            );
            expect(namesGiven(answer), `${action.name} from ${origin}`).toEqual([]);
          }
        }
        for (const handler of ["/logout", "/api/auth/signout"]) {
          const { status } = await member.send({
            path: handler,
            method: "POST",
            headers: { origin },
          });
          expect(status, `${handler} from ${origin}`).toBe(403);
        }
      }
      expect(await findChanges(sql, before)).toEqual({});
    });

    await test.step("what is allowed still works", async () => {
      expect((await member.open("/account")).path).toBe("/account");
      const entered = await pending.browser.press(pending.page, "Verify", { code: fields.code });
      expect(entered.path).toBe("/account/recovered");
    });
    rmSync(root, { recursive: true, force: true });
  },
);

const isOtherHost = (origin: string | undefined, own: string) =>
  origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== new URL(own).host);

/** A copy of the built project whose build does not know that there is a proxy. */
function copyWithoutProxy(root: string): void {
  for (const name of SERVED) {
    cpSync(path.join(PROJECT, name), path.join(root, name), { recursive: true, force: true });
  }
  cpSync(path.join(PROJECT, ".next"), path.join(root, ".next"), {
    recursive: true,
    verbatimSymlinks: true,
    filter: (source) => !/\.next\/(cache|dev|trace)/.test(source),
  });
  symlinkSync(path.join(PROJECT, "node_modules"), path.join(root, "node_modules"));
  const manifest = JSON.parse(readFileSync(path.join(root, FUNCTIONS), "utf8"));
  expect(manifest.functions).toHaveProperty("/_middleware");
  manifest.functions = {};
  writeFileSync(path.join(root, FUNCTIONS), JSON.stringify(manifest));
}

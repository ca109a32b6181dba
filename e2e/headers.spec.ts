import { readFileSync } from "node:fs";
import { plainPost, scriptedPost } from "./action-requests";
import { listActions, listRoutes } from "./build";
import { expect, lendCookies, test } from "./journeys";
import { button, heading } from "./people";
import { type Answer, PlainBrowser } from "./plain-browser";
import { givePassword } from "./prepared-people";

// What an answer carries does not depend on the database: one project asks.
const ON_ONE = { tag: "@postgres" };

test(
  "HD-01 HD-03 every answer carries the security headers: pages, actions, handlers, files, refusals",
  ON_ONE,
  async ({ prepare, portal: { baseURL } }) => {
    const person = await prepare.withCodes();
    const { browser: pending } = await givePassword(person, baseURL);
    const nobody = new PlainBrowser(baseURL);
    const [file = ""] = /\/_next\/static\/[^"]+/.exec((await nobody.open("/login")).body) ?? [];
    const answers: [string, Answer][] = [];
    for (const path of [
      ...listRoutes(),
      "/no/such/page",
      file,
      "/icon.svg",
      "/_next/static/nothing.js",
    ]) {
      for (const browser of [nobody, pending, person.browser]) {
        answers.push([path, await browser.send({ path })]);
      }
      answers.push([`${path} as RSC`, await person.browser.open(path, { RSC: "1" })]);
    }
    for (const action of listActions()) {
      const [page = "/"] = action.pages;
      answers.push([action.name, await nobody.copy().send(scriptedPost(page, action, {}))]);
      answers.push([action.name, await nobody.copy().send(plainPost(page, action, {}))]);
    }
    const foreign = { origin: "https://evil.example" };
    answers.push([
      "a foreign form",
      await nobody.send({ path: "/logout", method: "POST", headers: foreign }),
    ]);
    for (const [what, { headers, status }] of answers) {
      if (status === 304) continue;
      const [, seconds] =
        /max-age=(\d+); includeSubDomains/.exec(headers["strict-transport-security"] ?? "") ?? [];
      expect(Number(seconds), what).toBeGreaterThanOrEqual(31_536_000);
      expect(headers["x-content-type-options"], what).toBe("nosniff");
      expect(headers["referrer-policy"], what).toBe("same-origin");
      expect(headers["cross-origin-opener-policy"], what).toBe("same-origin");
      expect(headers["permissions-policy"], what).toMatch(/publickey-credentials-get=\(self\)/);
      expect(headers, what).not.toHaveProperty("x-powered-by");
    }
  },
);

test(
  "HD-02 the policy of every page allows only scripts with its own nonce",
  ON_ONE,
  async ({ prepare }) => {
    const { browser } = await prepare.withCodes();
    const nonces = new Set<string>();
    const pages = [
      ...listRoutes().filter((route) => !/api|healthz|readyz|logout|icon/.test(route)),
      "/nothing",
    ];
    for (const path of pages) {
      for (const visitor of [browser, new PlainBrowser(browser.origin)]) {
        const { headers, body, status } = await visitor.send({ path });
        const policy = parsePolicy(headers["content-security-policy"]);
        const what = `${path}: ${status}`;
        const [, nonce = ""] =
          /'nonce-([A-Za-z0-9+/]{22}==)'/.exec(policy["script-src"] ?? "") ?? [];
        expect(nonces.has(nonce), what).toBe(false);
        nonces.add(nonce);
        expect(policy["script-src"], what).toBe(`'nonce-${nonce}' 'strict-dynamic'`);
        expect(policy, what).toMatchObject({
          "default-src": "'none'",
          "object-src": "'none'",
          "base-uri": "'none'",
          "frame-ancestors": "'none'",
          "form-action": "'self'",
        });
        expect(headers["content-security-policy"], what).not.toMatch(/unsafe|\*|https?:/);
        for (const [tag] of body.matchAll(/<script\b[^>]*>/g))
          expect(tag, what).toContain(`nonce="${nonce}"`);
      }
    }
  },
);

test(
  "HD-02 T11 an injected script does not run, inline or from elsewhere, and no page is framed",
  ON_ONE,
  async ({ page, context, prepare }) => {
    const person = await prepare.withApp();
    await lendCookies(person.browser, context);
    await page.route("**/account/mfa", async (route) => {
      const response = await route.fetch();
      const body = (await response.text()).replace(
        "<body>",
        `<body><script>window.injected = "inline"</script><img src="x" onerror="window.injected = 'handler'">
       <script src="https://evil.example/x.js"></script><base href="https://evil.example/">`,
      );
      await route.fulfill({ response, body });
    });
    const violations: string[] = [];
    page.on("console", (message) => {
      if (/Content Security Policy/.test(message.text())) violations.push(message.text());
    });
    await page.goto("/account/mfa");
    await expect(heading(page, "Multi-Factor Authentication")).toBeVisible();
    await expect.poll(() => violations.length).toBeGreaterThanOrEqual(3);
    expect(await page.evaluate(() => "injected" in window)).toBe(false);
    await page.unroute("**/account/mfa");

    await page.route("**/framing", (route) =>
      route.fulfill({
        contentType: "text/html",
        body: `<iframe src="/login" title="login"></iframe>`,
      }),
    );
    await page.goto("/framing");
    await expect(page.frameLocator("iframe").getByRole("heading", { name: "Log in" })).toHaveCount(
      0,
    );
  },
);

test(
  "HD-04 nothing that depends on a person is stored by a cache; only the build's files are",
  ON_ONE,
  async ({ page, context, prepare, portal: { baseURL } }) => {
    const person = await prepare.withApp();
    const { browser: pending } = await givePassword(person, baseURL);
    for (const path of [
      ...listRoutes().filter((route) => route !== "/icon.svg"),
      "/no/such/page",
    ]) {
      for (const browser of [new PlainBrowser(baseURL), pending, person.browser]) {
        for (const headers of [{}, { RSC: "1" }]) {
          const { status, headers: given } = await browser.open(path, headers);
          if (status === 405) continue; // says nothing but that
          expect(given["cache-control"], `${path}: ${status}`).toContain("no-store");
        }
      }
    }
    await lendCookies(person.browser, context);
    await page.goto("/account/mfa");
    const answer = page.waitForResponse((response) => response.request().method() === "POST");
    await button(page, "Add Recovery Codes").click();
    expect((await answer).headers()["cache-control"]).toContain("no-store");

    const [file = ""] =
      /\/_next\/static\/[^"]+\.js/.exec((await pending.open("/login")).body) ?? [];
    const { headers } = await pending.send({ path: file });
    expect(headers["cache-control"]).toContain("immutable");
  },
);

test("HD-07 no page loads or sends anything elsewhere", ON_ONE, async ({ portal: { baseURL } }) => {
  const policy = (await new PlainBrowser(baseURL).open("/login")).headers[
    "content-security-policy"
  ];
  expect(parsePolicy(policy)["connect-src"]).toBe("'self'");
  const manifest = readFileSync("package.json", "utf8");
  expect(manifest).not.toMatch(/analytics|sentry|posthog|segment|hotjar|fullstory/i);
});

function parsePolicy(policy = ""): Record<string, string> {
  return Object.fromEntries(
    policy.split("; ").map((directive) => {
      const [name = "", ...sources] = directive.split(" ");
      return [name, sources.join(" ")];
    }),
  );
}

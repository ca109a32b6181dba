import type { Browser, BrowserContext } from "@playwright/test";
import { TEST_SECRETS } from "@/lib/db/testing/test-environment";
import { test as base, createDatabase, type Portal } from "./fixtures";
import { PlainBrowser } from "./plain-browser";
import { type Prepared, prepareMember, prepareWithApp, prepareWithCodes } from "./prepared-people";
import { noteSecret } from "./secrets-of-the-run";
import { launchServer, type Server } from "./servers";
import { launchWholeChromium } from "./whole-chromium";

export { expect } from "@playwright/test";

type Ready = Server & { setupToken: string | undefined };

type Journey = {
  closeLeftPages: undefined;
  /** The portal with its first administrator: every other page leads to `/setup` without one. */
  administrator: Prepared;
  /** People who exist already, each new: signed up, with an app, with an app and ten codes. */
  prepare: {
    member: () => ReturnType<typeof prepareMember>;
    withApp: () => ReturnType<typeof prepareWithApp>;
    withCodes: () => ReturnType<typeof prepareWithCodes>;
  };
  /** A browser that shows notifications, which the headless shell of the other tests does not. */
  wholeChromium: Browser;
  /** What a server needs that is to have a database of its own, empty and gone after the test. */
  freshEnvironment: Record<string, string>;
  /** One more server, ended with the test. */
  launch: (options: {
    environment: Record<string, string>;
    root?: string;
    dev?: boolean;
    port?: number;
  }) => Promise<Ready>;
};

const administrators = new WeakMap<Portal, Promise<Prepared>>();

export const test = base.extend<Journey>({
  administrator: [
    async ({ portal }, use) => {
      if (!administrators.has(portal)) administrators.set(portal, setUp(portal));
      await use(await (administrators.get(portal) as Promise<Prepared>));
    },
    { auto: true },
  ],

  prepare: async ({ portal: { baseURL } }, use) =>
    use({
      member: () => prepareMember(baseURL),
      withApp: () => prepareWithApp(baseURL),
      withCodes: () => prepareWithCodes(baseURL),
    }),

  wholeChromium: async ({ portal: _ }, use) => {
    const browser = await launchWholeChromium();
    await use(browser);
    await browser.close();
  },

  freshEnvironment: async ({ engine }, use, testInfo) => {
    const database = engine === "postgres" ? await createDatabase() : undefined;
    await use({
      DATA_DIR: testInfo.outputPath("data"),
      SECRETS: TEST_SECRETS,
      ...(database && { DATABASE_URL: database.url }),
    });
    await database?.drop();
  },

  launch: async ({ portal: _ }, use, testInfo) => {
    const servers: Server[] = [];
    await use(async (options) => {
      const logFile = testInfo.outputPath(`server-${servers.length + 1}.log`);
      const server = await launchServer({ ...options, logFile });
      servers.push(server);
      return { ...server, ...(await server.ready) };
    });
    await Promise.all(servers.map((server) => server.kill()));
  },

  // A page that a test left open goes on asking the portal: the login page renews its question for passkeys.
  closeLeftPages: [
    async ({ browser }, use) => {
      await use(undefined);
      await Promise.all(browser.contexts().map((context) => context.close()));
    },
    { auto: true },
  ],

  context: async ({ context }, use) => {
    await use(context);
    for (const { value } of await context.cookies()) noteSecret(value);
  },
});

/** Makes the first administrator of a portal, in a browser without scripts. */
async function setUp({
  baseURL,
  setupToken,
}: {
  baseURL: string;
  setupToken: string | undefined;
}): Promise<Prepared> {
  const person = { name: "Ada", email: "ada@example.test", password: "tidy walrus counts rivers" };
  noteSecret(person.password);
  const browser = new PlainBrowser(baseURL);
  const page = await browser.press(await browser.open("/setup"), "Create administrator", {
    ...person,
    token: setupToken ?? "",
  });
  if (page.path !== "/account") throw new Error(`The setup led to ${page.path} (${page.status}).`);
  return { ...person, browser };
}

/** Gives a real browser the cookies of one without scripts, whose person it then is. */
export async function lendCookies(from: PlainBrowser, to: BrowserContext): Promise<void> {
  await to.addCookies(
    [...from.cookies].map(([name, value]) => ({
      name,
      value,
      url: from.origin,
      httpOnly: true,
      sameSite: "Lax" as const,
    })),
  );
}

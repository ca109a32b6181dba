import type { Browser, BrowserContext, Page } from "@playwright/test";
import type { FakePushService, FakeSubscription } from "@/lib/db/testing/fake-push-service";
import { expect, test } from "./journeys";
import { button, enterPassword, heading, type Person, signUp, somebodyNew, told } from "./people";
import { givePassword } from "./prepared-people";
import { noteSecret } from "./secrets-of-the-run";
import type { Sql } from "./servers";
import { SigningPhone } from "./signing-phone";
import { connectPhone } from "./sparekey-phone";

const HELP = "Didn't receive a notification?";
const TURN_ON = "Turn on notifications";

test("PU-09 PU-10 PU-13 a phone that allowed it is rung by the password, with nothing that a stranger may not see", async ({
  page,
  browser,
  portal: { pushService, baseURL, sql },
}) => {
  const { person, phone } = await personWithPhone(page, browser);
  const subscription = await giveNotifications(phone, pushService, "granted");
  await expect(button(phone, TURN_ON)).toBeVisible();
  expect(await questionsAsked(phone)).toBe(0);
  await button(phone, TURN_ON).click();
  await expect(told(phone, /^Notifications are on/)).toBeVisible();
  expect(await questionsAsked(phone)).toBe(1);
  expect(await countSubscriptions(sql, person)).toBe(1);

  const login = await logInElsewhere(browser, { person, baseURL });
  await expect.poll(() => pushService.received(subscription)).toHaveLength(1);
  const [push] = pushService.received(subscription);
  expect(push?.headers).toMatchObject({ urgency: "high", "content-encoding": "aes128gcm" });
  expect(Number(push?.headers.ttl)).toBeLessThanOrEqual(120);
  expect(push?.claims.aud).toBe(`https://${pushService.host}`);
  const number = await readNumber(login);
  for (const kept of [number, person.email, person.name, "127.0.0.1", "Chrome"]) {
    expect(push?.payload).not.toContain(kept);
  }
  expect(JSON.parse(push?.payload ?? "")).toMatchObject({ type: "approval" });

  await login.getByText(HELP).click();
  await button(login, "Send again").click();
  await expect.poll(() => pushService.received(subscription)).toHaveLength(2);
  expect(pushService.received(subscription)[1]?.headers.topic).toBe(push?.headers.topic);
  expect(pushService.refused).toEqual([]);
});

test("PU-11 a phone that its push service does not know any more is forgotten, until its page is opened again", async ({
  page,
  browser,
  portal: { pushService, baseURL, sql },
}) => {
  const { person, phone } = await personWithPhone(page, browser);
  const subscription = await giveNotifications(phone, pushService, "granted");
  await button(phone, TURN_ON).click();
  await expect(told(phone, /^Notifications are on/)).toBeVisible();
  pushService.answer(subscription, 410);
  await logInElsewhere(browser, { person, baseURL });
  await expect.poll(() => countSubscriptions(sql, person)).toBe(0);

  pushService.answer(subscription, 201);
  await phone.reload();
  await expect(told(phone, /^Notifications are on/)).toBeVisible();
  await expect.poll(() => countSubscriptions(sql, person)).toBe(1);
  await logInElsewhere(browser, { person, baseURL });
  await expect.poll(() => pushService.received(subscription)).toHaveLength(1);
});

test("PU-09 the worker shows one notification, of the newest login, and a touch leads to the page", async ({
  page,
  wholeChromium,
  portal: { baseURL },
}) => {
  const { phone } = await personWithPhone(page, wholeChromium);
  await phone.context().grantPermissions(["notifications"], { origin: baseURL });
  const deliver = await pushDelivery(phone, baseURL);
  await phone.goto("/login"); // the page of the authenticator closes what is shown
  await deliver(JSON.stringify({ type: "approval", title: "First", body: "One" }));
  await deliver(JSON.stringify({ type: "approval", title: "Second", body: "Two" }));
  await expect.poll(() => shownNotifications(phone)).toEqual(["Second: Two"]);
  await deliver("this is no JSON");
  await expect.poll(() => shownNotifications(phone)).toEqual(["Sparekey Authenticator: "]);

  const touch = () =>
    inWorker(phone.context(), async (self) => {
      const event = Object.assign(new Event("notificationclick"), {
        notification: { close: () => undefined },
        done: Promise.resolve(),
        waitUntil(work: Promise<void>) {
          this.done = work;
        },
      });
      const opened: string[] = [];
      self.clients.openWindow = async (url) => {
        opened.push(url);
      };
      self.WindowClient.prototype.focus = async () => {
        opened.push("focused");
      };
      self.dispatchEvent(event);
      await event.done;
      return opened;
    });
  expect(await touch()).toEqual(["/authenticator"]);
  await phone.goto("/authenticator");
  expect(await touch()).toEqual(["focused"]);
});

test("HD-01 the worker may load the pictures of a notification, and its badge is an outline", async ({
  page,
}) => {
  const worker = await page.request.get("/sw.js");
  expect(worker.headers()["content-security-policy"]).toMatch(/img-src 'self'/);
  const [, badge] = (await worker.text()).match(/badge: "([^"]+)"/) ?? [];
  await page.goto("/login");
  const pixels = await page.evaluate(async (path) => {
    const picture = await createImageBitmap(await (await fetch(path)).blob());
    const context = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
    context?.drawImage(picture, 0, 0);
    const { data = [] } = context?.getImageData(0, 0, picture.width, picture.height) ?? {};
    return Array.from(data);
  }, badge ?? "");
  const alphas = pixels.filter((_, place) => place % 4 === 3);
  const isWhite = (_: number, place: number) =>
    pixels.slice(place * 4, place * 4 + 3).every((colour) => colour === 255);
  expect(alphas).toHaveLength(96 * 96);
  expect(alphas.filter((alpha) => alpha === 0).length).toBeGreaterThan(alphas.length / 2);
  expect(alphas.every((alpha, place) => alpha < 255 || isWhite(alpha, place))).toBe(true);
});

test("PU-09 what was shown on the lock screen is gone once the page is looked at", async ({
  page,
  wholeChromium,
  portal: { baseURL },
}) => {
  const { phone } = await personWithPhone(page, wholeChromium);
  await phone.context().grantPermissions(["notifications"], { origin: baseURL });
  const deliver = await pushDelivery(phone, baseURL);
  await phone.goto("/login"); // so that nothing but the look at the authenticator can close it
  await deliver(JSON.stringify({ type: "approval", title: "A login", body: "waits" }));
  await expect.poll(() => shownNotifications(phone)).toEqual(["A login: waits"]);
  await phone.goto("/authenticator");
  await expect.poll(() => shownNotifications(phone)).toEqual([]);
});

test("PU-09 what was shown while the page is open is gone once it was answered", async ({
  page,
  wholeChromium,
  portal: { baseURL },
}) => {
  const { person, phone } = await personWithPhone(page, wholeChromium);
  await phone.context().grantPermissions(["notifications"], { origin: baseURL });
  const deliver = await pushDelivery(phone, baseURL);
  await logInElsewhere(wholeChromium, { person, baseURL });
  await expect(button(phone, "This wasn't me")).toBeVisible();
  await deliver(JSON.stringify({ type: "approval", title: "A login", body: "waits" }));
  await expect.poll(() => shownNotifications(phone)).toEqual(["A login: waits"]);
  await button(phone, "This wasn't me").click();
  await expect.poll(() => shownNotifications(phone)).toEqual([]);
});

test("PU-11 a subscription that the browser changed by itself is renewed, and the open page tells the portal", async ({
  page,
  browser,
  portal: { pushService, baseURL, sql },
}) => {
  const { person, phone } = await personWithPhone(page, browser);
  await giveNotifications(phone, pushService, "granted");
  await button(phone, TURN_ON).click();
  await expect(told(phone, /^Notifications are on/)).toBeVisible();
  const next = pushService.subscribe();
  await phone.evaluate((subscription) => {
    sessionStorage.setItem("subscription", JSON.stringify(subscription));
  }, next);
  const portalTold = phone.waitForResponse(/\/authenticator\/subscriptions$/);
  const subscribed = await inWorker(phone.context(), async (self) => {
    const event = Object.assign(new Event("pushsubscriptionchange"), {
      oldSubscription: { options: { applicationServerKey: "the same" } },
      done: Promise.resolve(),
      waitUntil(work: Promise<void>) {
        this.done = work;
      },
    });
    const asked: string[] = [];
    self.PushManager.prototype.subscribe = async ({ applicationServerKey }) => {
      asked.push(applicationServerKey);
    };
    self.dispatchEvent(event);
    await event.done;
    return asked;
  });
  expect(subscribed).toEqual(["the same"]);
  expect((await portalTold).status()).toBe(200);
  expect(await countSubscriptions(sql, person)).toBe(1);
  await logInElsewhere(browser, { person, baseURL });
  await expect.poll(() => pushService.received(next)).toHaveLength(1);
});

for (const [answer, words] of [
  ["denied", /^Your browser blocks notifications from this site/],
  ["default", /^Notifications are still off/],
] as const) {
  test(`PU-09 a person who answers "${answer}" is told how it works without, and nobody is rung`, async ({
    page,
    browser,
    portal: { pushService, baseURL, sql },
  }) => {
    const { person, phone } = await personWithPhone(page, browser);
    const subscription = await giveNotifications(phone, pushService, answer);
    await button(phone, TURN_ON).click();
    await expect(told(phone, words)).toBeVisible();
    await expect(button(phone, TURN_ON)).toHaveCount(answer === "default" ? 1 : 0);
    expect(await countSubscriptions(sql, person)).toBe(0);
    await logInElsewhere(browser, { person, baseURL });
    expect(pushService.received(subscription)).toEqual([]);
  });
}

test("PU-09 a phone that forgets an account for itself alone is rung for it no more", async ({
  page,
  browser,
  portal: { pushService, sql },
}) => {
  const { person, phone } = await personWithPhone(page, browser);
  await giveNotifications(phone, pushService, "granted");
  await button(phone, TURN_ON).click();
  await expect(told(phone, /^Notifications are on/)).toBeVisible();
  expect(await countSubscriptions(sql, person)).toBe(1);
  await button(phone, `Forget this account ${person.email}`).click();
  await button(phone, "Forget it").click();
  await button(phone, "Forget it here all the same").click();
  await expect(told(phone, /is no longer connected to/)).toBeVisible();
  expect(await countSubscriptions(sql, person)).toBe(0);
});

test("PU-09 a browser without Web Push says so, and serves the account all the same", async ({
  page,
  browser,
}) => {
  const { phone } = await personWithPhone(page, browser);
  await phone.context().addInitScript(() => Reflect.deleteProperty(window, "PushManager"));
  await phone.reload();
  await expect(told(phone, /^This browser can’t notify you/)).toBeVisible();
  await expect(button(phone, TURN_ON)).toHaveCount(0);
});

test("PU-14 a subscription at no push service is refused, and the phone says what that means", async ({
  page,
  browser,
  portal: { pushService, sql },
}) => {
  const { person, phone } = await personWithPhone(page, browser);
  const subscription = pushService.subscribe();
  const elsewhere = { ...subscription, endpoint: "https://169.254.169.254/latest" };
  await giveNotifications(phone, pushService, "granted", elsewhere);
  await button(phone, TURN_ON).click();
  await expect(told(phone, /^Your browser uses a service for notifications/)).toBeVisible();
  expect(await countSubscriptions(sql, person)).toBe(0);
});

test("PU-05 PU-14 a subscription is taken signed by the phone's own key, at a push service, and from this portal's pages alone", async ({
  prepare,
  portal: { pushService, baseURL, secondURL = baseURL, sql },
}) => {
  const person = await prepare.withCodes();
  const phone = await SigningPhone.connect(person, { sql, origin: baseURL });
  const subscription = pushService.subscribe();
  expect(await (await phone.forged()).subscribe(subscription)).toMatchObject({
    status: 401,
    body: { reason: "signature" },
  });
  for (const endpoint of [
    "https://169.254.169.254/",
    "https://fcm.googleapis.com.evil.example/",
    "http://fcm.googleapis.com/x",
  ]) {
    expect(await phone.subscribe({ ...subscription, endpoint })).toMatchObject({
      status: 422,
      body: { reason: "push-service" },
    });
  }
  expect(await countSubscriptions(sql, person)).toBe(0);
  for (const path of ["/authenticator/subscriptions", "/authenticator/push-key"]) {
    const asked = (method: string, origin: string) =>
      fetch(`${secondURL}${path}`, {
        method,
        headers: { origin, "content-type": "application/json" },
        ...(method === "POST" && { body: "{}" }),
      });
    expect((await asked("POST", "https://evil.example")).status, path).toBe(403);
    expect((await asked("GET", secondURL)).status, path).toBe(405);
  }

  expect(await phone.subscribe(subscription)).toMatchObject({
    status: 200,
    body: { subscribed: true },
  });
  await givePassword(person, secondURL);
  await expect.poll(() => pushService.received(subscription)).toHaveLength(1);
  expect(await phone.subscribe(null)).toMatchObject({ status: 200, body: { subscribed: false } });
  expect(await countSubscriptions(sql, person)).toBe(0);
});

test("PU-13 every server of the portal has the same key for push services", async ({
  portal: { baseURL, secondURL = baseURL, sql },
}) => {
  const keyOf = async (origin: string) => {
    const answer = await fetch(`${origin}/authenticator/push-key`, {
      method: "POST",
      headers: { origin, "content-type": "application/json" },
      body: "{}",
    });
    expect(answer.headers.get("cache-control")).toBe("no-store");
    const { publicKey } = await answer.json();
    return publicKey;
  };
  const [first, second] = await Promise.all([keyOf(baseURL), keyOf(secondURL)]);
  expect(Buffer.from(first, "base64url")).toHaveLength(65);
  expect(second).toBe(first);
  expect(await sql(`SELECT "publicKey" FROM "ServerKey"`)).toEqual([{ publicKey: first }]);
});

/** Somebody with a connected phone, logged in on `page`. */
async function personWithPhone(page: Page, browser: Browser) {
  const person = somebodyNew();
  await signUp(page, person);
  const phone = await connectPhone(browser, { account: page, email: person.email });
  return { person, phone };
}

/**
 * Lets a phone's browser be rung by the tests' push service, as no browser of a test can subscribe at a real
 * one: the person will answer its question so.
 */
async function giveNotifications(
  phone: Page,
  pushService: FakePushService,
  answer: NotificationPermission,
  subscription: FakeSubscription = pushService.subscribe(),
): Promise<FakeSubscription> {
  await phone.context().addInitScript(
    ([willAnswer, given]) => {
      const kept = (name: string) => sessionStorage.getItem(name);
      if (!kept("subscription")) sessionStorage.setItem("subscription", JSON.stringify(given));
      Object.defineProperty(Notification, "permission", {
        get: () => kept("permission") ?? "default",
      });
      Notification.requestPermission = async () => {
        sessionStorage.setItem("asked", String(Number(kept("asked")) + 1));
        sessionStorage.setItem("permission", willAnswer);
        return willAnswer;
      };
      const subscribed = () => ({ toJSON: () => JSON.parse(kept("subscription") ?? "{}") });
      Object.assign(PushManager.prototype, {
        subscribe: async () => subscribed(),
        getSubscription: async () => subscribed(),
      });
    },
    [answer, subscription] as const,
  );
  await phone.reload();
  const { endpoint, keys } = subscription;
  for (const secret of [endpoint.split("/").at(-1) ?? "", keys.auth]) noteSecret(secret);
  return subscription;
}

const questionsAsked = (phone: Page) =>
  phone.evaluate(() => Number(sessionStorage.getItem("asked") ?? 0));

async function logInElsewhere(
  browser: Browser,
  { person, baseURL }: { person: Person; baseURL: string },
): Promise<Page> {
  const context = await browser.newContext({ baseURL });
  const login = await context.newPage();
  await login.goto("/login");
  await enterPassword(login, person);
  await expect(heading(login, "Approve the notification")).toBeVisible();
  return login;
}

async function readNumber(login: Page): Promise<string> {
  const shown = login.getByRole("img", { name: /^Number:( \d){6}$/ });
  const number = ((await shown.textContent()) ?? "").replace(/\D/g, "");
  noteSecret(number);
  return number;
}

async function countSubscriptions(sql: Sql, { email }: Person): Promise<number> {
  const [row] = await sql(
    `SELECT count("sealedSubscription")::int AS "n" FROM "SparekeyAuthenticator"
     WHERE "userId" = (SELECT "id" FROM "User" WHERE "email" = $1)`,
    [email],
  );
  return Number(row?.n);
}

/** What hands a message to the phone's worker as a push service does through the browser. */
async function pushDelivery(phone: Page, origin: string): Promise<(data: string) => Promise<void>> {
  const session = await phone.context().newCDPSession(phone);
  const registrationId = new Promise<string>((resolve) => {
    session.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
      const found = registrations.find(({ scopeURL }) => scopeURL.startsWith(origin));
      if (found) resolve(found.registrationId);
    });
  });
  await session.send("ServiceWorker.enable");
  await phone.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  const id = await registrationId;
  return async (data) => {
    await session.send("ServiceWorker.deliverPushMessage", { origin, registrationId: id, data });
  };
}

const shownNotifications = (phone: Page) =>
  inWorker(phone.context(), async (self) =>
    (await self.registration.getNotifications()).map(({ title, body }) => `${title}: ${body}`),
  );

/** What the tests use of a worker's global scope. */
type WorkerScope = {
  registration: { getNotifications: () => Promise<{ title: string; body: string }[]> };
  clients: { openWindow: (url: string) => Promise<void> };
  WindowClient: { prototype: { focus: () => Promise<void> } };
  PushManager: {
    prototype: { subscribe: (how: { applicationServerKey: string }) => Promise<void> };
  };
  dispatchEvent: (event: Event) => boolean;
};

/** Runs a function in the worker of the phone's page. */
async function inWorker<T>(
  context: BrowserContext,
  act: (self: WorkerScope) => Promise<T>,
): Promise<T> {
  const worker = context.serviceWorkers()[0] ?? (await context.waitForEvent("serviceworker"));
  const self = await worker.evaluateHandle<WorkerScope, undefined>("self", undefined);
  return worker.evaluate(act, self);
}

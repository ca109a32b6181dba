// The service worker of the Sparekey Authenticator. It keeps no answer of the portal: there is no handler for
// `fetch`, so every request goes to the network as it is (HD-05).

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

const PAGE = "/authenticator";
const TAG = "approval"; // one notification, of the newest login
const NAME = "Sparekey Authenticator";

// Browsers end a subscription that rings without showing anything, so something is always shown.
self.addEventListener("push", (event) => {
  const { title, body } = readMessage(event.data);
  event.waitUntil(
    self.registration.showNotification(title, {
      body,
      tag: TAG,
      renotify: true,
      requireInteraction: true,
      icon: "/authenticator-192.png",
      badge: "/authenticator-badge-96.png", // Android draws its outline alone
    }),
  );
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(openPage());
});

// The page signs what it tells the portal, so it is the page that tells of the new subscription: now, if it is
// open, and whenever it opens.
self.addEventListener("pushsubscriptionchange", (event) => {
  event.waitUntil(renew(event).finally(tellPages));
});

function readMessage(data) {
  try {
    const { title, body } = data.json();
    return { title: String(title || NAME), body: String(body || "") };
  } catch {
    return { title: NAME, body: "" };
  }
}

async function openPage() {
  const page = (await findPages())[0];
  return page ? page.focus() : self.clients.openWindow(PAGE);
}

async function renew({ newSubscription, oldSubscription }) {
  const applicationServerKey = oldSubscription?.options?.applicationServerKey;
  if (newSubscription || !applicationServerKey) return;
  await self.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey });
}

async function tellPages() {
  for (const page of await findPages()) page.postMessage({ type: "push-subscription-changed" });
}

async function findPages() {
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  return windows.filter(({ url }) => new URL(url).pathname === PAGE);
}

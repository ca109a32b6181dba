// The service worker of the Sparekey Authenticator. It keeps no answer of the portal: there is no handler for
// `fetch`, so every request goes to the network as it is (HD-05).

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

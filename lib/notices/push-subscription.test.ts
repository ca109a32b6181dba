import { createECDH, randomBytes } from "node:crypto";
import { beforeAll, expect, test, vi } from "vitest";

const ecdh = createECDH("prime256v1");
const KEYS = {
  p256dh: ecdh.generateKeys("base64url"),
  auth: randomBytes(16).toString("base64url"),
};

// The operator's hosts are in the environment before it is read.
let parse: typeof import("./push-subscription")["parsePushSubscription"];
beforeAll(async () => {
  vi.resetModules();
  vi.stubEnv(
    "PUSH_HOSTS",
    "push.example.org, ntfy.example.org:8443, 192.0.2.7, [2001:db8::7]:8443",
  );
  ({ parsePushSubscription: parse } = await import("./push-subscription"));
  return () => vi.unstubAllEnvs();
});

const endpointOf = (endpoint: string) => parse({ endpoint, keys: KEYS })?.endpoint;

test.each([
  "https://fcm.googleapis.com/fcm/send/eH3:APA91b_x-y",
  "https://updates.push.services.mozilla.com/wpush/v2/gAAAA",
  "https://wns2-par02p.notify.windows.com/w/?token=BQYAAA%2bx",
  "https://web.push.apple.com/QGuQy",
  "https://push.example.org/up/1",
  "https://ntfy.example.org:8443/up/1",
  "https://192.0.2.7/up",
  "https://[2001:db8::7]:8443/up",
])("PU-14 an endpoint at a push service is taken: %s", (endpoint) => {
  expect(endpointOf(endpoint)).toBe(endpoint);
});

test("PU-14 what is kept of an endpoint is what was looked at", () => {
  expect(endpointOf("HTTPS://FCM.GoogleAPIs.com:443/fcm/send/A")).toBe(
    "https://fcm.googleapis.com/fcm/send/A",
  );
  expect(endpointOf("https:\\\\fcm.googleapis.com\\x")).toBe("https://fcm.googleapis.com/x");
  expect(endpointOf("https://fcm.googleapis.com/a/../b")).toBe("https://fcm.googleapis.com/b");
});

test.each([
  ["not https", "http://fcm.googleapis.com/fcm/send/x"],
  ["not https", "http://push.example.org/x"],
  ["not https", "ftp://fcm.googleapis.com/x"],
  ["not https", "file:///etc/passwd"],
  ["not https", "javascript:alert(1)//fcm.googleapis.com"],
  ["the cloud's own address", "https://169.254.169.254/"],
  ["the cloud's own address", "https://169.254.169.254/latest/meta-data/"],
  ["an address, spelled otherwise", "https://2852039166/"],
  ["an address, spelled otherwise", "https://0xa9fea9fe/"],
  ["an address, spelled otherwise", "https://0251.0376.0251.0376/"],
  ["this machine", "https://localhost/"],
  ["this machine", "https://127.0.0.1:3000/"],
  ["this machine", "https://127.1/"],
  ["this machine", "https://0.0.0.0/"],
  ["IPv6", "https://[::1]/"],
  ["IPv6", "https://[::ffff:169.254.169.254]/"],
  ["IPv6", "https://[fd00:ec2::254]/"],
  ["a listed address at another port", "https://192.0.2.7:8443/"],
  ["a private network", "https://10.0.0.1/"],
  ["a private network", "https://192.168.1.1/"],
  ["a longer name", "https://fcm.googleapis.com.evil.example/"],
  ["a longer name", "https://push.services.mozilla.com.evil.example/"],
  ["a longer name", "https://evilfcm.googleapis.com/"],
  ["a longer name", "https://evilpush.apple.com/"],
  ["a neighbour", "https://storage.googleapis.com/"],
  ["a neighbour", "https://push.example.org.evil.example/"],
  ["a neighbour", "https://sub.push.example.org/"],
  ["a user name", "https://fcm.googleapis.com@evil/"],
  ["a user name", "https://user@evil/"],
  ["a user name", "https://user@fcm.googleapis.com/"],
  ["a user name", "https://:password@fcm.googleapis.com/"],
  ["a user name", "https://evil\\@fcm.googleapis.com/"],
  ["a host hidden in the rest", "https://evil/#@fcm.googleapis.com/"],
  ["a host hidden in the rest", "https://evil/?fcm.googleapis.com"],
  ["a trailing dot", "https://fcm.googleapis.com./"],
  ["a trailing dot", "https://web.push.apple.com./"],
  ["a trailing dot", "https://push.example.org./"],
  ["another port", "https://fcm.googleapis.com:8443/"],
  ["another port", "https://web.push.apple.com:80/"],
  ["another port", "https://ntfy.example.org/"],
  ["another port", "https://push.example.org:22/"],
  ["letters that look alike", "https://fcm.googleаpis.com/"],
  ["the domain without a name", "https://.push.apple.com/"],
  ["nothing", ""],
  ["no address", "fcm.googleapis.com"],
  ["a tail without end", `https://fcm.googleapis.com/${"x".repeat(2_000)}`],
])("PU-14 an endpoint with %s is refused: %s", (_, endpoint) => {
  expect(parse({ endpoint, keys: KEYS })).toBeUndefined();
});

test("PU-12 keys of another length, that are no point, or in another alphabet are refused", () => {
  const endpoint = "https://web.push.apple.com/x";
  const withKeys = (keys: unknown) => parse({ endpoint, keys });
  const bytes = (length: number) => randomBytes(length).toString("base64url");
  const point = Buffer.from(KEYS.p256dh, "base64url");
  const off = Buffer.from(point);
  off[64] = (off[64] ?? 0) ^ 1;
  expect(withKeys(KEYS)).toEqual({ endpoint, keys: KEYS });
  for (const keys of [
    undefined,
    {},
    { ...KEYS, auth: bytes(15) },
    { ...KEYS, auth: bytes(17) },
    { ...KEYS, auth: 16 },
    { ...KEYS, auth: `${KEYS.auth}==` },
    { ...KEYS, p256dh: bytes(64) },
    { ...KEYS, p256dh: bytes(66) },
    { ...KEYS, p256dh: Buffer.alloc(65).toString("base64url") },
    { ...KEYS, p256dh: off.toString("base64url") },
    { ...KEYS, p256dh: Buffer.concat([Buffer.from([2]), point.subarray(1)]).toString("base64url") },
  ]) {
    expect(withKeys(keys)).toBeUndefined();
  }
  for (const value of [undefined, null, "", 7, [], { endpoint }, { keys: KEYS }]) {
    expect(parse(value)).toBeUndefined();
  }
});

test("PU-12 nothing but endpoint and keys is kept", () => {
  const subscription = { endpoint: "https://web.push.apple.com/x", keys: KEYS };
  expect(parse({ ...subscription, expirationTime: null, more: "x".repeat(9_000) })).toEqual(
    subscription,
  );
});

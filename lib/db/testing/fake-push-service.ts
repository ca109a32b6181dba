import {
  createDecipheriv,
  createECDH,
  createPublicKey,
  hkdfSync,
  randomBytes,
  verify,
} from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingHttpHeaders } from "node:http";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import path from "node:path";
import { buffer } from "node:stream/consumers";
import { generate } from "selfsigned";

const MAX_BODY_BYTES = 4_096; // RFC 8030 §7.2
const POINT_BYTES = 65;
const TAG_BYTES = 16;
const SECOND = 1_000;

/** A push that arrived and kept to the protocol. */
export type ReceivedPush = {
  /** The last part of its endpoint's path. */
  id: string;
  headers: IncomingHttpHeaders;
  /** The claims of its VAPID token, whose signature is right. */
  claims: { aud: string; exp: number; sub: string };
  /** The key that signed it. */
  vapidKey: string;
  bytes: number;
  /** What the phone reads. */
  payload: string;
};

/** What a browser has and its push service has not: the keys that open its messages. */
export type SubscriptionKeys = { privateKey: Buffer; auth: Buffer };

/** A subscription as browsers give it, at an endpoint of this service. */
export type FakeSubscription = { endpoint: string; keys: { p256dh: string; auth: string } };

/** `hang` never answers. */
type Answer = number | "hang";

export type FakePushService = {
  /** As `PUSH_HOSTS` takes it. */
  host: string;
  /** PEM: what has to be trusted to reach it. */
  certificate: string;
  /** The same as a file, for `NODE_EXTRA_CA_CERTS`. */
  certificateFile: string;
  /** Subscribes a browser. */
  subscribe: () => FakeSubscription;
  /** From now on the endpoint answers so, at first with 201, after something else has happened. */
  answer: (subscription: FakeSubscription, status: Answer, after?: () => Promise<unknown>) => void;
  /** Every push that kept to the protocol, oldest first; `of` one subscription, or of all. */
  received: (of?: FakeSubscription) => ReceivedPush[];
  /** What was wrong with pushes that did not, and how many requests came to other paths. */
  refused: string[];
  close: () => Promise<void>;
};

/**
 * Starts a push service on a loopback port, with https and a certificate of its own. It speaks the real
 * protocol: it refuses what lacks a valid VAPID token (RFC 8292), the headers of RFC 8030, or a body that
 * its browser can decrypt (RFC 8291), and says in `refused` why.
 */
export async function startFakePushService(): Promise<FakePushService> {
  const { cert, private: key } = await selfSignedCertificate();
  const browsers = new Map<
    string,
    SubscriptionKeys & { answer: Answer; after: () => Promise<unknown> }
  >();
  const pushes: ReceivedPush[] = [];
  const refused: string[] = [];

  const server = createServer({ cert, key }, async (request, response) => {
    const id = request.url?.split("/").at(-1) ?? "";
    const browser = browsers.get(id);
    const body = await buffer(request);
    if (!browser || request.method !== "POST") {
      refused.push(`${request.method} ${request.url}`);
      return response.writeHead(404).end();
    }
    await browser.after();
    if (browser.answer === "hang") return;
    if (browser.answer !== 201) {
      return response.writeHead(browser.answer, { location: `${origin}/elsewhere` }).end("no");
    }
    try {
      pushes.push({ id, ...readPush({ headers: request.headers, body, browser, origin }) });
      response.writeHead(201, { location: `${origin}/message/${id}` }).end();
    } catch (error) {
      refused.push(error instanceof Error ? error.message : String(error));
      response.writeHead(400).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (!address || typeof address === "string") throw new Error("The push service has no port.");
  const host = `localhost:${address.port}`;
  const origin = `https://${host}`;

  const folder = mkdtempSync(path.join(tmpdir(), "sparekey-push-"));
  const certificateFile = path.join(folder, "certificate.pem");
  writeFileSync(certificateFile, cert);

  const idOf = ({ endpoint }: FakeSubscription) => endpoint.split("/").at(-1) ?? "";
  return {
    host,
    certificate: cert,
    certificateFile,
    subscribe: () => {
      const ecdh = createECDH("prime256v1");
      const p256dh = ecdh.generateKeys("base64url");
      const [id, auth] = [randomBytes(24).toString("base64url"), randomBytes(16)];
      browsers.set(id, { privateKey: ecdh.getPrivateKey(), auth, answer: 201, after: nothing });
      return {
        endpoint: `${origin}/push/${id}`,
        keys: { p256dh, auth: auth.toString("base64url") },
      };
    },
    answer: (subscription, status, after = nothing) => {
      const browser = browsers.get(idOf(subscription));
      if (!browser) throw new Error("Nobody subscribed so.");
      Object.assign(browser, { answer: status, after });
    },
    received: (of) => pushes.filter(({ id }) => !of || id === idOf(of)),
    refused,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function selfSignedCertificate() {
  return generate([{ name: "commonName", value: "localhost" }], {
    keyType: "ec",
    algorithm: "sha256",
    notAfterDate: new Date(Date.now() + 86_400 * SECOND),
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", digitalSignature: true, keyCertSign: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      { name: "subjectAltName", altNames: [{ type: 2, value: "localhost" }] },
    ],
  });
}

function readPush({
  headers,
  body,
  browser,
  origin,
}: {
  headers: IncomingHttpHeaders;
  body: Buffer;
  browser: SubscriptionKeys;
  origin: string;
}): Omit<ReceivedPush, "id"> {
  demand(/^\d+$/.test(String(headers.ttl)), "TTL is missing (RFC 8030 §5.2)");
  demand(/^[A-Za-z0-9_-]{1,32}$/.test(String(headers.topic ?? "x")), "Topic (RFC 8030 §5.4)");
  demand(headers["content-encoding"] === "aes128gcm", "Content-Encoding (RFC 8291 §4)");
  demand(body.length <= MAX_BODY_BYTES, "the body is too long (RFC 8030 §7.2)");
  const { claims, vapidKey } = verifyVapid(String(headers.authorization), origin);
  return {
    headers,
    claims,
    vapidKey,
    bytes: body.length,
    payload: decryptPush(body, browser).toString(),
  };
}

/** RFC 8292 §2 and §3. */
function verifyVapid(authorization: string, origin: string) {
  const [, token = "", vapidKey = ""] = /^vapid t=([\w.-]+), k=([\w-]+)$/.exec(authorization) ?? [];
  const [header = "", payload = "", signature = ""] = token.split(".");
  const point = Buffer.from(vapidKey, "base64url");
  demand(point.length === POINT_BYTES, "the VAPID key is no point");
  demand(parseJson(header).alg === "ES256", "the VAPID token is not ES256");
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((part) =>
    part.toString("base64url"),
  );
  const key = createPublicKey({ key: { kty: "EC", crv: "P-256", x, y }, format: "jwk" });
  const isSigned = verify(
    "sha256",
    Buffer.from(`${header}.${payload}`),
    { key, dsaEncoding: "ieee-p1363" },
    Buffer.from(signature, "base64url"),
  );
  demand(isSigned, "the VAPID signature is wrong");
  const claims = parseJson(payload);
  const lifeSeconds = claims.exp - Date.now() / SECOND;
  demand(claims.aud === origin, "the VAPID token is for somebody else");
  demand(lifeSeconds > 0 && lifeSeconds <= 86_400, "the VAPID token ends too late, or is over");
  demand(/^(mailto:.+@.+|https:\/\/.+)$/.test(claims.sub), "the VAPID subject is no contact");
  return { claims, vapidKey };
}

/** Opens a message as a browser does, written after RFC 8291 §3.4 and RFC 8188 §2, with one record. */
export function decryptPush(body: Buffer, { privateKey, auth }: SubscriptionKeys): Buffer {
  const salt = body.subarray(0, 16);
  const idLength = body.readUInt8(20);
  demand(idLength === POINT_BYTES, "the key id is no point");
  demand(body.length - 86 <= body.readUInt32BE(16), "there is more than one record");
  const sender = body.subarray(21, 21 + idLength);
  const sealed = body.subarray(21 + idLength);

  const receiver = createECDH("prime256v1");
  receiver.setPrivateKey(privateKey);
  const info = Buffer.concat([Buffer.from("WebPush: info\0"), receiver.getPublicKey(), sender]);
  const secret = Buffer.from(hkdfSync("sha256", receiver.computeSecret(sender), auth, info, 32));
  const derive = (name: string, bytes: number) =>
    Buffer.from(hkdfSync("sha256", secret, salt, `Content-Encoding: ${name}\0`, bytes));

  const decipher = createDecipheriv("aes-128-gcm", derive("aes128gcm", 16), derive("nonce", 12), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  const plain = Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()]);
  const end = plain.lastIndexOf(2); // the delimiter of the last record, then padding
  demand(end >= 0 && plain.subarray(end + 1).every((byte) => byte === 0), "the padding is wrong");
  return plain.subarray(0, end);
}

const nothing = async () => undefined;

const parseJson = (part: string) => JSON.parse(Buffer.from(part, "base64url").toString());

function demand(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}

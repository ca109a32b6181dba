// The server. It stands before Next.js so that a request's client address and host are facts when
// the application reads them, and so that a stop lets requests finish before the database closes.
//   node bin/serve.mjs [--dev]
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, get } from "node:http";
import { isIP } from "node:net";
import path from "node:path";
import next from "next";
import { newestSecret } from "./secrets.mjs";

const DRAIN_MS = 10_000; // less than the time orchestrators give before they kill
const MAX_BODY_BYTES = 64 * 1024; // as in next.config.ts
const READY_POLL_MS = 100;
const CLIENT_MAY_NOT_SEND = /^(forwarded$|x-real-ip$|x-forwarded-|x-middleware-|x-sparekey-)/;
const ASKED_BY_ADDRESS = /^\/(healthz|readyz|metrics)(\?|$)/; // of probes and scrapers
const OWN_REQUEST = "x-sparekey-own-request";
const ADDRESS_OF_ALL = { "0.0.0.0": "127.0.0.1", "::": "::1" };

const dev = process.argv.includes("--dev");
process.chdir(path.join(import.meta.dirname, ".."));

const ownRequestToken = randomBytes(32).toString("hex");
const { port, host, appUrl, proxyHops } = readEnvironment();
const ownAddress = ADDRESS_OF_ALL[host] ?? host;
makeSecrets();

Object.assign(process.env, {
  NODE_ENV: dev ? "development" : "production",
  PORT: String(port),
  HOST: host,
  APP_URL: appUrl.origin,
  NEXTAUTH_URL: appUrl.origin,
  DATA_DIR: process.env.DATA_DIR || ".data",
  NEXT_TELEMETRY_DISABLED: "1",
  // Next.js asks itself for the page that an action redirects to: here, never through the proxy in
  // front.
  __NEXT_PRIVATE_ORIGIN: `http://${isIP(ownAddress) === 6 ? `[${ownAddress}]` : ownAddress}:${port}`,
});

// Kept alive longer than proxies keep theirs, or they would send requests into a connection that
// just closes.
const server = createServer({ keepAliveTimeout: 75_000 }, answer);
const app = next({
  dev,
  hostname: appUrl.hostname,
  port: Number(appUrl.port) || (appUrl.protocol === "https:" ? 443 : 80),
  // In production nothing speaks WebSocket. Next.js gets a server that never listens, or it would
  // take upgrade offers (curl sends one with --http2) and leave their sockets open.
  httpServer: dev ? server : createServer(),
});

// The port is taken first: on a busy one, no database is opened.
await listen();
process.on("SIGTERM", stop);
process.on("SIGINT", stop);

let stopping = false;
const prepared = app.prepare().then(() => app.getRequestHandler());
await prepared.catch((error) => fail(`Sparekey cannot start: ${error.message}`));
await announce();

async function answer(request, response) {
  try {
    stateFacts(request);
    if (isTooLarge(request)) refuseTooLarge(request, response);
    else if (isAskedUnderAnotherName(request)) leadToAppUrl(request, response);
    else await (await prepared)(request, response);
  } catch (error) {
    console.error(error);
    if (!response.headersSent) response.writeHead(500);
    response.end();
  }
}

// Whatever a client claims about itself is replaced by what this server knows.
function stateFacts(request) {
  const { headers } = request;
  // Next.js copies a request's headers to those it makes itself, and names its own address as their
  // host.
  const own = headers[OWN_REQUEST] === ownRequestToken;
  const address = own ? headers["x-forwarded-for"] : clientAddress(request);
  if (own) headers.host = appUrl.host;
  for (const name of Object.keys(headers)) {
    if (CLIENT_MAY_NOT_SEND.test(name)) delete headers[name];
  }
  headers[OWN_REQUEST] = ownRequestToken;
  headers["x-forwarded-for"] = address;
  headers["x-forwarded-proto"] = appUrl.protocol.slice(0, -1);
  headers["x-forwarded-host"] = appUrl.host;
}

// Next.js has the same limit, also for bodies that do not say their length, but answers 500.
function isTooLarge({ headers }) {
  return Number(headers["content-length"] ?? 0) > MAX_BODY_BYTES;
}

function refuseTooLarge(request, response) {
  request.resume(); // read away, or the answer would not arrive
  response.writeHead(413, { "content-type": "text/plain", "cache-control": "no-store" });
  const { errors } = JSON.parse(readFileSync("messages/en.json", "utf8"));
  response.end(`${errors.tooLarge}\n`);
}

// There every form would fail the origin check.
function isAskedUnderAnotherName({ method, headers, url }) {
  const isPage = ["GET", "HEAD"].includes(method) && !ASKED_BY_ADDRESS.test(url);
  return isPage && headers.host !== appUrl.host;
}

function leadToAppUrl({ url }, response) {
  // Appended, never resolved: as a reference, "//example.org" would be another site.
  const location = appUrl.origin + (url.startsWith("/") ? url : "/");
  response.writeHead(307, { location, "cache-control": "no-store" }).end();
}

// Each trusted proxy appends the address it was called from, so only the last entries are not
// forged.
function clientAddress({ headers, socket }) {
  const forwarded = headers["x-forwarded-for"]?.split(",") ?? [];
  const claimed = proxyHops > 0 ? forwarded.at(-proxyHops)?.trim() : undefined;
  const address = claimed && isIP(claimed) ? claimed : (socket.remoteAddress ?? "");
  return address.replace(/^::ffff:(?=\d+\.)/, "");
}

function listen() {
  return new Promise((resolve) => {
    server.once("error", ({ code, message }) =>
      fail(
        code === "EADDRINUSE"
          ? `Port ${port} on ${host} is in use: stop the other server, or choose another PORT.`
          : `Sparekey cannot listen on ${host}:${port}: ${message}.`,
      ),
    );
    server.listen(port, host, resolve);
  });
}

async function announce() {
  while (!(await isReady())) await new Promise((resolve) => setTimeout(resolve, READY_POLL_MS));
  const setupToken = await globalThis[Symbol.for("sparekey.setup-token")]?.();
  if (stopping) return;
  const lines = [`Sparekey is ready at ${appUrl.origin}`];
  if (setupToken) {
    lines.push(
      `No administrator exists yet: open ${appUrl.origin}/setup and enter the setup token.`,
    );
    lines.push(`Setup token: ${setupToken}`);
  }
  console.log(lines.join("\n"));
}

function isReady() {
  return new Promise((resolve) => {
    const headers = { host: appUrl.host };
    const request = get(
      { host: ownAddress, port, path: "/readyz", headers, agent: false },
      (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      },
    );
    request.on("error", () => resolve(false));
  });
}

async function stop() {
  if (stopping) return;
  stopping = true;
  globalThis[Symbol.for("sparekey.end-waits")]?.(); // who waits for an approval is answered now
  await drain();
  await app.close();
  await globalThis[Symbol.for("sparekey.shutdown")]?.();
  process.exit(0);
}

function drain() {
  return new Promise((resolve) => {
    server.close(resolve);
    // A connection kept alive turns idle only after its last answer.
    setInterval(() => server.closeIdleConnections(), 100);
    setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  });
}

function readEnvironment() {
  const { PORT, HOST, APP_URL, TRUST_PROXY } = process.env;
  const port = Number(PORT || 3000);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    fail("PORT is wrong: it is a number from 1 to 65535.");
  const proxyHops = Number(TRUST_PROXY || 0);
  if (!Number.isInteger(proxyHops) || proxyHops < 0)
    fail("TRUST_PROXY is wrong: it is a number of proxies, or 0.");
  const appUrl = APP_URL || `http://localhost:${port}`;
  if (!URL.canParse(appUrl))
    fail("APP_URL is wrong: it is the address people open, like https://accounts.example.org.");
  return { port, host: HOST || "127.0.0.1", appUrl: new URL(appUrl), proxyHops };
}

function makeSecrets() {
  try {
    newestSecret();
  } catch (error) {
    fail(error.message);
  }
}

function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}

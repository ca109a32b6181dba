import { Agent, request } from "node:http";
import { text } from "node:stream/consumers";
import { type Form, findForm } from "./html";
import { noteSecret } from "./secrets-of-the-run";

/** One answer, as it came: no redirect is followed. */
export type Answer = {
  status: number;
  /** Lower-case names. */
  headers: Record<string, string | undefined>;
  /** Each `Set-Cookie` line. */
  setCookies: string[];
  body: string;
};

/** The answer to a request that was followed through its redirects, and the path it was found at. */
export type PlainPage = Answer & { path: string };

export type PlainRequest = {
  path: string;
  method?: string;
  /** Win over those a browser sends; `undefined` leaves one out. */
  headers?: Fields;
  body?: FormData | URLSearchParams | string;
};

export type Fields = Record<string, string | undefined>;

const MAX_REDIRECTS = 5;
const agent = new Agent({ keepAlive: true, maxSockets: 100 });

/**
 * A browser without scripts, in this process: it keeps cookies, follows redirects, and sends forms as
 * HTML says, with the Origin a browser sends. Each has its own cookies; many can act at once.
 */
export class PlainBrowser {
  readonly cookies: Map<string, string>;

  constructor(
    readonly origin: string,
    cookies: Iterable<[string, string]> = [],
  ) {
    this.cookies = new Map(cookies);
  }

  /** Sends one request and keeps the cookies of its answer. */
  async send(wanted: PlainRequest): Promise<Answer> {
    const answer = await exchange(this.origin, {
      ...wanted,
      headers: {
        ...(this.cookies.size > 0 && { cookie: this.cookieHeader() }),
        ...(isSafe(wanted) ? {} : { origin: this.origin }),
        ...wanted.headers,
      },
    });
    for (const line of answer.setCookies) this.keep(line);
    return answer;
  }

  /** Opens a page, through its redirects. */
  async open(path: string, headers: Fields = {}): Promise<PlainPage> {
    return this.follow({ path, headers });
  }

  /** Presses a button of a page, having filled in `fields` by their names (`undefined`: not ticked). */
  async press(page: PlainPage, button: string, fields: Fields = {}): Promise<PlainPage> {
    return this.follow(composeSubmission(page, button, fields));
  }

  /** Another browser with the same cookies, as a thief of them would have. */
  copy(origin = this.origin): PlainBrowser {
    return new PlainBrowser(origin, this.cookies);
  }

  private cookieHeader(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  private keep(line: string): void {
    const { name, value, attributes } = parseSetCookie(line);
    if (value === "" || attributes["max-age"] === "0") {
      this.cookies.delete(name);
    } else {
      this.cookies.set(name, value);
      noteSecret(value);
    }
  }

  private async follow(wanted: PlainRequest, redirects = 0): Promise<PlainPage> {
    const answer = await this.send(wanted);
    const { location } = answer.headers;
    if (!location || answer.status < 300 || answer.status > 399)
      return { ...answer, path: wanted.path };
    if (redirects === MAX_REDIRECTS)
      throw new Error(`${wanted.path} is redirected again and again.`);
    const { pathname, search } = new URL(location, new URL(wanted.path, this.origin));
    const headers = isSafe(wanted) ? wanted.headers : {};
    return this.follow({ path: pathname + search, headers }, redirects + 1);
  }
}

/** The request that pressing a button of a page makes. */
export function composeSubmission(
  page: PlainPage,
  button: string,
  fields: Fields = {},
): PlainRequest {
  const form = findForm(page.body, button);
  if (!form) throw new Error(`No form with a button "${button}" on ${page.path} (${page.status}).`);
  const path = form.action || page.path;
  const filled = Object.entries(fields).filter(isGiven);
  const values = [...form.fields.filter(([name]) => !(name in fields)), ...filled];
  if (form.method === "GET") return { path: `${path}?${new URLSearchParams(values)}` };
  return { path, method: "POST", body: fill(form, values) };
}

/** The name, value and lower-case attributes of a `Set-Cookie` line. */
export function parseSetCookie(line: string) {
  const [pair = "", ...rest] = line.split(/;\s*/);
  const split = pair.indexOf("=");
  const attributes = Object.fromEntries(
    rest.map((attribute) => {
      const [name = "", value = ""] = attribute.split("=");
      return [name.toLowerCase(), value];
    }),
  );
  return { name: pair.slice(0, split), value: pair.slice(split + 1), attributes };
}

/** The names of the cookies that an answer gives, not of those it takes away. */
export function namesGiven({ setCookies }: Answer): string[] {
  return setCookies.map(parseSetCookie).flatMap(({ name, value }) => (value ? [name] : []));
}

const isGiven = (pair: [string, string | undefined]): pair is [string, string] =>
  pair[1] !== undefined;

const isSafe = ({ method = "GET" }: PlainRequest) => ["GET", "HEAD"].includes(method);

function fill(form: Form, values: [string, string][]): FormData | URLSearchParams {
  const body = form.isMultipart ? new FormData() : new URLSearchParams();
  for (const [name, value] of values) body.append(name, value);
  return body;
}

async function exchange(
  origin: string,
  { path, method = "GET", headers, body }: PlainRequest,
): Promise<Answer> {
  const encoded = new Response(body);
  const content = Buffer.from(await encoded.arrayBuffer());
  const type = encoded.headers.get("content-type");
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        agent,
        hostname,
        port,
        path,
        method,
        headers: {
          ...(type && { "content-type": type }),
          ...(content.length > 0 && { "content-length": content.length }),
          ...Object.fromEntries(Object.entries(headers ?? {}).filter(isGiven)),
        },
      },
      async (response) => {
        const { statusCode: status = 0, headers: received } = response;
        const setCookies = received["set-cookie"] ?? [];
        const single = Object.entries(received).map(([name, value]) => [name, `${value}`]);
        const decoded = await text(response).catch(reject);
        resolve({ status, setCookies, headers: Object.fromEntries(single), body: decoded ?? "" });
      },
    );
    sent.on("error", reject);
    sent.end(content);
  });
}

import { randomUUID, webcrypto } from "node:crypto";
import type { FakeSubscription } from "@/lib/db/testing/fake-push-service";
import type { Person } from "./people";
import { PlainBrowser } from "./plain-browser";
import type { Sql } from "./servers";

type Answered = { status: number; body: Record<string, unknown> };
export type OpenRequest = { id: string; secondsLeft: number; [fact: string]: unknown };

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" };

/**
 * A connected phone without a screen: it signs what the phone's page signs, and speaks to the same routes.
 * For what a test does often, or wrongly; the page itself is in e2e/sparekey-phone.ts.
 */
export class SigningPhone {
  readonly id = randomUUID();
  private readonly browser: PlainBrowser;

  private constructor(
    /** The server that it asks; its origin is in what is signed. */
    readonly origin: string,
    readonly userId: string,
    private readonly keys: webcrypto.CryptoKeyPair,
  ) {
    this.browser = new PlainBrowser(origin);
  }

  /** Connects a phone to a person's account, past the pairing. */
  static async connect(
    { email }: Pick<Person, "email">,
    { sql, origin }: { sql: Sql; origin: string },
  ): Promise<SigningPhone> {
    const [user] = await sql(`SELECT "id" FROM "User" WHERE "email" = $1`, [email]);
    const keys = await webcrypto.subtle.generateKey(ALGORITHM, false, ["sign", "verify"]);
    const phone = new SigningPhone(origin, `${user?.id}`, keys);
    const spki = Buffer.from(await webcrypto.subtle.exportKey("spki", keys.publicKey));
    await sql(
      `INSERT INTO "SparekeyAuthenticator" ("id", "userId", "name", "publicKey", "addedAt", "addedAddress", "addedUserAgent")
       VALUES ($1::uuid, $2::uuid, 'Chrome on Android', decode($3, 'hex'), now(), '127.0.0.1', 'e2e')`,
      [phone.id, phone.userId, spki.toString("hex")],
    );
    return phone;
  }

  /** The same phone asking another server, or one with this id and another key. */
  async at(origin: string, keys = this.keys): Promise<SigningPhone> {
    const phone = new SigningPhone(origin, this.userId, keys);
    return Object.assign(phone, { id: this.id });
  }

  /** A phone that says it is this one, and has another key. */
  async forged(): Promise<SigningPhone> {
    return this.at(
      this.origin,
      await webcrypto.subtle.generateKey(ALGORITHM, false, ["sign", "verify"]),
    );
  }

  /** What it shows: the open requests. With `known`, waits until they are others. */
  async requests(known?: string[]): Promise<OpenRequest[]> {
    const { status, body } = await this.call("requests", [], { known });
    if (status !== 200) throw new Error(`The phone was answered ${status}: ${body.reason}`);
    return body.requests as OpenRequest[];
  }

  approve(requestId: string, number: string): Promise<Answered> {
    return this.answer(requestId, "approved", number);
  }

  deny(requestId: string): Promise<Answered> {
    return this.answer(requestId, "denied", "");
  }

  /** Tells the portal where it is rung, or that it is not any more. */
  subscribe(subscription: FakeSubscription | null): Promise<Answered> {
    const { endpoint = "", keys } = subscription ?? {};
    const lines = [this.userId, endpoint, keys?.p256dh ?? "", keys?.auth ?? ""];
    return this.call("subscribe", lines, { subscription }, "subscriptions");
  }

  private answer(requestId: string, decision: string, number: string): Promise<Answered> {
    const lines = [this.userId, requestId, number, decision];
    return this.call("answer", lines, { requestId, decision, number }, "answers");
  }

  private async call(
    purpose: string,
    lines: string[],
    fields: object,
    route = purpose,
  ): Promise<Answered> {
    const { body } = await this.post("nonces", { authenticatorId: this.id });
    const nonce = `${body.nonce}`;
    const head = ["sparekey-authenticator 1", purpose, this.origin, this.id, nonce];
    const signature = await webcrypto.subtle.sign(
      { name: "ECDSA", hash: "SHA-256" },
      this.keys.privateKey,
      Buffer.from([...head, ...lines].join("\n")),
    );
    const signed = Buffer.from(signature).toString("base64url");
    return this.post(route, { ...fields, authenticatorId: this.id, nonce, signature: signed });
  }

  private async post(route: string, body: object): Promise<Answered> {
    const answer = await this.browser.send({
      path: `/authenticator/${route}`,
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return { status: answer.status, body: JSON.parse(answer.body || "{}") };
  }
}

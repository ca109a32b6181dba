import "server-only";
import type { z } from "zod";
import {
  issueNonce,
  type SignedPurpose,
  type SignedRefusal,
  type SigningAuthenticator,
  verifySignedRequest,
} from "../mfa/signed-request";
import type { RequestSource } from "../request-source";
import { isOwnOrigin, requestSource } from "./request";

/** What a call of the phone's page is answered: JSON, or a reason and nothing else. */
export type PhoneAnswer = Record<string, unknown> | PhoneRefusal;

/** A refusal. The reason is a word that the phone's page knows; it never carries a detail. */
export class PhoneRefusal {
  constructor(
    readonly status: 400 | 401 | 403 | 404 | 409 | 410 | 422 | 429,
    readonly reason: string,
    readonly more: { nonce?: string } = {},
  ) {}
}

const SIGNED_STATUS: Record<SignedRefusal, 400 | 401 | 409 | 410> = {
  request: 400,
  nonce: 409,
  signature: 401,
  removed: 410,
};

/**
 * A route for the phone's own calls, POST only, JSON in and out: it has to come from a page of this portal
 * (NX-02), and its body to have the shape. Neither browser nor proxy keeps the answer.
 */
export function phoneCall<Fields>(
  fields: z.ZodType<Fields>,
  run: (call: { fields: Fields; body: unknown; from: RequestSource }) => Promise<PhoneAnswer>,
): (request: Request) => Promise<Response> {
  return async (request) => {
    if (!isOwnOrigin(request.headers)) return answer(new PhoneRefusal(403, "origin"));
    const body = await readJson(request);
    const parsed = fields.safeParse(body);
    if (!parsed.success) return answer(new PhoneRefusal(400, "request"));
    return answer(await run({ fields: parsed.data, body, from: await requestSource() }));
  };
}

/**
 * A route for calls that a connected Sparekey Authenticator signs over its purpose and `lines`, the purpose's
 * own lines in their fixed order (PU-05). Every good answer carries the nonce for the next call.
 */
export function signedCall<Fields>(
  {
    purpose,
    fields,
    lines,
  }: {
    purpose: SignedPurpose;
    fields: z.ZodType<Fields>;
    lines: (authenticator: SigningAuthenticator, fields: Fields) => readonly string[];
  },
  run: (call: {
    authenticator: SigningAuthenticator;
    fields: Fields;
    from: RequestSource;
    /** Ends when the phone hangs up. */
    signal: AbortSignal;
  }) => Promise<PhoneAnswer>,
): (request: Request) => Promise<Response> {
  return (request) =>
    phoneCall(fields, async ({ fields, body, from }) => {
      const signed = await verifySignedRequest({
        purpose,
        body,
        lines: (authenticator) => lines(authenticator, fields),
      });
      if (!signed.verified) return refuseSigned(signed);
      const { authenticator } = signed;
      const given = await run({ authenticator, fields, from, signal: request.signal });
      const nonce = issueNonce(authenticator.id);
      if (given instanceof PhoneRefusal)
        return new PhoneRefusal(given.status, given.reason, { nonce });
      return { ...given, nonce };
    })(request);
}

/** Says why a signature was not accepted. */
export function refuseSigned({
  reason,
  nonce,
}: {
  reason: SignedRefusal;
  nonce?: string;
}): PhoneRefusal {
  return new PhoneRefusal(SIGNED_STATUS[reason], reason, nonce === undefined ? {} : { nonce });
}

async function readJson(request: Request): Promise<unknown> {
  try {
    return await request.json();
  } catch {
    return undefined; // no JSON has no shape
  }
}

function answer(given: PhoneAnswer): Response {
  const headers = { "cache-control": "no-store" };
  if (!(given instanceof PhoneRefusal)) return Response.json(given, { headers });
  const { status, reason, more } = given;
  return Response.json({ reason, ...more }, { status, headers });
}

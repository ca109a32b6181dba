import type { NextRequest } from "next/server";
import { readPasskeyToken, setPasskeyToken } from "@/lib/auth/cookies";
import { isOwnOrigin } from "@/lib/auth/request";
import { areSecurityKeysPossible } from "@/lib/mfa/relying-party";
import { askAnybody } from "@/lib/mfa/verify-passkey";
import { randomToken } from "@/lib/random-token";

/** A question for whatever passkey this browser holds: the same for everybody, and bound to the browser. */
export async function POST(request: NextRequest): Promise<Response> {
  const headers = { "cache-control": "no-store" };
  if (!isOwnOrigin(request.headers)) return new Response(null, { status: 403, headers });
  if (!areSecurityKeysPossible()) return new Response(null, { status: 404, headers });
  const token = parseToken(await readPasskeyToken()) ?? randomToken();
  await setPasskeyToken(token);
  return Response.json(await askAnybody(token), { headers });
}

/** Other tabs of the browser keep their questions; what was never a token becomes none. */
const parseToken = (value = "") => (/^[\w-]{43}$/.test(value) ? value : undefined);

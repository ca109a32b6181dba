import { readSessionToken } from "@/lib/auth/cookies";
import { findSession } from "@/lib/auth/session-rows";
import { findPairingOfSession } from "@/lib/mfa/pairing";

/** How far the pairing of this browser's session is, for the page that shows it. Asking is no use of the session. */
export async function GET(): Promise<Response> {
  const headers = { "cache-control": "no-store" };
  const token = await readSessionToken();
  const session = token === undefined ? undefined : await findSession(token);
  if (!session) return Response.json({ state: "over" }, { status: 404, headers });
  const owner = { userId: session.userId, sessionId: session.id };
  const pairing = await findPairingOfSession(owner);
  return Response.json({ state: pairing?.state ?? "over" }, { headers });
}

import { requireSession } from "@/lib/auth/current-session";
import { relyingParty } from "@/lib/mfa/relying-party";
import { findAcceptedKeys } from "@/lib/mfa/security-keys";

/**
 * Which keys of the person work at this moment, for their browser to forget the others. Asked for when it is
 * needed: what an older page knew could make it forget a key that was added since.
 */
export async function GET(): Promise<Response> {
  const headers = { "cache-control": "no-store" };
  const { userId } = await requireSession("/account/mfa");
  const accepted = await findAcceptedKeys(userId);
  if (!accepted) return new Response(null, { status: 204, headers });
  return Response.json({ rpId: relyingParty().rpId, ...accepted }, { headers });
}

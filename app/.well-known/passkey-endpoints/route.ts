import { connection } from "next/server";
import { relyingParty } from "@/lib/mfa/relying-party";

/** Where password managers lead people who want to add a passkey, or to see theirs (W3C passkey-endpoints). */
export async function GET(): Promise<Response> {
  await connection(); // the address is known at run time
  const { origin } = relyingParty();
  return Response.json(
    { enroll: `${origin}/account/mfa/security-key`, manage: `${origin}/account/mfa` },
    { headers: { "cache-control": "no-store" } },
  );
}

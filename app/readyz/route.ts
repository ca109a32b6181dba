import { isDatabaseReady } from "@/lib/readiness";

/** Ready: the database answers too. */
export async function GET(): Promise<Response> {
  const ready = await isDatabaseReady();
  return new Response(ready ? "ok\n" : "The database does not answer.\n", {
    status: ready ? 200 : 503,
    headers: { "cache-control": "no-store" },
  });
}

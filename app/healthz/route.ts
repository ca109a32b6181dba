/** Alive: the process answers. */
export async function GET(): Promise<Response> {
  return new Response("ok\n", { headers: { "cache-control": "no-store" } });
}

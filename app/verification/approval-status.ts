import "server-only";
import { z } from "zod";
import type { WatchedRequest } from "@/lib/mfa/approval-requests";
import { readApprovals } from "@/lib/mfa/approval-watch";

const WAIT_MS = 25_000; // shorter than proxies let a request rest
const HEADERS = { "cache-control": "no-store" };

/**
 * Answers a waiting screen with the state of its request, as soon as that is no longer `waiting`, or after 25
 * seconds. `find` gives the request to the browser that it belongs to; all others get 404 (PU-15).
 */
export async function answerApprovalStatus(
  request: Request,
  find: (id: string) => Promise<WatchedRequest | undefined>,
): Promise<Response> {
  const { data: id } = z.uuid().safeParse(new URL(request.url).searchParams.get("request"));
  const found = id && (await find(id));
  if (!id || !found) return new Response(null, { status: 404, headers: HEADERS });
  const until = new Date(Math.min(Date.now() + WAIT_MS, found.expiresAt.getTime()));
  const watched = await readApprovals({
    userId: found.userId,
    read: async () => (await find(id)) ?? found,
    isNews: ({ state }) => state !== "waiting",
    until,
    signal: request.signal,
  });
  return Response.json({ state: watched.state }, { headers: HEADERS });
}

import NextAuth from "next-auth";
import { nextAuthOptions } from "@/lib/auth/next-auth-options";
import { isOwnOrigin } from "@/lib/auth/request";

type Context = { params: Promise<{ nextauth: string[] }> };

const ALLOWED = ["GET session", "GET csrf", "POST signout"];

/** next-auth answers three requests and no other: no path here takes a password (NA-01). */
async function handle(request: Request, context: Context): Promise<Response> {
  const { nextauth } = await context.params;
  if (!ALLOWED.includes(`${request.method} ${nextauth.join("/")}`)) return notFound();
  if (request.method !== "GET" && !isOwnOrigin(request.headers)) {
    return new Response(null, { status: 403 });
  }
  const response: Response = await NextAuth(nextAuthOptions())(request, context);
  response.headers.set("cache-control", "no-store");
  return response;
}

const notFound = () =>
  new Response(null, { status: 404, headers: { "cache-control": "no-store" } });

export { handle as GET, handle as POST };

import { randomBytes } from "node:crypto";
import { type NextRequest, NextResponse } from "next/server";
import en from "./messages/en.json";

// A convenience in front of the application; no rule depends on it (every action and handler checks
// session and origin for itself).

const SAFE_METHODS = ["GET", "HEAD", "OPTIONS"];

export function proxy(request: NextRequest): NextResponse {
  const isSafe = SAFE_METHODS.includes(request.method);
  if (!isSafe && request.headers.get("origin") !== process.env.APP_URL) {
    return new NextResponse(`${en.errors.forbidden}\n`, {
      status: 403,
      headers: { "cache-control": "no-store", "content-type": "text/plain; charset=utf-8" },
    });
  }
  return withContentSecurityPolicy(request);
}

function withContentSecurityPolicy(request: NextRequest): NextResponse {
  const nonce = randomBytes(16).toString("base64");
  const policy = contentSecurityPolicy(nonce);
  const headers = new Headers(request.headers);
  headers.set("x-nonce", nonce);
  headers.set("content-security-policy", policy); // Next.js takes the nonce for its scripts from here
  const response = NextResponse.next({ request: { headers } });
  response.headers.set("content-security-policy", policy);
  return response;
}

function contentSecurityPolicy(nonce: string): string {
  const isDevelopment = process.env.NODE_ENV === "development";
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}' 'strict-dynamic'${isDevelopment ? " 'unsafe-eval'" : ""}`,
    isDevelopment ? "style-src 'self' 'unsafe-inline'" : `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "media-src 'self' blob:",
    "worker-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "object-src 'none'",
  ].join("; ");
}

export const config = {
  matcher: [{ source: "/((?!_next/static/|_next/image/|icon\\.svg$|sw\\.js$).*)" }],
};
